"""Projects of cookiecutter templates are kept up to date like ours: record, status, update, fleet."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder import places
from scaffolder.cli.app import execute
from scaffolder.create import new_project
from scaffolder.errors import AnswersFileError, NotAProject, SourceError
from scaffolder.fleet import discover, update_all
from scaffolder.project import read_record
from scaffolder.record_file import without_skipped
from scaffolder.status import all_statuses, own_changes
from scaffolder.update import Outcome, Wish, update_project

from .cookiecutter_templates import TOP, commit, git, template
from .foreign_templates import PLAIN as COPIER
from .trees import read_tree
from .update import cases
from .update.cases import CASES, Case

if TYPE_CHECKING:
    from collections.abc import Mapping

LINES = "".join(f"line {number}\n" for number in range(1, 13))
FILES = {"a.txt": LINES, "note.txt": "A note by {{ cookiecutter.name }}.\n", "old name.txt": LINES + "old\n"}


@pytest.fixture(autouse=True)
def cache(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")


def release(folder: Path, tag: str, files: Mapping[str, str | bytes], **settings: object) -> Path:
    commit(folder, template({"name": "World", **settings}, files), tag)
    return folder


def make(folder: Path, into: str = "project", **answers: object) -> Path:
    new_project(str(folder / "template"), folder / into, answers=answers, ask=False)
    return folder / into


def write(project: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (project / name).write_text(text)
    git("add", "--all", cwd=project)
    git("commit", "--quiet", "-m", "Mine", cwd=project)


def to_cruft(project: Path, **more: object) -> None:
    """Make the project one of cruft's."""
    record = read_record(project)
    (project / ".scaffolder.yml").unlink()
    context = {**record.values, "_template": record.url, "_commit": record.commit, "_private": "old"}
    state = {
        "template": record.url,
        "commit": record.commit,
        "checkout": None,
        "context": {"cookiecutter": context},
        "directory": record.directory or None,
        **more,
    }
    text = json.dumps(state, ensure_ascii=False, indent=2, separators=(",", ": ")) + "\n"
    write(project, {".cruft.json": text})


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.conflicts and not case.needs_copier], ids=lambda case: case.name
)
def test_a_conflict_in_a_project_of_crufts_loses_nothing(tmp_path: Path, case: Case) -> None:
    source, project = tmp_path / "template", tmp_path / "project"
    for files, tag in ((case.before, "v1.0.0"), (case.after, "v2.0.0")):
        settings = b'{"slug": "p", "_copy_without_render": ["*"]}\n'
        inside = {f"{TOP}/{name}": content for name, content in files.items()}
        cases.write_template(source, {"cookiecutter.json": settings, **inside}, tag)
    new_project(str(source), project, answers={}, ask=False, version="v1.0.0")
    to_cruft(project)
    cases.play_owner(case, project)
    before = cases.files_of(project)
    planned = update_project(project, Wish(dry_run=True))
    assert cases.files_of(project) == before
    outcome = update_project(project, Wish())
    verdict = cases.judge(case, project)
    assert (verdict.lost, verdict.missing, verdict.reappeared, verdict.rejected) == ((), (), (), ())
    assert {conflict.path: conflict.kind for conflict in outcome.conflicts} == case.conflicts
    assert verdict.marked == tuple(sorted(case.conflicts))
    assert (outcome.kept_deleted, outcome.beside) == (case.kept_deleted, case.beside)
    assert (planned.conflicts, planned.changed) == (outcome.conflicts, outcome.changed)


def test_an_update_takes_the_templates_changes_and_writes_its_record(tmp_path: Path) -> None:
    source = release(tmp_path / "template", "v1.0.0", FILES)
    project = make(tmp_path, name="Ada")
    write(project, {"a.txt": LINES.replace("line 11\n", "line 11, mine\n")})
    release(
        source,
        "v2.0.0",
        {**FILES, "a.txt": LINES.replace("line 2\n", "line 2 of {{ cookiecutter.who }}\n")},
        who="Bo",
    )
    (status,) = all_statuses([project])
    assert (status.state, status.version, status.newest) == ("behind", "1.0.0", "2.0.0")
    outcome = update_project(project, Wish())
    assert (outcome.before, outcome.after) == ("1.0.0", "2.0.0")
    assert outcome.changed == (".scaffolder.yml", "a.txt")
    assert dict(outcome.new_answers) == {"who": "Bo"}
    text = (project / "a.txt").read_text()
    assert "line 2 of Bo\n" in text
    assert "line 11, mine\n" in text
    record = read_record(project)
    assert (record.tag, record.commit) == ("v2.0.0", git("rev-parse", "HEAD", cwd=source).strip())
    assert record.values == {"slug": "project", "name": "Ada", "who": "Bo"}
    git("commit", "--quiet", "-am", "Updated", cwd=project)
    assert next(iter(all_statuses([project]))).state == "current"
    assert update_project(project, Wish()).state == "current"


def test_an_answer_is_changed_by_an_update(tmp_path: Path) -> None:
    release(tmp_path / "template", "v1.0.0", FILES)
    project = make(tmp_path)
    outcome = update_project(project, Wish(answers={"name": "Ada"}))
    assert outcome.changed == (".scaffolder.yml", "note.txt")
    assert (project / "note.txt").read_text() == "A note by Ada.\n"
    assert read_record(project).values["name"] == "Ada"


def test_the_owners_lines_are_what_status_shows(tmp_path: Path) -> None:
    release(tmp_path / "template", "v1.0.0", FILES)
    project = make(tmp_path)
    assert own_changes(project) == ""
    write(project, {"note.txt": "Mine.\n"})
    assert "-A note by World.\n+Mine.\n" in own_changes(project)
    to_cruft(project)
    assert ".cruft.json" not in own_changes(project)


def test_a_tag_that_was_moved_changes_nothing_of_what_was_made(tmp_path: Path) -> None:
    source = release(tmp_path / "template", "v1.0.0", FILES)
    project = make(tmp_path)
    made_from = read_record(project).commit
    moved = {**FILES, "note.txt": "Moved.\n", "a.txt": LINES.replace("line 2\n", "line 2, moved\n")}
    commit(source, template({"name": "World"}, moved), None)
    git("tag", "--force", "v1.0.0", cwd=source)
    write(project, {"note.txt": "Mine.\n"})
    outcome = update_project(project, Wish())
    assert outcome.state == "updated"
    assert [conflict.path for conflict in outcome.conflicts] == ["note.txt"]  # both changed it
    assert "line 2, moved" in (project / "a.txt").read_text()
    assert read_record(project).commit != made_from


def test_a_commit_that_is_nowhere_is_told(tmp_path: Path) -> None:
    release(tmp_path / "template", "v1.0.0", FILES)
    project = make(tmp_path)
    file = project / ".scaffolder.yml"
    write(project, {".scaffolder.yml": file.read_text().replace(read_record(project).commit, "a" * 40)})
    with pytest.raises(SourceError, match="has no version 'aaaa"):
        update_project(project, Wish())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("engine: cookiecutter", "engine: cargo", "expected 'cookiecutter' as engine, not 'cargo'"),
        ("engine: cookiecutter", "", "it has no engine"),
        ("tag: v1.0.0", "directory: ../x", "expected a folder of the template, not '../x'"),
        ("tag: v1.0.0", "directory: /x", "expected a folder of the template"),
        ("tag: v1.0.0", "tag: [1]", "expected a text as tag"),
        ("tag: v1.0.0", "skip: a.txt", "expected a list of paths as skip, not 'a.txt'"),
        ("answers:", "answers: []\nother:", "expected a mapping of questions to answers"),
        ("commit: ", "commit: v1.0.0 #", "expected the full id of a commit, not 'v1.0.0'"),
        ("answers:", "<<<<<<< ours\nanswers:", "it has conflict markers; resolve the conflict in it first"),
        ("answers:", "answers: {", "it is no YAML"),
    ],
)
def test_a_record_that_was_edited_is_told(tmp_path: Path, old: str, new: str, words: str) -> None:
    release(tmp_path / "template", "v1.0.0", FILES)
    project = make(tmp_path)
    file = project / ".scaffolder.yml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(AnswersFileError) as caught:
        read_record(project)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "it is no JSON"),
        ("[]", "expected a JSON object"),
        ('{"template": "t"}', "it has no commit"),
        ('{"template": "t", "commit": 7}', "expected a text as commit"),
        ('{"template": "t", "commit": "c"}', "context.cookiecutter"),
        ("<<<<<<< ours\n{}", "it has conflict markers"),
    ],
)
def test_a_record_of_crufts_that_was_edited_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / ".cruft.json").write_text(text)
    with pytest.raises(AnswersFileError) as caught:
        read_record(tmp_path)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_without_a_record_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(NotAProject, match="which says how it was made"):
        read_record(tmp_path / "home")


def test_offline_and_in_another_home_the_update_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = release(tmp_path / "template", "v1.0.0", FILES)
    project = make(tmp_path)
    release(source, "v2.0.0", {**FILES, "new.txt": "new\n"})
    copy = tmp_path / "copy"
    shutil.copytree(project, copy)
    first = update_project(project, Wish())
    shutil.move(source, tmp_path / "away")
    source.mkdir()
    (source / ".git").mkdir()  # it cannot be reached any more
    offline = tmp_path / "offline"
    shutil.copytree(copy, offline)
    told = update_project(offline, Wish())
    assert "cannot be reached" in told.warnings[0]
    shutil.rmtree(source)
    shutil.move(tmp_path / "away", source)
    other = tmp_path / "other home"
    other.mkdir()
    shutil.copy(tmp_path / "home/.gitconfig", other)
    monkeypatch.setenv("HOME", str(other))
    monkeypatch.setattr(places, "cache", lambda: other / "cache")
    second = update_project(copy, Wish())
    assert first.changed == second.changed == told.changed
    assert read_tree(project) == read_tree(copy) == read_tree(offline)


def test_random_values_are_no_change_of_the_templates(tmp_path: Path) -> None:
    text = "KEY = '{{ random_ascii_string(30) }}'\nID = '{{ uuid4() }}'\nPICK = {{ range(99)|list|random }}\n"
    source = release(
        tmp_path / "template", "v1.0.0", {"settings.py": text + LINES}, salt="{{ random_ascii_string(9) }}"
    )
    project = make(tmp_path)
    first, other = (project / "settings.py").read_text(), make(tmp_path, "other") / "settings.py"
    assert first.splitlines()[:2] != other.read_text().splitlines()[:2]
    renewed = (
        text + LINES.replace("line 9\n", "line 9, renewed\n") + "KEY2 = '{{ random_ascii_string(30) }}'\n"
    )
    release(source, "v2.0.0", {"settings.py": renewed}, salt="{{ random_ascii_string(9) }}")
    outcome = update_project(project, Wish())
    assert outcome.conflicts == ()
    now = (project / "settings.py").read_text()
    assert now.splitlines()[:3] == first.splitlines()[:3]
    assert "line 9, renewed" in now
    update_project(other.parent, Wish())
    assert now.splitlines()[-1] != other.read_text().splitlines()[-1]  # a new secret is another in each


# --- cruft


def test_a_project_of_crufts_is_updated_in_crufts_own_file(tmp_path: Path) -> None:
    source = release(tmp_path / "template", "v1.0.0", FILES, _private="old")
    project = make(tmp_path, name="Ada #1")
    to_cruft(project)
    assert next(iter(all_statuses([project]))).state == "current"
    renewed = {**FILES, "note.txt": "Renewed for {{ cookiecutter.name }}.\n"}
    release(source, "v2.0.0", renewed, _private="new", more="x")
    outcome = update_project(project, Wish(answers={"name": "Bo #2"}))
    assert outcome.changed == (".cruft.json", "note.txt")
    assert not (project / ".scaffolder.yml").exists()
    state = json.loads((project / ".cruft.json").read_text())
    head = git("rev-parse", "HEAD", cwd=source).strip()
    assert list(state) == ["template", "commit", "checkout", "context", "directory"]
    assert (state["commit"], state["checkout"], state["directory"]) == (head, None, None)
    assert state["context"]["cookiecutter"] == {
        "slug": "project",
        "name": "Bo #2",
        "_private": "new",
        "more": "x",
        "_template": state["template"],
        "_commit": head,
    }
    git("commit", "--quiet", "-am", "Updated", cwd=project)
    assert update_project(project, Wish()).state == "current"


def test_cruft_itself_goes_on_with_what_we_wrote(tmp_path: Path) -> None:
    pytest.importorskip("cruft")
    source = release(tmp_path / "template", "v1.0.0", FILES)
    command = [str(Path(sys.executable).with_name("cruft"))]
    made = [
        *command,
        "create",
        str(source),
        "--checkout",
        "v1.0.0",
        "--output-dir",
        str(tmp_path),
        "--no-input",
    ]
    subprocess.run(made, check=True, capture_output=True)
    project = tmp_path / "project"
    git("init", "--quiet", cwd=project)
    write(project, {"own.txt": "mine\n"})
    release(source, "v2.0.0", {**FILES, "note.txt": "Second, {{ cookiecutter.name }}.\n"})
    assert update_project(project, Wish()).changed == (".cruft.json", "note.txt")
    git("commit", "--quiet", "-am", "By us", cwd=project)
    done = subprocess.run([*command, "check"], cwd=project, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    release(source, "v3.0.0", {**FILES, "note.txt": "Third, {{ cookiecutter.name }}.\n"})
    subprocess.run([*command, "update", "--skip-apply-ask"], cwd=project, check=True, capture_output=True)
    assert (project / "note.txt").read_text() == "Third, World.\n"
    git("commit", "--quiet", "-am", "By cruft", cwd=project)
    assert update_project(project, Wish()).state == "current"


def test_what_cruft_is_told_to_skip_is_left_to_the_owner(tmp_path: Path) -> None:
    before = {"kept.txt": "1\n", "gone.txt": "1\n", "docs/a.md": "1\n", "a.lock": "1\n", "b.txt": "1\n"}
    source = release(tmp_path / "template", "v1.0.0", before)
    project = make(tmp_path)
    to_cruft(project, skip=["kept.txt", "gone.txt", "docs", "*.lock", "absent.txt"])
    (project / "kept.txt").write_text("mine\n")
    git("commit", "--quiet", "-am", "Mine", cwd=project)
    after = {"kept.txt": "2\n", "docs/a.md": "2\n", "docs/new.md": "2\n", "a.lock": "2\n", "b.txt": "2\n"}
    release(source, "v2.0.0", {**after, "absent.txt": "2\n"})
    outcome = update_project(project, Wish())
    assert outcome.conflicts == ()
    assert outcome.changed == (".cruft.json", "b.txt")
    assert (outcome.added, outcome.removed) == ((), ())
    assert outcome.kept_yours == ("a.lock", "docs/a.md", "kept.txt")
    assert (project / "kept.txt").read_text() == "mine\n"
    assert json.loads((project / ".cruft.json").read_text())["skip"][0] == "kept.txt"


@pytest.mark.parametrize(
    ("pattern", "skipped"),
    [
        ("a", {"a/b.txt", "a/c/d.md"}),
        ("./a/c/", {"a/c/d.md"}),
        ("*.md", {"e.md"}),
        ("**/*.md", {"e.md", "a/c/d.md"}),
        ("a/*", {"a/b.txt", "a/c/d.md"}),
        ("a/**", {"a/b.txt", "a/c/d.md"}),
        ("nothing", set()),
    ],
)
def test_patterns_skip_what_path_glob_finds(pattern: str, skipped: set[str]) -> None:
    from scaffolder.answers import Answers
    from scaffolder.engine.render import Rendered
    from scaffolder.tree import File

    files = {name: File("100644", b"") for name in ("a/b.txt", "a/c/d.md", "e.md", "f.txt")}
    made = Rendered(Answers("t", {}), files)
    assert without_skipped(made, made, (pattern,))[1].skip_if_exists == skipped
    assert (
        set(without_skipped(made, Rendered(Answers("t", {}), {}), (pattern,))[0].files)
        == files.keys() - skipped
    )


# --- many projects


def test_a_fleet_may_have_all_kinds(released: Path, tmp_path: Path) -> None:
    fleet = tmp_path / "fleet"
    sources = {"cookie": release(tmp_path / "template", "v1.0.0", FILES)}
    commit(tmp_path / "copier", COPIER, "v1.0.0")
    for name, source in (("ours", "toy"), ("cookie", sources["cookie"]), ("cruft", sources["cookie"])):
        new_project(str(source), fleet / name, answers={}, ask=False)
    new_project(str(tmp_path / "copier"), fleet / "copier", answers={}, ask=False)
    to_cruft(fleet / "cruft")
    names = ("cookie", "copier", "cruft", "ours")
    assert discover(fleet) == tuple(fleet / name for name in names)
    release(sources["cookie"], "v2.0.0", {**FILES, "new.txt": "new\n"})
    states = {status.path.name: status.state for status in all_statuses(discover(fleet))}
    assert states == {"cookie": "behind", "copier": "current", "cruft": "behind", "ours": "current"}
    found = {one.path.name: one for one in update_all(discover(fleet), Wish(), jobs=2)}
    assert {name: one.state for name, one in found.items() if isinstance(one, Outcome)} == {
        "cookie": "updated",
        "copier": "current",
        "cruft": "updated",
        "ours": "current",
    }
    assert (fleet / "cruft/new.txt").read_text() == (fleet / "cookie/new.txt").read_text() == "new\n"


def test_the_commands_take_such_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = release(tmp_path / "template", "v1.0.0", FILES)
    monkeypatch.chdir(tmp_path)
    assert execute(["new", str(source), "project", "--defaults", "-d", "name=Ada"]) == 0
    assert execute(["status", "project"]) == 0
    release(source, "v2.0.0", {**FILES, "a.txt": LINES.replace("line 2\n", "line 2, renewed\n")})
    assert execute(["status", "project"]) == 1
    assert execute(["update", "project", "--dry-run", "--defaults"]) == 0
    assert "+line 2, renewed" in capsys.readouterr().out
    write(Path("project"), {"a.txt": LINES.replace("line 2\n", "line 2, mine\n")})
    assert execute(["update", "project", "--defaults"]) == 3
    assert "a.txt" in capsys.readouterr().out
    assert execute(["new", str(source), "again", "--defaults", "--dry-run"]) == 0
    assert capsys.readouterr().out.split("\n")[:2] == [".scaffolder.yml", "a.txt"]
    assert not Path("again").exists()
