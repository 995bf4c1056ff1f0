"""Rendering in memory: what an update gives to the renderer, and that a second render is quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scaffolder.answers import Answers
from scaffolder.engine.render import Rendered, render
from scaffolder.engine.source import Source, is_unchanged, locate, recorded, target
from scaffolder.errors import (
    InvalidAnswer,
    MadeByNewer,
    UnknownAnswer,
    UnknownRecord,
    UnknownSnapshot,
    VanishedTemplate,
)
from scaffolder.record import Record
from scaffolder.tree import File

if TYPE_CHECKING:
    from pathlib import Path

RECORDED = {"project_name": "Pump", "author_name": "Ada", "licence": "MIT", "web": False, "workers": 4}


def again(source: Source, previous: dict[str, object], **given: object) -> Rendered:
    return render(source.tree("toy"), Answers("toy", given), ask=False, defaults={}, previous=previous)


def changed(files: dict[str, str | None], version: str = "0.2.0") -> Source:
    """The newest release with other files; None removes one."""
    old = locate("0.1.0")
    new = {**old.files, **{path: File("100644", (text or "").encode()) for path, text in files.items()}}
    kept = {path: file for path, file in new.items() if files.get(path, "") is not None}
    return Source(version, old.url, is_release=True, files=kept)


def record(commit: str = "v0.1.0", template: str = "toy") -> Record:
    return Record(locate("0.1.0").url, commit, template, {})


def test_recorded_answers_hold_and_new_ones_win(released: Path) -> None:
    made = again(locate("0.1.0"), RECORDED, licence="Apache-2.0")
    assert made.answers.values == {**RECORDED, "licence": "Apache-2.0"}
    assert b"workers: 4\n" in made.files[".copier-answers.yml"].content
    assert "web/a page.html" not in made.files
    assert made.files["run.sh"].mode == "100755"
    assert made.answers_file == ".copier-answers.yml"


def test_what_is_no_longer_asked_is_dropped_silently(released: Path) -> None:
    made = again(locate("0.1.0"), {**RECORDED, "colour": "red", "gone": 3})
    assert made.answers.values == RECORDED
    with pytest.raises(UnknownAnswer):
        again(locate("0.1.0"), RECORDED, gone=3)


def test_an_answer_whose_question_no_longer_applies_takes_its_default(released: Path) -> None:
    questions = "web: {type: bool, default: true}\nworkers: {type: int, default: 2, when: '{{ web }}'}\n"
    made = again(changed({"templates/toy/questions.yml": questions}), RECORDED)
    assert "workers" not in made.answers.values
    assert b"workers" not in made.files[".copier-answers.yml"].content


def test_a_new_question_takes_its_default(released: Path) -> None:
    old = locate("0.1.0").files["templates/toy/questions.yml"].content.decode()
    questions = f"port: {{type: int, default: 80}}\n{old}"
    made = again(changed({"templates/toy/questions.yml": questions}), RECORDED)
    assert made.answers.values["port"] == 80


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"licence": "GPL"}, "^licence: 'GPL' is not accepted; choose one of: MIT.*pass -d licence=VALUE$"),
        ({"web": "perhaps"}, "^web: 'perhaps' is not .* yes or no; .*pass -d web=VALUE$"),
        ({"workers": "many"}, "^workers: 'many' is not .* whole number; .*pass -d workers=VALUE$"),
        ({"author_name": "#1"}, "^author_name: '#1' .*without #; .*pass -d author_name=VALUE$"),
    ],
)
def test_a_recorded_answer_that_is_refused_names_the_way_out(
    released: Path, answers: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidAnswer, match=words):
        again(locate("0.1.0"), {**RECORDED, **answers})
    key = next(iter(answers))
    assert again(locate("0.1.0"), {**RECORDED, **answers}, **{key: RECORDED[key]}).answers.values == RECORDED


def test_what_an_update_leaves_to_the_user_is_told(released: Path) -> None:
    text = "_skip_if_exists: ['*.toml', web]\n"
    config = locate("0.1.0").files["copier.yml"].content.decode()
    source = changed({"copier.yml": f"{text}{config}"})
    assert again(source, {**RECORDED, "web": True}).skip_if_exists == {"portfolio.toml", "web/a page.html"}


def test_an_exclusion_may_hold_for_updates_only(released: Path) -> None:
    config = locate("0.1.0").files["copier.yml"].content.decode()
    rule = "\"{% if _copier_operation == 'update' %}run.sh{% endif %}\""
    source = changed({"copier.yml": config.replace("- copier.yml", f"- {rule}")})
    assert "run.sh" not in again(source, RECORDED).files
    fresh = render(source.tree("toy"), Answers("toy", {}), ask=False, defaults={})
    assert "run.sh" in fresh.files


def test_renders_do_not_see_each_others_answers(released: Path) -> None:
    source = locate("0.1.0")
    one, other = again(source, RECORDED), again(source, {**RECORDED, "project_name": "Other"})
    assert again(source, RECORDED) == one
    assert one.files["README.md"] != other.files["README.md"]


# --- versions


def test_a_project_of_a_release_goes_to_the_newest(released: Path) -> None:
    assert (recorded(record()).version, target(record()).version) == ("0.1.0", "0.1.0")
    assert recorded(record()) is recorded(record())  # read once for a whole fleet
    (released / "templates/toy/project/new.txt").write_text("new\n")
    assert target(record()).version.startswith("0.1.1.dev0+g")
    assert target(record(), "0.1.0").version == "0.1.0"


def test_unreleased_templates_are_found_where_the_project_was_made(released: Path) -> None:
    from scaffolder.create import new_project
    from scaffolder.project import read_record

    new = released / "templates/toy/project/new.txt"
    new.write_text("new\n")
    made = new_project("toy", released.parent / "pump", answers={}, ask=False)
    unreleased = read_record(made.path)
    assert recorded(unreleased).version == made.version
    files = dict(recorded(unreleased).files)
    new.unlink()
    assert recorded(unreleased).files == files


@pytest.mark.parametrize(
    ("commit", "error", "words"),
    [
        ("v9.0.0", MadeByNewer, r"made by scaffolder v9\.0\.0; this is 0\.1\.0: upgrade with 'pip install"),
        ("v0.1.1.dev0+g0123456789ab", UnknownSnapshot, "which this machine does not have"),
        ("v0.0.1", UnknownRecord, r"made from 'v0\.0\.1', which is no release \(v0\.1\.0\); put _commit"),
        ("v0.1.0-3-gabcdef0", UnknownRecord, "made from 'v0.1.0-3-gabcdef0'"),
        ("nonsense", UnknownRecord, "made from 'nonsense'"),
    ],
)
def test_a_version_that_is_not_here_is_one_line(
    released: Path, commit: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        recorded(record(commit))
    assert len(str(caught.value).splitlines()) == 1


def test_a_template_that_vanished_is_told(released: Path) -> None:
    with pytest.raises(VanishedTemplate, match=r"v0\.1\.0 has no template 'gone' any more .*other, toy"):
        target(record(template="gone"))


# --- nothing to do


UNSEEN = {
    "another template": {"templates/other/project/colour.txt.jinja": "changed"},
    "another template's questions": {"templates/other/questions.yml": "shade: {type: str, default: x}"},
    "a shared text of nobody": {"templates/_shared/readme/unused.md": "new"},
}
SEEN = {
    "a file": {"templates/toy/project/new.txt": "new"},
    "a file that is gone": {"templates/toy/project/portfolio.toml": None},
    "a shared file, by link": {"templates/_shared/part.py": "changed"},
    "a shared folder, by link": {"templates/_shared/parts/deep/three.txt": "new"},
    "an included text": {"templates/_shared/readme/run.md": "changed"},
    "a question": {"templates/toy/questions.yml": "web: {type: bool, default: false}"},
    "a shared question": {"templates/_shared/questions.yml": "project_name: {type: str, default: x}"},
}


@pytest.mark.parametrize("case", UNSEEN)
def test_what_no_project_sees_is_no_change(released: Path, case: str) -> None:
    assert is_unchanged(locate("0.1.0"), changed(UNSEEN[case]), "toy")


@pytest.mark.parametrize("case", SEEN)
def test_what_a_project_sees_is_a_change(released: Path, case: str) -> None:
    assert not is_unchanged(locate("0.1.0"), changed(SEEN[case]), "toy")


def test_a_further_template_is_no_change_for_the_others(released: Path) -> None:
    config = locate("0.1.0").files["copier.yml"].content.decode()
    more = config.replace("Another: other", "Another: other\n    Third: third")
    assert more != config
    assert is_unchanged(locate("0.1.0"), changed({"copier.yml": more}), "toy")
    other = config.replace("lstrip_blocks: true", "lstrip_blocks: false")
    assert not is_unchanged(locate("0.1.0"), changed({"copier.yml": other}), "toy")
