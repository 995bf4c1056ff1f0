"""Trust: whose code may run, what is said before it does, and what it may leave in a project."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import platformdirs
import pytest

from scaffolder import places
from scaffolder.cli.app import execute
from scaffolder.engine import foreign, workplace
from scaffolder.engine.source import Source
from scaffolder.engine.trust import Trust, code_of, from_settings, needed_package
from scaffolder.errors import SettingsError
from scaffolder.tree import File

from .conftest import git
from .cookiecutter_templates import template
from .foreign_templates import ANSWERS, commit, copier_copy
from .trees import differences, read_tree

on_posix = pytest.mark.skipif(os.name == "nt", reason="its commands are for a POSIX shell")


@pytest.fixture(autouse=True)
def _place(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_, **__: tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    foreign._asked.clear()


def settings(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config/settings.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


# --- the settings


def test_nothing_is_trusted_without_a_word() -> None:
    assert from_settings(is_given=False) == Trust()
    assert not Trust().covers("https://github.com/me/x.git")
    assert Trust(is_given=True).covers("https://github.com/me/x.git")


@pytest.mark.parametrize(
    ("entry", "url", "expected"),
    [
        ("https://github.com/me/", "https://github.com/me/x.git", True),
        ("https://github.com/me/", "https://github.com/mean/x.git", False),
        ("https://github.com/me/", "https://github.com/me/../evil/x.git", False),
        ("https://github.com/me/", "https://github.com/me/%2e%2E/evil/x.git", False),
        ("https://github.com/me/", "https://github.com/me/..%2fevil/x.git", False),
        ("https://github.com/me/", "https://github.com/me/..\\evil/x.git", False),
        ("https://github.com/me/", "https://github.com@evil.example/me/x.git", False),
        ("https://github.com/me/", "http://github.com/me/x.git", False),
        ("https://github.com/me", "https://github.com/me/x.git", False),
        ("https://github.com/me/x", "https://github.com/me/x.git", True),
        ("https://github.com/me/x", "https://github.com/me/xy.git", False),
        ("gh:me/", "https://github.com/me/x.git", True),
        ("gh:me/x", "https://github.com/me/x.git", True),
        ("gl:group/", "https://gitlab.com/group/sub/x.git", True),
        ("https://git.example.org/me/", "git+https://git.example.org/me/x", True),
        ("git@example.org:me/", "git@example.org:me/x.git", True),
        ("git@example.org:me/", "git@example.org:mean/x.git", False),
        ("/srv/templates/", "/srv/templates/x", True),
        ("/srv/templates/", "/srv/templates-of-others/x", False),
    ],
)
def test_an_address_is_below_a_trusted_one_or_not(
    tmp_path: Path, entry: str, url: str, expected: bool
) -> None:
    settings(tmp_path, f"trust = ['{entry}']\n")
    assert from_settings(is_given=False).covers(url) is expected


def test_a_home_is_written_as_a_tilde(tmp_path: Path, home: Path) -> None:
    settings(tmp_path, 'trust = ["~/templates/"]\n')
    assert from_settings(is_given=False).covers((home / "templates/x").as_posix())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("trsut = []", "there is no setting named 'trsut'; did you mean 'trust'?"),
        ("trust = 'https://github.com/me/'", "trust is a list of addresses"),
        ("trust = [1]", "trust is a list of addresses"),
        ("trust = [", "is no TOML"),
        ("trust = ['https://']", "too wide"),
        ("trust = ['https://github.com/']", "too wide"),
        ("trust = ['gh:']", "too wide"),
        ("trust = ['git@github.com:']", "too wide"),
        ("trust = ['/']", "too wide"),
        ("trust = ['https://github.com/me/../']", "too wide"),
        ("trust = ['http://example.org/me/']", "use https"),
        ("trust = ['git://example.org/me/']", "use https"),
        ("trust = ['me/x']", "no address"),
        ("trust = ['']", "no address"),
    ],
)
def test_settings_that_cannot_be_used_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    file = settings(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        from_settings(is_given=False)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{file}: ")
    assert execute(["update", "project"]) == 1
    assert words in capsys.readouterr().err


def test_settings_that_cannot_be_read_are_one_line(tmp_path: Path) -> None:
    file = settings(tmp_path, "")
    file.write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="is no TOML"):
        from_settings(is_given=False)
    file.unlink()
    file.mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        from_settings(is_given=False)


# --- what would run


def source(files: dict[str, str], *, engine: str = "copier") -> Source:
    made = {path: File("100644", content.encode()) for path, content in files.items()}
    return Source("1.0.0", "https://x.invalid/t.git", True, made, is_foreign=True, engine=engine)


def test_what_would_run_is_found_without_rendering() -> None:
    copier = source(
        {
            "copier.yml": "_jinja_extensions: [jinja2.ext.do, a.B]\n---\n!include more.yml\n",
            "more.yml": "_tasks: [one, [two, 2], {command: three, when: false}]\n_jinja_extensions: [c.D]\n",
        }
    )
    found = [(code.kind, code.name, code.path) for code in code_of(copier)]
    assert found == [
        ("Jinja extension", "a.B", "copier.yml"),
        ("Jinja extension", "c.D", "copier.yml"),
        ("task", "one", "copier.yml"),
        ("task", "two 2", "copier.yml"),
        ("task", "three", "copier.yml"),
    ]
    cutter = source(
        {
            "cookiecutter.json": '{"_extensions": ["cookiecutter.extensions.SlugifyExtension", "local.X"]}',
            "hooks/post_gen_project.py": "",
            "hooks/helper.py": "",
            "kind/hooks/pre_prompt": "",
            "{{cookiecutter.a}}/cookiecutter.json": '{"_extensions": ["not.this"]}',
        },
        engine="cookiecutter",
    )
    assert [(code.kind, code.path) for code in code_of(cutter)] == [
        ("Jinja extension", "cookiecutter.json"),
        ("hook", "hooks/post_gen_project.py"),
        ("hook", "kind/hooks/pre_prompt"),
    ]


def test_our_own_templates_are_never_asked_about() -> None:
    shown: list[object] = []
    ours = Source("1.0.0", "https://x.invalid", True, {}, is_foreign=False)
    assert not Trust(is_given=True, show=lambda *args: shown.append(args)).allows(ours)
    assert shown == []


def test_it_is_shown_before_it_runs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    said = f'{sys.executable} -c "import sys; sys.exit(7)"'
    files = {**ANSWERS, "copier.yml": f"_tasks: ['{said}', \"\\e]0;x\\a\"]\n"}
    commit(tmp_path / "t", files, "v1.0.0")
    commit_id = git("rev-parse", "HEAD", cwd=tmp_path / "t")[:12]
    assert execute(["new", "./t", "project", "--defaults", "--trust"]) == 1
    err = capfd.readouterr().err
    assert f"code of {(tmp_path / 't').as_posix()} v1.0.0, commit {commit_id} that may run now:" in err
    assert err.index("  task  ") < err.index("error: ")
    assert "\x1b" not in err
    assert "exit status 7" in err
    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("copier_template_extensions", "copier-template-extensions"),
        ("copier_templates_extensions.extensions", "copier-templates-extensions"),
        ("jinja2_time", "jinja2-time"),
        ("slugify", "python-slugify"),
        ("yaml", "pyyaml"),
        ("own", "own"),
    ],
)
def test_a_module_is_in_this_package(module: str, package: str) -> None:
    assert needed_package(module) == package


# --- tasks


TASKS = {
    **ANSWERS,
    "copier.yml": """\
name: {type: str, default: World}
_subdirectory: project
_tasks:
  - "echo $STAGE $COPIER_OPERATION {{ name }} {{ _stage }} {{ _copier_operation }} > shell.txt"
  - ["{{ _copier_python }}", "-c", "open('list.txt', 'w').write('{{ name }} $HOME')"]
  - {command: "cat one.txt > two.txt", working_directory: "{{ 'sub' }}"}
  - {command: "touch never.txt", when: "{{ name == 'Nobody' }}"}
  - {command: "touch always.txt", when: true}
  - "cp {{ _copier_conf.src_path }}/helper.txt ."
  - "git init -q . && git add -A && echo x > .git/description"
  - "chmod +x tool && rm gone.txt && ln -s tool link"
""",
    "helper.txt": "helps\n",
    "project/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml }}",
    "project/sub/one.txt": "one\n",
    "project/tool": "#!/bin/sh\n",
    "project/gone.txt": "",
}


@on_posix
def test_tasks_do_what_plain_copier_lets_them_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(tmp_path / "t", TASKS, "v1.0.0")
    assert execute(["new", "./t", "ours/project", "--defaults", "--trust"]) == 0
    copier_copy(tmp_path / "t", tmp_path / "copied/project", "--trust")
    assert differences(read_tree(tmp_path / "ours/project"), read_tree(tmp_path / "copied/project")) == []
    assert (tmp_path / "ours/project/shell.txt").read_text() == "task copy World task copy\n"
    assert (tmp_path / "ours/project/link").readlink() == Path("tool")
    assert "warning" not in capsys.readouterr().err
    assert git("log", "--format=%s", cwd=tmp_path / "ours/project") == "Start from template t v1.0.0\n"
    assert git("status", "--porcelain", cwd=tmp_path / "ours/project") == ""


@on_posix
@pytest.mark.parametrize(
    ("task", "words"),
    [
        (
            "echo first; echo the reason >&2; exit 3",
            "task 1 'echo first; echo the reason >&2; exit 3' failed",
        ),
        ("exit 3", "exit status 3 without a word"),
        ("sleep 30", "was not done after 0.5 seconds"),
        ("ln -s /etc/passwd x", "symbolic link to '/etc/passwd', outside"),
        ("ln -s .git/hooks x", "outside"),
        ("mkdir -p sub && touch \"sub/$(printf 'a\\033b')\"", "no name for a file"),
        (
            "{{ _copier_python }} -c \"open('big', 'wb').truncate(600000000)\"",
            "makes more than 500,000,000 bytes",
        ),
        ({"command": "touch x", "working_directory": "nowhere"}, "there is no folder 'nowhere'"),
        (["no-such-program-here", "1"], "cannot be run: no such file or directory"),
        ({"when": True}, "task 1 of copier.yml has no command"),
        ("echo {{ ''.__class__.__mro__ }}", "unsafe"),
        ("echo {% broken", "error: "),
    ],
)
def test_a_task_that_fails_leaves_nothing_behind(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    task: object,
    words: str,
) -> None:
    import yaml

    monkeypatch.setattr(workplace, "MOST_SECONDS", 0.5 if task == "sleep 30" else 60)
    files = {**ANSWERS, "copier.yml": yaml.safe_dump({"_tasks": [task]}), "a.txt": ""}
    commit(tmp_path / "t", files, "v1.0.0")
    (tmp_path / "work").mkdir()
    assert execute(["new", "./t", "work/project", "--defaults", "--trust"]) == 1
    err = capsys.readouterr().err
    last = err.splitlines()[-1]
    assert words in last
    assert last.startswith("error: template t cannot be rendered: ")
    assert "Traceback" not in err
    assert list((tmp_path / "work").iterdir()) == []
    assert not list(Path(tempfile.gettempdir()).glob(f"scaffolder-code-{os.getpid()}*"))


@on_posix
def test_what_a_task_made_is_merged_like_the_rest(tmp_path: Path) -> None:
    base = {**ANSWERS, "copier.yml": "_tasks: ['printf \"1\\n2\\n3\\n\" > made.txt', 'pwd > where.txt']\n"}
    commit(tmp_path / "t", base, "v1.0.0")
    assert execute(["new", "./t", "project", "--defaults", "--trust"]) == 0
    project = tmp_path / "project"
    (project / "made.txt").write_text("1\n2\n3\nmine\n")
    git("commit", "--quiet", "-am", "Mine", cwd=project)
    commit(tmp_path / "t", {**base, "copier.yml": base["copier.yml"].replace("1\\n", "one\\n")}, "v2.0.0")
    where = (project / "where.txt").read_text()
    assert execute(["update", "project", "--trust"]) == 0
    assert (project / "made.txt").read_text() == "one\n2\n3\nmine\n"
    assert (project / "where.txt").read_text() == where  # both renders ran at the same place


@on_posix
def test_a_task_that_fails_leaves_an_updated_project_as_it_was(tmp_path: Path) -> None:
    commit(tmp_path / "t", {**ANSWERS, "copier.yml": "", "a.txt": "1\n"}, "v1.0.0")
    assert execute(["new", "./t", "project", "--defaults"]) == 0
    commit(tmp_path / "t", {**ANSWERS, "copier.yml": "_tasks: ['false']\n", "a.txt": "2\n"}, "v2.0.0")
    before = read_tree(tmp_path / "project")
    assert execute(["update", "project", "--trust"]) == 1
    assert read_tree(tmp_path / "project") == before
    assert git("status", "--porcelain", cwd=tmp_path / "project") == ""
    assert execute(["update", "project"]) == 0  # without trust the task is named only
    assert (tmp_path / "project/a.txt").read_text() == "2\n"


@on_posix
def test_a_task_sees_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "hush")
    commit(tmp_path / "t", {**ANSWERS, "copier.yml": "_tasks: ['env > env.txt']\n"}, "v1.0.0")
    assert execute(["new", "./t", "project", "--defaults", "--trust"]) == 0
    assert "hush" not in (tmp_path / "project/env.txt").read_text()


@on_posix
def test_a_trusted_address_needs_no_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(tmp_path / "mine/t", {**ANSWERS, "copier.yml": "_tasks: ['touch made.txt']\n"}, "v1.0.0")
    settings(tmp_path, f"trust = ['{tmp_path.as_posix()}/mine/']\n")
    assert execute(["new", "mine/t", "project", "--defaults"]) == 0
    assert (tmp_path / "project/made.txt").exists()
    assert "that may run now:\n  task  touch made.txt  (copier.yml)\n" in capsys.readouterr().err
    settings(tmp_path, f"trust = ['{tmp_path.as_posix()}/others/']\n")
    assert execute(["new", "mine/t", "second", "--defaults"]) == 0
    assert not (tmp_path / "second/made.txt").exists()
    assert "'touch made.txt' (copier.yml of v1.0.0) was not run" in capsys.readouterr().err


def test_what_has_no_use_in_a_project_is_left_out(tmp_path: Path) -> None:
    kept = {"node_modules/own.txt": File("100644", b"")}
    for name in ("node_modules/own.txt", "sub/.venv/x", ".git/config", "sub/.git", "a.txt"):
        (tmp_path / "p" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "p" / name).write_text("")
    files, left_out = workplace.read_tree(tmp_path / "p", kept)
    assert list(files) == ["a.txt", "node_modules/own.txt"]
    assert left_out == (".venv",)


# --- extensions


LOADER = """\
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
import jinja2.environment
from jinja2.ext import Extension

class Loader(Extension):
    \"\"\"Loads `path.py:Name` from the template, as packages for copier do it.\"\"\"
    def __init__(self, environment):
        super().__init__(environment)
        before = jinja2.environment.import_string
        def import_string(name, silent=False):
            if ":" not in name:
                return before(name)
            path, attribute = name.split(":")
            spec = spec_from_file_location("local_extensions", Path(environment.loader.searchpath[0], path))
            module = sys.modules["local_extensions"] = module_from_spec(spec)
            spec.loader.exec_module(module)
            return getattr(module, attribute)
        jinja2.environment.import_string = import_string
"""
MINE = """\
from jinja2.ext import Extension
print("imported")
class Shout(Extension):
    def __init__(self, environment):
        super().__init__(environment)
        environment.filters["shout"] = lambda text: text.upper() + "MARK"
"""


def test_extensions_of_the_template_itself_are_those_of_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed/loader_of_test.py").write_text(LOADER)
    monkeypatch.syspath_prepend(tmp_path / "installed")
    files = {
        **ANSWERS,
        "copier.yml": "_jinja_extensions: [loader_of_test.Loader, 'parts/mine.py:Shout']\nname: World\n",
        "a.txt.jinja": "{{ name | shout }}",
    }
    commit(tmp_path / "t", {**files, "parts/mine.py": MINE.replace("MARK", "!")}, "v1.0.0")
    assert execute(["new", "./t", "project", "--defaults", "--trust"]) == 0
    assert (tmp_path / "project/a.txt").read_text() == "WORLD!"
    assert capsys.readouterr().out == f"{tmp_path / 'project'}\n"  # what it prints is no result
    commit(tmp_path / "t", {**files, "parts/mine.py": MINE.replace("MARK", "?")}, "v2.0.0")
    assert execute(["update", "project", "--trust"]) == 0
    assert (tmp_path / "project/a.txt").read_text() == "WORLD?"
    assert "local_extensions" not in sys.modules
    commit(tmp_path / "other", {**ANSWERS, "copier.yml": "_jinja_extensions: ['x.py:X']\n"}, "v1.0.0")
    assert execute(["new", "./other", "other-project", "--defaults", "--trust"]) == 1  # its loader is gone


def test_a_missing_extension_says_what_to_install(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {**ANSWERS, "copier.yml": "_jinja_extensions: [jinja2_missing_here.sub.Ext]\n"}
    commit(tmp_path / "t", files, "v1.0.0")
    assert execute(["new", "./t", "project", "--defaults", "--trust"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert "version v1.0.0 needs the module 'jinja2_missing_here': install jinja2-missing-here" in last


def test_an_old_version_that_needs_an_extension_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed/gone_soon.py").write_text(MINE)
    files = {**ANSWERS, "copier.yml": "_jinja_extensions: [gone_soon.Shout]\n"}
    commit(tmp_path / "t", files, "v1.0.0")
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path / "installed")
        assert execute(["new", "./t", "project", "--defaults", "--trust"]) == 0
    sys.modules.pop("gone_soon")
    commit(tmp_path / "t", {**ANSWERS, "copier.yml": ""}, "v2.0.0")
    capsys.readouterr()
    assert execute(["update", "project"]) == 1
    assert "template t v1.0.0 has the Jinja extension 'gone_soon.Shout'" in capsys.readouterr().err
    assert execute(["update", "project", "--trust"]) == 1
    assert "version v1.0.0 needs the module 'gone_soon'" in capsys.readouterr().err
    assert git("status", "--porcelain", cwd=tmp_path / "project") == ""


@pytest.mark.parametrize("engine", ["copier", "cookiecutter"])
def test_extensions_of_jinja_itself_are_fine(tmp_path: Path, engine: str) -> None:
    text = "{% set x = [] %}{% do x.append(1) %}{{ x }}"
    if engine == "copier":
        files: dict[str, str | bytes] = {**ANSWERS, "a.jinja": text}
        files["copier.yml"] = "_jinja_extensions: [jinja2.ext.do]\n"
    else:
        files = template({"slug": "p", "_extensions": ["jinja2.ext.do"]}, {"a": text})
    commit(tmp_path / "t", files, "v1.0.0")
    assert execute(["new", "./t", "project", "--defaults"]) == 0
    assert (tmp_path / "project/a").read_text() == "[1]"


# --- hooks, from the command line


@on_posix
def test_hooks_run_where_they_are_trusted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hook = "open('made.txt', 'w').write('{{ cookiecutter.name }}')\n"
    commit(
        tmp_path / "t",
        template({"name": "Ada"}, {"a": ""}, **{"hooks/post_gen_project.py": hook}),
        "v1.0.0",
    )
    assert execute(["new", "./t", "project", "--defaults", "--trust"]) == 0
    assert (tmp_path / "project/made.txt").read_text() == "Ada"
    assert "  hook  post_gen_project.py  (hooks/post_gen_project.py)\n" in capsys.readouterr().err
    commit(
        tmp_path / "t",
        template({"name": "Ada"}, {"a": ""}, **{"hooks/post_gen_project.py": hook + "# changed\n"}),
        "v2.0.0",
    )
    (tmp_path / "project/made.txt").unlink()
    git("commit", "--quiet", "-am", "Without", cwd=tmp_path / "project")
    assert execute(["update", "project", "--trust"]) == 0
    assert not (tmp_path / "project/made.txt").exists()  # its owner deleted it


def test_trust_has_no_use_with_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["update", str(tmp_path), "--check", "--trust"]) == 2
    assert "leave out --trust" in capsys.readouterr().err
