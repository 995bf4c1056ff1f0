"""Projects that the real cruft made: updated with their `.cruft.json`, and converted."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import cruft as real
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaffolder import conversion, cruft, places, record_file
from scaffolder.answers import Answers
from scaffolder.cli.app import execute
from scaffolder.create import new_project
from scaffolder.engine.render import Rendered
from scaffolder.errors import AnswersFileError, ScaffolderError
from scaffolder.fleet import Failure, discover, update_all
from scaffolder.project import read_record
from scaffolder.record import CRUFT_FILE, RECORD_FILE, Record
from scaffolder.record_file import without_skipped
from scaffolder.status import Status, all_statuses
from scaffolder.tree import File
from scaffolder.update import Wish, update_project

from . import foreign_templates
from .cookiecutter_templates import TOP, commit, git, plain, template
from .trees import read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="git checks out with other line ends there")

# Every kind of variable, in an order that is not the one in which cookiecutter fills them in.
SETTINGS: dict[str, object] = {
    "slug": "project",
    "kinds": {"png": {"name": "{{ cookiecutter.slug }}", "sizes": [1, 2]}},
    "name": "Grüße 日本",
    "licence": ["MIT", "BSD"],
    "web": True,
    "year": 2024,
    "nothing": None,
    "_copy_without_render": ["*.raw"],
    "__made": "{{ cookiecutter.name }}!",
    "__map": {"key": "{{ cookiecutter.slug }}"},
    "last": "z",
}
FILES: dict[str, str | bytes] = {
    "a.txt": "one\ntwo\nthree {{ cookiecutter.licence }}\n",
    "docs/guide.md": "A guide\n",
    "docs/more.md": "More\n",
    "app/[id].tsx": "A route\n",
    "page.raw": "{{ raw }}\n",
}
NEW_SETTINGS = {"slug": "", "fresh": "new {{ cookiecutter.slug }}", "extra": {"a": "b"}, **SETTINGS}
NEW_FILES: dict[str, str | bytes] = {
    **FILES,
    "a.txt": "one\ntwo, renewed\nthree {{ cookiecutter.licence }}\n",
    "docs/guide.md": "A guide, renewed\n",
    "docs/new.md": "New\n",
    "app/[id].tsx": "A route, renewed\n",
    "fresh.txt": "{{ cookiecutter.fresh }} {{ cookiecutter.extra.a }}\n",
}
LATER = {**NEW_FILES, "later.txt": "Later\n"}


@pytest.fixture(autouse=True)
def machine(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither our cache nor cookiecutter's settings are those of the real machine."""
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    (home / "cookiecutter.yml").write_text("default_context: {}\n")
    monkeypatch.setenv("COOKIECUTTER_CONFIG", str(home / "cookiecutter.yml"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A template with two releases, and a branch that goes on from the second."""
    folder = tmp_path / "template"
    commit(folder, template(SETTINGS, FILES), "v1.0.0")
    commit(folder, template(NEW_SETTINGS, NEW_FILES), "v2.0.0")
    git("branch", "develop", cwd=folder)
    return folder


def create(source: Path, into: Path, **options: Any) -> Path:
    """Let cruft make a project, and commit it."""
    options.setdefault("checkout", "v1.0.0")
    into.parent.mkdir(parents=True, exist_ok=True)
    made = real.create(str(source), output_dir=into.parent, no_input=True, default_config=True, **options)
    made = made.rename(into)
    git("init", "--quiet", "--initial-branch=main", cwd=into)
    git("add", "--all", cwd=into)
    git("commit", "--quiet", "-m", "New", cwd=into)
    return into


def change(project: Path, **values: object) -> None:
    """Change the record by hand, and commit it; None takes a key away."""
    file = project / CRUFT_FILE
    found = {**json.loads(file.read_bytes()), **values}
    kept = {key: value for key, value in found.items() if value is not None}
    file.write_text(f"{json.dumps(kept, ensure_ascii=False, indent=2)}\n", encoding="utf-8")
    git("commit", "--quiet", "--all", "-m", "Mine", cwd=project)


def record_of(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project / CRUFT_FILE).read_bytes())
    return found


def add_commit(source: Path, branch: str = "main") -> None:
    git("checkout", "--quiet", branch, cwd=source)
    commit(source, template(NEW_SETTINGS, LATER))


# --- updates

KINDS: dict[str, tuple[dict[str, Any], str | None]] = {  # what it is created with; what cruft updates to
    "main branch": ({"checkout": None}, None),
    "a release": ({"checkout": "v1.0.0"}, "v2.0.0"),
    "a branch": ({"checkout": "develop"}, "develop"),
    "answers": ({"checkout": None, "extra_context": {"licence": "BSD", "web": False, "last": "Z"}}, None),
    "skip": ({"checkout": None, "skip": ["docs", "app/[id].tsx"]}, None),
    "skip by pattern": ({"checkout": None, "skip": ["**/*.md"]}, None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_update_leaves_what_cruft_leaves(kind: str, tmp_path: Path) -> None:
    options, checkout = KINDS[kind]
    source = tmp_path / "template"
    commit(source, template(SETTINGS, FILES), "v1.0.0")
    git("branch", "develop", cwd=source)
    ours = create(source, tmp_path / "ours", **options)
    theirs = shutil.copytree(ours, tmp_path / "theirs")
    (source / "note").write_text("none of the project's\n")
    commit(source, template(NEW_SETTINGS, NEW_FILES), "v2.0.0")
    git("branch", "--force", "develop", "main", cwd=source)
    assert update_project(ours, Wish()).state == "updated"
    assert real.update(theirs, checkout=checkout)
    assert read_tree(ours) == read_tree(theirs)
    assert record_of(ours)["checkout"] == checkout


def test_cruft_goes_on_from_our_update(tmp_path: Path, source: Path) -> None:
    project = create(source, tmp_path / "project")
    update_project(project, Wish())
    git("commit", "--quiet", "--all", "-m", "Update", cwd=project)
    assert real.check(project)
    before = read_tree(project)
    assert real.update(project)
    assert read_tree(project) == before
    add_commit(source)
    assert not real.check(project)
    assert real.update(project)
    assert (project / "later.txt").read_text() == "Later\n"


def test_a_template_in_a_folder(tmp_path: Path) -> None:
    source = tmp_path / "template"
    for made, tag in ((template(SETTINGS, FILES), "v1.0.0"), (template(NEW_SETTINGS, NEW_FILES), "v2.0.0")):
        commit(source, {f"kinds/site/{path}": content for path, content in made.items()}, tag)
    ours = create(source, tmp_path / "ours", directory="./kinds/site/")
    theirs = shutil.copytree(ours, tmp_path / "theirs")
    update_project(ours, Wish())
    assert real.update(theirs, checkout="v2.0.0")
    assert read_tree(ours) == read_tree(theirs)
    assert record_of(ours)["directory"] == "./kinds/site/"


def test_status_dry_run_and_fleet(tmp_path: Path, source: Path) -> None:
    projects = [create(source, tmp_path / "fleet" / name) for name in ("a", "b")]
    before = read_tree(projects[0])
    found = list(all_statuses(projects))
    assert [one.state for one in found if isinstance(one, Status)] == ["behind", "behind"]
    planned = update_project(projects[0], Wish(dry_run=True))
    assert (planned.state, planned.before, planned.after) == ("planned", "1.0.0", "2.0.0")
    assert "+two, renewed" in planned.diff
    assert read_tree(projects[0]) == before
    assert discover(tmp_path / "fleet") == tuple(projects)
    done = list(update_all(projects, Wish(), jobs=2))
    assert not any(isinstance(one, Failure) for one in done)
    assert [one.state for one in all_statuses(projects) if isinstance(one, Status)] == ["current"] * 2


def test_an_answer_is_changed_and_recorded(tmp_path: Path, source: Path) -> None:
    project = create(source, tmp_path / "project", checkout="v2.0.0")
    update_project(project, Wish(answers={"licence": "BSD"}))
    assert record_of(project)["context"]["cookiecutter"]["licence"] == "BSD"
    assert (project / "a.txt").read_text().endswith("BSD\n")
    assert record_of(project)["checkout"] == "v2.0.0"


def test_what_is_skipped_in_pyproject_is_left_alone(tmp_path: Path) -> None:
    source, asked = tmp_path / "template", '[tool.cruft]\nskip = ["docs/guide.md"]\n'
    commit(source, template(SETTINGS, {**FILES, "pyproject.toml": asked}), "v1.0.0")
    commit(source, template(SETTINGS, {**NEW_FILES, "pyproject.toml": asked, "fresh.txt": ""}), "v2.0.0")
    project = create(source, tmp_path / "project")
    assert "docs/guide.md" in update_project(project, Wish()).kept_yours
    assert (project / "docs/guide.md").read_text() == "A guide\n"
    assert (project / "docs/new.md").exists()


def test_no_pattern_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    left = iter(range(20_000))

    def counted(name: str, pattern: str) -> bool:
        next(left)  # ends in StopIteration
        return fnmatchcase(name, pattern)

    monkeypatch.setattr(record_file, "fnmatchcase", counted)
    patterns = ("**/" * 40 + "x", "**/a/" * 30 + "x", "*a" * 30 + "/x")
    made = Rendered(Answers("t", {}), {"a/" * 60 + "b": File("100644", b"")})
    assert without_skipped(made, made, patterns)[1].skip_if_exists == frozenset()


def test_what_has_no_star_is_no_pattern() -> None:
    made = Rendered(Answers("t", {}), {name: File("100644", b"") for name in ("[id].tsx", "i.tsx")})
    assert without_skipped(made, made, ("[id].tsx",))[1].skip_if_exists == {"[id].tsx"}


# --- which version is the newest


def test_without_checkout_the_main_branch_is_followed(tmp_path: Path, source: Path) -> None:
    project = create(source, tmp_path / "project", checkout=None)
    add_commit(source)
    assert update_project(project, Wish()).after.startswith("2.0.0.post1+g")
    assert record_of(project)["checkout"] is None
    assert real.check(project)


def test_a_project_of_a_release_goes_to_releases(tmp_path: Path, source: Path) -> None:
    project = create(source, tmp_path / "project")
    add_commit(source)
    git("tag", "v3.0.0rc1", cwd=source)
    assert update_project(project, Wish()).after == "2.0.0"
    assert record_of(project)["checkout"] == "v2.0.0"


def test_a_release_that_is_asked_for_is_no_branch(tmp_path: Path, source: Path) -> None:
    project = create(source, tmp_path / "project")
    update_project(project, Wish(to="2.0.0"))
    git("commit", "--quiet", "--all", "-m", "Update", cwd=project)
    add_commit(source)
    git("tag", "v3.0.0", cwd=source)
    assert update_project(project, Wish()).after == "3.0.0"


def test_a_branch_is_followed(tmp_path: Path, source: Path) -> None:
    project = create(source, tmp_path / "project", checkout="develop")
    add_commit(source, "develop")
    assert update_project(project, Wish()).state == "updated"
    assert (project / "later.txt").exists()
    assert record_of(project)["checkout"] == "develop"
    assert real.check(project, checkout="develop")


def test_a_branch_that_is_gone_is_named(tmp_path: Path, source: Path) -> None:
    project = create(source, tmp_path / "project", checkout="develop")
    git("branch", "--delete", "--force", "develop", cwd=source)
    with pytest.raises(ScaffolderError, match=r"no branch or tag 'develop' any more.*--to"):
        update_project(project, Wish())
    add_commit(source)
    git("tag", "v3.0.0", cwd=source)
    assert update_project(project, Wish(to="v3.0.0")).after == "3.0.0"
    assert record_of(project)["checkout"] == "v3.0.0"


def test_a_commit_that_is_gone_is_named(tmp_path: Path, source: Path) -> None:
    project = create(source, tmp_path / "project")
    change(project, commit="1234567890" * 4)
    with pytest.raises(ScaffolderError, match=r"has no version '1234567890.*is it pushed\?"):
        update_project(project, Wish())


def test_a_template_on_another_machine_is_named(tmp_path: Path, source: Path) -> None:
    project = create(source, tmp_path / "project")
    change(project, template="/home/somebody/template")
    with pytest.raises(ScaffolderError, match=r"^/home/somebody/template: is not there"):
        update_project(project, Wish())


def test_a_password_in_the_address_is_not_printed(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = create(source, tmp_path / "project")
    change(project, template="https://ada:s3cret@example.org/template.git")
    assert execute(["update", str(project), "--defaults"]) == 1
    assert execute(["status", str(project)]) == 1
    said = capsys.readouterr()
    assert said.err.count("https://***@example.org/template.git") == 2
    assert "s3cret" not in said.out + said.err


@pytest.mark.parametrize(
    "url", ["gh:owner/template", "git@github.com:owner/template.git", "ssh://git@example.org/template.git"]
)
def test_an_address_stays_as_it_is_written(tmp_path: Path, source: Path, url: str) -> None:
    project = create(source, tmp_path / "project")
    change(project, template=url)
    found = read_record(project)
    assert (found.url, found.template) == (url, "template")


def test_of_two_records_it_is_said_which_is_used(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = create(source, tmp_path / "project")
    foreign_templates.commit(tmp_path / "other", foreign_templates.PLAIN, "v1.0.0")
    new_project(str(tmp_path / "other"), tmp_path / "copied", answers={}, ask=False, git=False)
    shutil.copy(tmp_path / "copied" / ".copier-answers.yml", project)
    git("add", "--all", cwd=project)
    git("commit", "--quiet", "-m", "Both", cwd=project)
    said = ".copier-answers.yml is used as the record, and not .cruft.json"
    assert update_project(project, Wish()).warnings == (said,)
    assert execute(["status", str(project)]) == 0
    assert f"warning: {said}\n" in capsys.readouterr().err
    assert execute(["adopt", str(project), "--from-cruft"]) == 1
    assert ".copier-answers.yml too, which is the one that is used" in capsys.readouterr().err


# --- the file itself

GOOD: dict[str, Any] = {
    "template": "https://example.org/template.git",
    "commit": "1" * 40,
    "checkout": None,
    "context": {"cookiecutter": {"slug": "project", "_template": "x", "_commit": "1" * 40}},
    "directory": None,
}


def _dumped(**values: object) -> bytes:
    return json.dumps({key: value for key, value in {**GOOD, **values}.items() if value != "gone"}).encode()


BAD: dict[str, tuple[bytes, str]] = {
    "half": (_dumped()[:60], "it is no JSON"),
    "empty": (b"", "it is no JSON"),
    "a list": (b"[]", "expected a JSON object"),
    "deep": (b"[" * 100_000, "it is no JSON"),
    "large": (b" " * (1 << 20) + _dumped(), "more than 1 MiB"),
    "not UTF-8": (b'{"template": "\xff"}', "it is no JSON"),
    "half a character": (_dumped(template="\ud800"), "it is no JSON"),
    "no template": (_dumped(template="gone"), "it has no template"),
    "template": (_dumped(template=["x"]), "expected a text as template"),
    "no commit": (_dumped(commit="gone"), "it has no commit"),
    "null commit": (_dumped(commit=None), "it has no commit"),
    "commit": (_dumped(commit=7), "expected a text as commit"),
    "checkout": (_dumped(checkout=["v1"]), "expected a text as checkout"),
    "no context": (_dumped(context="gone"), "no answers in context.cookiecutter"),
    "context": (_dumped(context={"cookiecutter": []}), "no answers in context.cookiecutter"),
    "directory": (_dumped(directory={"a": 1}), "expected a text as directory"),
    "directory outside": (_dumped(directory="a/../../b"), "expected a folder of the template"),
    "absolute directory": (_dumped(directory="/etc"), "expected a folder of the template"),
    "skip": (_dumped(skip="docs"), "expected a list of paths as skip"),
    "skip of numbers": (_dumped(skip=[1]), "expected a list of paths as skip"),
    "conflict markers": (b"<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n", "has conflict markers"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_record_is_named_in_one_line(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content, expected = BAD[kind]
    (tmp_path / CRUFT_FILE).write_bytes(content)
    assert execute(["status", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {tmp_path / CRUFT_FILE}: ")
    assert expected in said
    assert said.count("\n") == 1


def test_a_record_that_is_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / CRUFT_FILE).symlink_to("/dev/null")
    with pytest.raises(AnswersFileError, match=r"\.cruft\.json: it is no ordinary file"):
        read_record(tmp_path)
    (tmp_path / CRUFT_FILE).unlink()
    (tmp_path / CRUFT_FILE).write_bytes(_dumped())
    (tmp_path / "pyproject.toml").symlink_to("/dev/zero")
    assert read_record(tmp_path).skip == ()


def test_a_bad_pyproject_is_named(tmp_path: Path) -> None:
    (tmp_path / CRUFT_FILE).write_bytes(_dumped())
    (tmp_path / "pyproject.toml").write_text("[tool")
    with pytest.raises(AnswersFileError, match=r"pyproject.toml: it is no TOML"):
        read_record(tmp_path)
    (tmp_path / "pyproject.toml").write_text("tool = 7\n")
    assert read_record(tmp_path).skip == ()


@given(at=st.integers(0, 400), put=st.binary(max_size=4), cut=st.integers(0, 20))
def test_any_damage_is_an_error_of_ours_or_none(
    tmp_path_factory: pytest.TempPathFactory, at: int, put: bytes, cut: int
) -> None:
    text = _dumped(skip=["docs"], directory="a/b", checkout="main")
    damaged = text[:at] + put + text[at + cut :]
    where = tmp_path_factory.getbasetemp() / CRUFT_FILE
    with contextlib.suppress(AnswersFileError):
        assert isinstance(cruft.parse(damaged, where), Record)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=8,
)


@settings(max_examples=50)
@given(context=st.dictionaries(st.from_regex(r"_{0,2}[a-z]{1,6}", fullmatch=True), _VALUES, max_size=6))
def test_it_is_written_as_cruft_writes_it(context: dict[str, Any]) -> None:
    from cruft._commands.utils.cruft import json_dumps

    is_asked = [key for key, value in context.items() if isinstance(value, dict) and not key.startswith("_")]
    ordered = {key: value for key, value in context.items() if key not in is_asked}
    ordered |= {key: context[key] for key in is_asked}
    url = GOOD["template"]
    wanted = GOOD | {"context": {"cookiecutter": {**ordered, "_template": url, "_commit": "2" * 40}}}
    wanted |= {"commit": "2" * 40, "checkout": "v2.0.0"}
    made = cruft.render(_dumped(), commit="2" * 40, checkout="v2.0.0", variables=context)
    assert made == json_dumps(wanted).encode()


# --- from one form to the other


def staged(project: Path) -> list[str]:
    return git("status", "--porcelain", "--no-renames", cwd=project).splitlines()


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back_is_the_same(kind: str, tmp_path: Path, source: Path) -> None:
    project = create(source, tmp_path / "project", **KINDS[kind][0])
    before, head = read_tree(project), git("rev-parse", "HEAD", cwd=project)
    shutil.move(source, tmp_path / "away")  # nothing of it is needed
    conversion.convert_from(project)
    shutil.move(tmp_path / "away", source)
    assert staged(project) == [f"D  {CRUFT_FILE}", f"A  {RECORD_FILE}"]
    assert git("rev-parse", "HEAD", cwd=project) == head
    git("commit", "--quiet", "-m", "There", cwd=project)
    conversion.convert_to(project)
    assert staged(project) == [f"A  {CRUFT_FILE}", f"D  {RECORD_FILE}"]
    assert read_tree(project) == before


@pytest.mark.parametrize("kind", ["main branch", "a release", "a branch", "skip"])
def test_a_converted_project_is_updated_as_before(kind: str, tmp_path: Path, source: Path) -> None:
    first = create(source, tmp_path / "first", **KINDS[kind][0])
    second = shutil.copytree(first, tmp_path / "second")
    conversion.convert_from(second)
    git("commit", "--quiet", "-m", "There", cwd=second)
    add_commit(source)
    git("branch", "--force", "develop", "main", cwd=source)
    outcomes = [update_project(path, Wish()) for path in (first, second)]
    assert outcomes[0].after == outcomes[1].after
    git("commit", "--quiet", "--allow-empty", "-m", "Update", cwd=second)
    conversion.convert_to(second)
    assert read_tree(first) == read_tree(second)


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path, source: Path) -> None:
    project = create(source, tmp_path / "mono" / "apps" / "project")
    shutil.move(project / ".git", tmp_path / "mono" / ".git")
    git("add", "--all", cwd=tmp_path / "mono")
    git("commit", "--quiet", "-m", "Moved", cwd=tmp_path / "mono")
    before = read_tree(project)
    conversion.convert_from(project)
    assert staged(project) == [f"D  apps/project/{CRUFT_FILE}", f"A  apps/project/{RECORD_FILE}"]
    git("commit", "--quiet", "-m", "There", cwd=project)
    conversion.convert_to(project)
    assert read_tree(project) == before
    git("commit", "--quiet", "-m", "Back", cwd=project)
    assert update_project(project, Wish()).after == "2.0.0"


def test_a_project_of_ours_becomes_one_of_crufts(tmp_path: Path, source: Path) -> None:
    ours = tmp_path / "ours"
    new_project(str(source), ours, answers={"licence": "BSD"}, ask=False, version="v1.0.0")
    conversion.convert_to(ours)
    theirs = create(source, tmp_path / "theirs", extra_context={"licence": "BSD"})
    assert read_tree(ours) == read_tree(theirs)
    git("commit", "--quiet", "-m", "To cruft", cwd=ours)
    assert real.update(ours)
    assert (ours / "a.txt").read_text().startswith("one\ntwo, renewed\n")


def test_a_secret_is_left_out_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(tmp_path / "template", plain(**{"db_password": "none"}), "v1.0.0")
    project = create(tmp_path / "template", tmp_path / "project", extra_context={"db_password": "s3cret"})
    assert execute(["adopt", str(project), "--from-cruft", "--json"]) == 0
    said = capsys.readouterr()
    assert "warning: left out, since a record has no secrets: db_password\n" in said.err
    assert json.loads(said.out) == {
        "path": str(project),
        "written": RECORD_FILE,
        "removed": CRUFT_FILE,
        "left_out": ["db_password"],
    }
    assert b"s3cret" not in (project / RECORD_FILE).read_bytes()


def refused(project: Path, option: str, capsys: pytest.CaptureFixture[str]) -> str:
    before = read_tree(project)
    assert execute(["adopt", str(project), option]) == 1
    assert read_tree(project) == before
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    return said.err.removeprefix(f"error: {project} ")


def test_what_cruft_cannot_say_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    foreign_templates.commit(tmp_path / "copier", foreign_templates.PLAIN, "v1.0.0")
    new_project(str(tmp_path / "copier"), tmp_path / "a", answers={}, ask=False)
    assert ".copier-answers.yml says that it was made from a copier" in refused(
        tmp_path / "a", "--to-cruft", capsys
    )
    nested: Mapping[str, str | bytes] = {
        "cookiecutter.json": json.dumps({"templates": {"site": {"path": "./site", "title": "Site"}}}),
        "site/cookiecutter.json": json.dumps({"slug": "s"}),
        f"site/{TOP}/a.txt": "site",
    }
    commit(tmp_path / "nested", nested, "v1.0.0")
    new_project(str(tmp_path / "nested"), tmp_path / "b", answers={}, ask=False)
    assert "made from 'site' of several templates" in refused(tmp_path / "b", "--to-cruft", capsys)


def test_a_state_in_which_nothing_can_be_converted(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = create(source, tmp_path / "project")
    assert refused(project, "--to-cruft", capsys) == (
        "cannot be adopted: it has no .scaffolder.yml; its record is .cruft.json\n"
    )
    (project / "a.txt").write_text("mine\n")
    assert "a.txt changed since the last commit; commit or stash that first\n" in refused(
        project, "--from-cruft", capsys
    )
    git("checkout", "--quiet", "a.txt", cwd=project)
    git("rm", "--quiet", "--cached", CRUFT_FILE, cwd=project)
    git("commit", "--quiet", "-m", "Not known", cwd=project)
    assert ".cruft.json is not committed" in refused(project, "--from-cruft", capsys)
    shutil.rmtree(project / ".git")
    assert "it lies in no git repository" in refused(project, "--from-cruft", capsys)
    (project / CRUFT_FILE).unlink()
    assert "is not a generated project" in refused(project, "--from-cruft", capsys)
