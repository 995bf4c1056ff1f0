"""A repository whose record is gone: its version, its answers, and an ordinary update afterwards."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

from scaffolder.adopt import Origin, find_origin, write_record
from scaffolder.adopting import infer
from scaffolder.adopting.markers import Markers
from scaffolder.adopting.owned import NotAdoptable, Votes
from scaffolder.create import new_project
from scaffolder.errors import InvalidAnswer, ScaffolderError, SourceError, UnknownTemplate, UnknownVersion
from scaffolder.update import Wish, update_project

from .adoptions import as_cookiecutter, chance, edit_files, make_lost, make_template, random_answers
from .conftest import git
from .foreign_templates import ANSWERS, PLAIN, commit
from .toy_projects import make_project, release_second

if TYPE_CHECKING:
    from pathlib import Path

RECORD = ".copier-answers.yml"
BODY = "".join(f"line {number} of the template\n" for number in range(12))


def lose(project: Path, record: str = RECORD) -> bytes:
    """Make one commit of everything but the record, without any history, and return the record."""
    content = (project / record).read_bytes()
    (project / record).unlink()
    return restart(project, content)


def restart(project: Path, content: bytes = b"") -> bytes:
    shutil.rmtree(project / ".git", ignore_errors=True)
    git("init", "--quiet", "--initial-branch=main", cwd=project)
    git("add", "--all", "--force", cwd=project)
    git("commit", "--quiet", "-m", "Everything", cwd=project)
    return content


def generated(template: Path, path: Path, version: str | None = None, **answers: object) -> Path:
    new_project(str(template), path, answers=answers, ask=False, version=version)
    return path


def found(origin: Origin) -> dict[str, object]:
    return {answer.key: answer.value for answer in origin.answers}


def about(origin: Origin, key: str):
    return next(answer for answer in origin.answers if answer.key == key)


def state(project: Path) -> tuple[str, str, str]:
    return (
        git("status", "--porcelain", cwd=project),
        git("write-tree", cwd=project),
        git("rev-parse", "HEAD", cwd=project),
    )


# --- what is found


@pytest.mark.parametrize(
    ("change", "is_copier"), [(dict, True), (as_cookiecutter, False)], ids=["copier", "cookiecutter"]
)
def test_version_and_answers_of_an_edited_project_are_found(change, is_copier, home, tmp_path) -> None:
    template = make_template(tmp_path / "template", 6, change)
    rng = chance(7)
    answers = random_answers(rng, is_copier=is_copier)
    project = make_lost(tmp_path / "project", str(template), "v1.3.0", answers, rng)
    before = state(project)
    origin = find_origin(project, str(template))
    assert (origin.version, origin.is_sure) == ("1.3.0", True)
    assert found(origin) == answers
    assert origin.edited
    assert origin.absent
    assert state(project) == before


@pytest.mark.parametrize(
    ("change", "record"),
    [(dict, RECORD), (as_cookiecutter, ".scaffolder.yml")],
    ids=["copier", "cookiecutter"],
)
def test_the_record_is_byte_for_byte_the_one_that_was_lost(change, record, home, tmp_path) -> None:
    template = make_template(tmp_path / "template", 3, change)
    project = generated(
        template, tmp_path / "project", "v1.1.0", project_name="Pump room", licence="Apache-2.0"
    )
    lost = lose(project, record)
    origin = find_origin(project, str(template))
    assert origin.record_path == record
    assert origin.record == lost
    write_record(origin)
    assert (project / record).read_bytes() == lost


def test_only_the_record_is_written_and_it_is_staged_not_committed(released: Path, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    lose(project)
    head = git("rev-parse", "HEAD", cwd=project)
    write_record(find_origin(project, "toy"))
    assert git("status", "--porcelain", cwd=project) == f"A  {RECORD}\n"
    assert git("rev-parse", "HEAD", cwd=project) == head


@pytest.mark.parametrize(
    ("change", "record"),
    [(dict, RECORD), (as_cookiecutter, ".scaffolder.yml")],
    ids=["copier", "cookiecutter"],
)
def test_an_update_after_it_is_the_one_that_the_lost_record_gives(
    change, record, home, tmp_path: Path
) -> None:
    template = make_template(tmp_path / "template", 8, change)
    answers = random_answers(chance(3), is_copier=change is dict)
    kept = generated(template, tmp_path / "kept" / "project", "v1.2.0", **answers)
    lost = generated(template, tmp_path / "lost" / "project", "v1.2.0", **answers)
    for project in (kept, lost):
        edit_files(project, chance(5), share=0.2)
    restart(kept)
    lose(lost, record)
    mine = own_lines(lost)
    write_record(find_origin(lost, str(template)))
    git("commit", "--quiet", "-m", "Adopt", cwd=lost)
    outcomes = [update_project(project, Wish()) for project in (kept, lost)]
    assert [outcome.after for outcome in outcomes] == ["1.7.0", "1.7.0"]
    assert outcomes[0].conflicts == outcomes[1].conflicts
    trees = [git("ls-files", "--stage", cwd=project) for project in (kept, lost)]
    assert trees[0] == trees[1]
    assert mine
    assert mine <= own_lines(lost)


def own_lines(project: Path) -> set[str]:
    """Return the lines that the edits of a test made."""
    files = [file for file in project.rglob("*") if file.is_file() and ".git/" not in file.as_posix()]
    lines = {line for file in files for line in file.read_text(encoding="utf-8").splitlines()}
    return {line for line in lines if line.endswith("# mine") or line.startswith("added ")}


def test_all_of_our_templates_are_compared_when_none_is_named(released: Path, tmp_path: Path) -> None:
    release_second(released)
    for version in ("0.1.0", "0.2.0"):
        project = make_project(tmp_path / f"project-{version}", version)
        lose(project)
        origin = find_origin(project)
        assert (origin.template, origin.version) == ("toy", version)


def test_of_versions_that_make_the_same_files_the_newest_is_taken_and_the_others_named(
    home: Path, tmp_path: Path
) -> None:
    template, files = tmp_path / "template", {**PLAIN, "body.txt": BODY}
    commit(template, files, "v1.0.0")
    commit(template, {**files, "copier.yml": f"# only a comment\n{PLAIN['copier.yml']}"}, "v1.1.0")
    commit(template, {**files, "body.txt": f"{BODY}more and more\n"}, "v1.2.0")
    project = generated(template, tmp_path / "project", "v1.0.0", name="Ada")
    lose(project)
    origin = find_origin(project, str(template))
    assert (origin.version, origin.same) == ("1.1.0", ("1.0.0",))
    assert origin.next_version == "1.2.0"


def test_a_version_whose_telling_lines_were_edited_away_is_unsure(home: Path, tmp_path: Path) -> None:
    template = tmp_path / "template"
    commit(template, {**PLAIN, "body.txt": f"{BODY}one\n"}, "v1.0.0")
    commit(template, {**PLAIN, "body.txt": f"{BODY}two\n"}, "v1.1.0")
    project = generated(template, tmp_path / "project", "v1.0.0")
    (project / "body.txt").write_text(f"{BODY}three\n")
    lose(project)
    origin = find_origin(project, str(template))
    assert not origin.is_sure
    assert origin.certainty == pytest.approx(0.5)


def test_a_version_that_was_named_is_the_only_one_compared(home: Path, tmp_path: Path) -> None:
    template = make_template(tmp_path / "template", 3)
    project = generated(template, tmp_path / "project", "v1.0.0")
    lose(project)
    origin = find_origin(project, str(template), version="v1.2.0")
    assert (origin.version, origin.next_version) == ("1.2.0", None)


def test_without_tags_the_commit_is_found(home: Path, tmp_path: Path) -> None:
    template = tmp_path / "template"
    for word in ("one", "two", "three"):
        commit(template, {**PLAIN, "body.txt": f"{BODY}{word} {word}\n{word} again\n{word} more\n"})
    second = git("rev-parse", "HEAD~1", cwd=template).strip()
    project = generated(template, tmp_path / "project", second, name="Ada")
    lost = lose(project)
    assert find_origin(project, str(template)).record == lost


def test_a_template_in_a_subdirectory_with_another_suffix_is_found(home: Path, tmp_path: Path) -> None:
    template = tmp_path / "template"
    config = "_subdirectory: project\n_templates_suffix: .tmpl\nname:\n  type: str\n  default: World\n"
    for number in range(4):
        files = {
            "copier.yml": config,
            "README.md": f"of the template, {number}\n",
            "project/{{ _copier_conf.answers_file }}.tmpl": "{{ _copier_answers | to_nice_yaml }}",
            "project/hello.txt.tmpl": f"Hello {{{{ name }}}}\nversion {number} of it\n",
            "project/body.txt": BODY.replace("line 3", f"line 3, {number}"),
        }
        commit(template, files, f"v1.{number}.0")
    project = generated(template, tmp_path / "project", "v1.2.0", name="Ada")
    lost = lose(project)
    assert find_origin(project, str(template)).record == lost


# --- answers


def questions(text: str, tmp_path: Path, **files: str) -> Path:
    """Return a template with these questions and files, and a body by which it is known."""
    template = tmp_path / "template"
    named = {name.replace("__", "."): content for name, content in files.items()}
    commit(template, {"copier.yml": text, **ANSWERS, "body.txt": BODY, **named}, "v1.0.0")
    return template


def test_places_that_disagree_lower_the_certainty(home: Path, tmp_path: Path) -> None:
    three = "".join(f"the name in place {at} is {{{{ name }}}}\n" for at in range(4))
    template = questions("name:\n  type: str\n  default: World\n", tmp_path, a__txt__jinja=three)
    project = generated(template, tmp_path / "project", name="Pumps")
    text = (project / "a.txt").read_text()
    (project / "a.txt").write_text(text.replace("place 2 is Pumps", "place 2 is Fans"))
    lose(project)
    answer = about(find_origin(project, str(template)), "name")
    assert (answer.value, answer.votes, answer.where) == ("Pumps", Votes(3, 1), "a.txt:1")
    assert answer.certainty == pytest.approx(4 / 6)
    assert not answer.is_sure


def test_an_answer_that_no_file_shows_is_left_to_its_default_and_unsure(home: Path, tmp_path: Path) -> None:
    config = "name:\n  type: str\n  default: World\nflag:\n  type: bool\n  default: true\n"
    template = questions(config, tmp_path)
    project = generated(template, tmp_path / "project", name="Ada", flag=False)
    lose(project)
    origin = find_origin(project, str(template))
    assert found(origin) == {"name": "World", "flag": True}
    assert [(answer.how, answer.certainty, answer.is_sure) for answer in origin.answers] == [
        ("default", 0.0, False)
    ] * 2


def test_what_the_validator_refuses_is_never_an_answer(home: Path, tmp_path: Path) -> None:
    config = (
        "slug:\n  type: str\n  default: thing\n"
        "  validator: \"{% if not (slug | regex_search('^[a-z]+$')) %}no{% endif %}\"\n"
    )
    places = "".join(f"place number {at} says {{{{ slug }}}}\n" for at in range(3))
    template = questions(config, tmp_path, a__txt__jinja=places)
    project = generated(template, tmp_path / "project", slug="pumps")
    mine = "".join(f"place number {at} says P U M P S\n" for at in range(2))
    (project / "a.txt").write_text(f"{mine}place number 2 says pumps\n")
    lose(project)
    answer = about(find_origin(project, str(template)), "slug")
    assert (answer.value, answer.is_sure) == ("pumps", False)


@pytest.mark.parametrize(
    "line",
    [
        "package {{ name | lower | replace(' ', '_') }} and title {{ name }}\n",
        "export {{ name | upper | replace(' ', '-') }}=1\nname of it: {{ name }}\n",
        "export {{ name | upper }}=1\nslug: {{ name | lower | replace(' ', '') }}\n-- {{ name }}\n",
    ],
)
def test_a_text_that_the_template_changes_is_read_too(line: str, home: Path, tmp_path: Path) -> None:
    template = questions("name:\n  type: str\n  default: World\n", tmp_path, a__txt__jinja=line)
    project = generated(template, tmp_path / "project", name="Pump room")
    lose(project)
    answer = about(find_origin(project, str(template)), "name")
    assert (answer.value, answer.votes.theirs) == ("Pump room", 0)


def test_a_text_that_is_only_shown_changed_is_a_guess(home: Path, tmp_path: Path) -> None:
    text = "".join(
        f"{word} {{{{ name | lower | replace(' ', '_') }}}} of this\n" for word in ("package", "import")
    )
    template = questions("name:\n  type: str\n  default: World\n", tmp_path, a__txt__jinja=text)
    project = generated(template, tmp_path / "project", name="Pump Room")
    lose(project)
    origin = find_origin(project, str(template))
    answer = about(origin, "name")
    assert str(answer.value).lower().replace(" ", "_") == "pump_room"
    assert not answer.is_sure
    assert not origin.edited  # whatever it is, it makes the same files


def test_numbers_choices_and_lists_are_found(home: Path, tmp_path: Path) -> None:
    config = """\
port:
  type: int
  default: 8000
database:
  type: str
  choices:
    SQLite: sqlite
    PostgreSQL: postgres
    MySQL: {value: mysql, validator: ""}
  default: sqlite
extras:
  type: str
  multiselect: true
  choices: [docs, tests, lint]
  default: [docs]
typed:
  type: bool
  default: false
level:
  type: str
  default: low
  when: "{{ typed }}"
"""
    text = (
        "listen on port {{ port }} of it\nuse {{ database }} as the database\n"
        "{% for one in extras %}extra part {{ one }} is in\n{% endfor %}"
        "{% if typed %}mypy is in\nits level is {{ level }} here\n{% endif %}"
    )
    template = questions(config, tmp_path, a__txt__jinja=text)
    answers = {"port": 9123, "database": "mysql", "extras": ["tests", "lint"], "typed": True, "level": "high"}
    project = generated(template, tmp_path / "project", **answers)
    lose(project)
    assert found(find_origin(project, str(template))) == answers


def test_a_question_without_default_is_answered_by_the_files(home: Path, tmp_path: Path) -> None:
    config = "name:\n  type: str\nkind:\n  type: str\n  choices: [red, blue]\n"
    text = "the name of it is {{ name }}\nand its colour is {{ kind }} here\n"
    template = questions(config, tmp_path, a__txt__jinja=text)
    project = generated(template, tmp_path / "project", name="Ada", kind="blue")
    lose(project)
    assert found(find_origin(project, str(template))) == {"name": "Ada", "kind": "blue"}


def test_a_question_without_default_that_no_file_shows_must_be_answered(home: Path, tmp_path: Path) -> None:
    template = questions("name:\n  type: str\n", tmp_path)
    project = generated(template, tmp_path / "project", name="Ada")
    lost = lose(project)
    with pytest.raises(
        NotAdoptable, match="name has no default, and no file shows it; answer it with -d name=VALUE"
    ):
        find_origin(project, str(template))
    origin = find_origin(project, str(template), answers={"name": "Ada"})
    assert origin.record == lost
    assert about(origin, "name").how == "given"


def test_a_default_that_its_own_validator_refuses_stops_nothing(home: Path, tmp_path: Path) -> None:
    config = "name:\n  type: str\n  default: ''\n  validator: \"{% if not name %}type one{% endif %}\"\n"
    template = questions(config, tmp_path, a__txt__jinja="the name of it is {{ name }}\n")
    project = generated(template, tmp_path / "project", name="Ada")
    lose(project)
    assert found(find_origin(project, str(template))) == {"name": "Ada"}


def test_a_given_answer_that_is_refused_is_said(home: Path, tmp_path: Path) -> None:
    template = questions("kind:\n  type: str\n  choices: [red, blue]\n", tmp_path)
    project = generated(template, tmp_path / "project", kind="blue")
    lose(project)
    with pytest.raises(InvalidAnswer, match="kind"):
        find_origin(project, str(template), answers={"kind": "green"})


def test_a_line_with_many_markers_costs_no_time() -> None:
    markers = Markers.of({f"k{at}": f"Zqk{at} Wvjx" for at in range(9)})
    template = markers.template_of("".join(f"a{sign}" for sign in list(markers.signs)[:9]) + "end")
    began = time.perf_counter()
    assert template.match("a" * 5000 + "end") is None
    three = markers.template_of("Zqk0 WvjxaZqk1 WvjxaZqk2 Wvjxb")
    assert three.match("a" * 200) is None
    assert time.perf_counter() - began < 1.0


# --- what is refused


def test_a_repository_that_has_nothing_to_do_with_it_is_refused(home: Path, tmp_path: Path) -> None:
    template = make_template(tmp_path / "template", 3)
    project = tmp_path / "other"
    files = {
        "README.md": "# Fans\n\nBlades.\n",
        "pyproject.toml": '[project]\nname = "fans"\n',
        "src/fans.py": "x = 1\n",
    }
    commit(project, files)
    with pytest.raises(
        NotAdoptable, match=r"the best guess is template .*, but it has only \d+% of its lines \(40%"
    ):
        find_origin(project, str(template))
    with pytest.raises(NotAdoptable, match="name another version or template"):
        find_origin(project, str(template), version="v1.1.0")


def test_a_project_with_a_record_is_refused(released: Path, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    with pytest.raises(NotAdoptable, match=r"says that it was made from toy v0.1.0; see 'scaffolder status'"):
        find_origin(project)
    (project / RECORD).write_text("{")
    with pytest.raises(NotAdoptable, match="it has a record, which cannot be used"):
        find_origin(project)


def test_a_folder_that_git_knows_nothing_of_is_refused(released: Path, tmp_path: Path) -> None:
    with pytest.raises(NotAdoptable, match="there is no such folder"):
        find_origin(tmp_path / "nowhere")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(NotAdoptable, match="lies in no git repository; run 'git init', and commit its files"):
        find_origin(folder)
    git("init", "--quiet", cwd=folder)
    with pytest.raises(NotAdoptable, match="nothing is committed yet; commit its files"):
        find_origin(folder)
    git("commit", "--quiet", "--allow-empty", "-m", "Nothing", cwd=folder)
    with pytest.raises(NotAdoptable, match="git knows no file in it"):
        find_origin(folder)


def test_what_cannot_be_had_is_said(released: Path, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    lose(project)
    with pytest.raises(SourceError, match="is not there"):
        find_origin(project, "./nowhere")
    with pytest.raises(SourceError, match="cannot be read"):
        find_origin(project, "file:///nowhere/template.git")
    with pytest.raises(UnknownTemplate, match="did you mean 'toy'"):
        find_origin(project, "toyy")
    with pytest.raises(UnknownVersion, match=r"9\.9\.9"):
        find_origin(project, "toy", version="9.9.9")
    plain = tmp_path / "plain"
    commit(plain, {"a.txt": "a\n"}, "v1.0.0")
    with pytest.raises(SourceError, match="template"):
        find_origin(project, str(plain))
    empty = tmp_path / "empty"
    empty.mkdir()
    git("init", "--quiet", cwd=empty)
    with pytest.raises(SourceError, match="no commit"):
        find_origin(project, str(empty))


def test_a_template_that_writes_no_record_is_refused(home: Path, tmp_path: Path) -> None:
    template = tmp_path / "template"
    commit(template, {"copier.yml": PLAIN["copier.yml"], "body.txt": BODY}, "v1.0.0")
    project = tmp_path / "project"
    commit(project, {"body.txt": BODY})
    with pytest.raises(NotAdoptable, match="writes no record, so it could not be updated"):
        find_origin(project, str(template))


@pytest.mark.parametrize("how", ["file", "ignored file", "link"])
def test_nothing_that_lies_where_the_record_goes_is_replaced(how: str, home: Path, tmp_path: Path) -> None:
    template = tmp_path / "template"
    config = f"_answers_file: conf/answers.yml\n{PLAIN['copier.yml']}"
    commit(template, {**PLAIN, "copier.yml": config, "body.txt": BODY}, "v1.0.0")
    project = generated(template, tmp_path / "project")
    (project / "conf" / "answers.yml").unlink()
    (project / "conf").rmdir()
    (project / ".gitignore").write_text("conf\n" if how == "ignored file" else "")
    restart(project)
    outside = tmp_path / "outside"
    outside.mkdir()
    if how == "link":
        (project / "conf").symlink_to(outside)
    else:
        (project / "conf").mkdir()
        (project / "conf" / "answers.yml").write_text("mine\n")
    origin = find_origin(project, str(template))
    with pytest.raises(NotAdoptable, match="conf"):
        write_record(origin)
    assert not list(outside.iterdir())
    if how != "link":
        assert (project / "conf" / "answers.yml").read_text() == "mine\n"


# --- unusual repositories


def test_changes_that_are_not_staged_are_not_looked_at_and_stay(released: Path, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    lose(project)
    (project / "README.md").write_text("all my own\n")
    (project / "new.txt").write_text("untracked\n")
    origin = find_origin(project, "toy")
    assert origin.score == 1.0
    write_record(origin)
    assert (project / "README.md").read_text() == "all my own\n"
    assert git("status", "--porcelain", cwd=project).split("\n")[:3] == [
        f"A  {RECORD}",
        " M README.md",
        "?? new.txt",
    ]


def test_a_shallow_clone_with_a_submodule_binaries_and_links_is_found(home: Path, tmp_path: Path) -> None:
    template = make_template(tmp_path / "template", 4)
    full = generated(template, tmp_path / "full", "v1.2.0", project_name="Pump room")
    lost = lose(full)
    (full / "data.bin").write_bytes(bytes(range(256)) * 100)
    (full / "link").symlink_to("/nowhere")
    git("add", "--all", cwd=full)
    git(
        "update-index",
        "--add",
        "--cacheinfo",
        f"160000,{git('rev-parse', 'HEAD', cwd=full).strip()},module",
        cwd=full,
    )
    git("commit", "--quiet", "-m", "More", cwd=full)
    git("clone", "--quiet", "--depth=1", full.as_uri(), "shallow", cwd=tmp_path)
    project = tmp_path / "shallow"
    assert git("rev-parse", "--is-shallow-repository", cwd=project).strip() == "true"
    origin = find_origin(project, str(template))
    assert origin.record == lost
    write_record(origin)
    assert git("status", "--porcelain", cwd=project) == f"A  {RECORD}\n"


def test_a_project_in_a_folder_of_a_larger_repository_is_found(released: Path, tmp_path: Path) -> None:
    top = tmp_path / "mono"
    commit(top, {"README.md": "all of them\n"})
    project = make_project(top / "apps" / "toy")
    shutil.rmtree(project / ".git")
    (project / RECORD).unlink()
    git("add", "--all", cwd=top)
    git("commit", "--quiet", "-m", "Toy", cwd=top)
    origin = find_origin(project)
    assert (origin.template, origin.version, origin.absent) == ("toy", "0.1.0", ())
    write_record(origin)
    assert git("status", "--porcelain", cwd=top) == f"A  apps/toy/{RECORD}\n"


def test_a_hundred_thousand_files_are_no_matter(released: Path, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    lose(project)
    blob = git("hash-object", "-w", "README.md", cwd=project).strip()
    listing = tmp_path / "listing"
    listing.write_text("".join(f"100644 {blob}\tdata/{at % 100}/{at}.csv\n" for at in range(100_000)))
    with listing.open() as stream:
        import subprocess

        subprocess.run(["git", "update-index", "--index-info"], cwd=project, stdin=stream, check=True)
    began = time.perf_counter()
    assert find_origin(project, "toy").version == "0.1.0"
    assert time.perf_counter() - began < 20.0


def test_a_record_that_was_deleted_is_pointed_to(released: Path, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    git("rm", "--quiet", RECORD, cwd=project)
    git("commit", "--quiet", "-m", "Tidy up", cwd=project)
    warnings = find_origin(project, "toy").warnings
    commit_id = git("rev-parse", "--short", "HEAD", cwd=project).strip()
    assert any(f"'git checkout {commit_id}^ -- {RECORD}' brings it back" in warning for warning in warnings)
    git("checkout", f"{commit_id}^", "--", RECORD, cwd=project)
    assert (project / RECORD).is_file()


def test_a_version_that_cannot_be_rendered_stops_no_other(home: Path, tmp_path: Path) -> None:
    template = tmp_path / "template"
    commit(template, {**PLAIN, "body.txt": f"{BODY}one two\n"}, "v1.0.0")
    commit(template, {**PLAIN, "body.txt": f"{BODY}two one\n", "b.txt.jinja": "{% if %}\n"}, "v1.1.0")
    project = generated(template, tmp_path / "project", "v1.0.0", name="Ada")
    lost = lose(project)
    assert find_origin(project, str(template)).record == lost
    with pytest.raises(ScaffolderError, match=r"b\.txt\.jinja"):
        find_origin(project, str(template), version="v1.1.0")


# --- what is bounded


def test_more_answers_than_can_be_tried_end_with_the_best_so_far(home, tmp_path: Path, monkeypatch) -> None:
    config = "".join(f"q{at}:\n  type: str\n  choices: [a, b, c, d]\n  default: a\n" for at in range(12))
    text = "".join(f"choice number {at} is {{{{ q{at} }}}}\n" for at in range(12))
    template = questions(config, tmp_path, a__txt__jinja=text)
    answers = {f"q{at}": "d" for at in range(0, 12, 2)}
    project = generated(template, tmp_path / "project", **answers)
    lose(project)
    assert found(find_origin(project, str(template))) == {
        f"q{at}": "d" if at % 2 == 0 else "a" for at in range(12)
    }
    monkeypatch.setattr(infer, "_MOST_TRIES", 12)
    origin = find_origin(project, str(template))
    wrong = [answer for answer in origin.answers if answer.value != answers.get(answer.key, "a")]
    assert wrong
    assert not any(answer.is_sure for answer in wrong)


def test_lines_and_names_that_are_everywhere_cost_no_time(home: Path, tmp_path: Path) -> None:
    template = tmp_path / "template"
    same = "same line\n" * 3000
    name = "{{ name }}a" * 12
    files = {**PLAIN, "body.txt": BODY, "b.txt.jinja": f"{same}it is {{{{ name }}}}\n{same}"}
    commit(template, {**files, f"{name}.txt": "1\n"}, "v1.0.0")
    commit(template, {**files, f"{name}.txt": "2\n"}, "v1.1.0")
    project = tmp_path / "project"
    commit(
        project,
        {"body.txt": BODY, "b.txt": f"{same}it is Ada\n{same}", "a" * 100: "1\n", "hello.txt": "Hello Ada\n"},
    )
    began = time.perf_counter()
    assert found(find_origin(project, str(template))) == {"name": "Ada"}
    assert time.perf_counter() - began < 20.0


def test_a_cookiecutter_template_in_a_directory_of_its_repository_is_found(
    home: Path, tmp_path: Path
) -> None:
    template = tmp_path / "template"
    config = '{"name": "World", "slug": "{{ cookiecutter.name.lower() }}", "tone": ["kind", "stern"]}\n'
    top = "one/{{ cookiecutter.slug }}"
    for number in range(4):
        files = {
            "README.md": "many templates\n",
            "one/cookiecutter.json": config,
            f"{top}/hello.txt": "Hello {{ cookiecutter.name }}, in a {{ cookiecutter.tone }} way\n",
            f"{top}/src/{{{{ cookiecutter.slug }}}}.py": "me = '{{ cookiecutter.slug }}'\n",
            f"{top}/body.txt": f"{BODY}number {number}\n",
        }
        commit(template, files, f"v1.{number}.0")
    project = tmp_path / "project"
    settings = {"answers": {"name": "Ada", "tone": "stern"}, "ask": False, "version": "v1.2.0"}
    new_project(str(template), project, directory="one", **settings)
    lost = lose(project, ".scaffolder.yml")
    origin = find_origin(project, str(template), directory="one")
    assert (origin.version, origin.record) == ("1.2.0", lost)
    with pytest.raises(SourceError):
        find_origin(project, str(template), directory="two")
