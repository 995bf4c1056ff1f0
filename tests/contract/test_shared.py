"""The templates folder itself: what is shared is linked, and the list of templates is the folder's own."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict

import yaml

from scaffolder import catalog

from .conftest import EVERY_TEMPLATE
from .tools import REPOSITORY, TEMPLATES, run


def _tracked() -> list[str]:
    """Return the paths of the templates folder that git holds or would hold."""
    listing = run(
        "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "templates", cwd=REPOSITORY
    )
    return sorted(
        {name for name in listing.stdout.split("\0") if name and os.path.lexists(REPOSITORY / name)}
    )


def test_copier_offers_exactly_the_templates_of_the_folder():
    documents = list(yaml.load_all((REPOSITORY / "copier.yml").read_text(encoding="utf-8"), _Loader))
    questions = {
        name: value
        for document in documents
        if isinstance(document, dict)
        for name, value in document.items()
    }
    assert sorted(questions["template"]["choices"].values()) == EVERY_TEMPLATE
    included = [document for document in documents if isinstance(document, str)]
    assert included == [
        "templates/_shared/questions.yml",
        *(f"templates/{name}/questions.yml" for name in EVERY_TEMPLATE),
    ]


def test_no_two_templates_ask_a_question_of_one_name():
    """All of them are in one document for copier, where the last one of a name would take every place."""
    asked = [
        name
        for path in TEMPLATES.glob("*/questions.yml")
        for name in yaml.safe_load(path.read_text(encoding="utf-8"))
        if not name.startswith("_")
    ]
    assert sorted(asked) == sorted(set(asked))


def test_catalogue_shows_the_same_templates():
    assert sorted(template.name for template in catalog.templates()) == EVERY_TEMPLATE


def test_no_template_needs_trust():
    """No task, no migration, no Jinja extension: each is code that runs when somebody generates a project."""
    for path in (REPOSITORY / "copier.yml", *TEMPLATES.glob("*/questions.yml")):
        assert not re.search(
            r"^_(tasks|migrations|jinja_extensions)\b", path.read_text(encoding="utf-8"), re.MULTILINE
        )


def test_links_stay_inside_the_repository_and_lead_to_a_file():
    links = [REPOSITORY / name for name in _tracked() if (REPOSITORY / name).is_symlink()]
    assert len(links) > 5
    for link in links:
        assert not link.readlink().is_absolute(), link
        assert link.resolve(strict=True).is_relative_to(TEMPLATES / "_shared"), link


def test_no_file_is_a_copy_of_another():
    """What two templates have in common lies in _shared and is linked."""
    same = defaultdict(list)
    for name in _tracked():
        path = REPOSITORY / name
        if not path.is_symlink() and path.read_bytes().count(b"\n") > 5:
            same[hashlib.sha256(path.read_bytes()).hexdigest()].append(name)
    assert [names for names in same.values() if len(names) > 1] == []


def test_shared_files_are_used():
    """A shared file that no template links or includes is dead."""
    links = {(REPOSITORY / name).resolve() for name in _tracked() if (REPOSITORY / name).is_symlink()}
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*/project/**/*.jinja")]
    for name in _tracked():
        if name.startswith("templates/_shared/project/"):
            assert (REPOSITORY / name).resolve() in links, name
    for path in (TEMPLATES / "_shared" / "readme").glob("*.jinja"):
        assert any(f"templates/_shared/readme/{path.name}" in text for text in texts), path


def test_jinja_stays_in_few_texts_and_plain():
    """At most five rendered files a template; only `if` and `include`, alone on their line, untrimmed."""
    for name in EVERY_TEMPLATE:
        rendered = [
            path
            for path in _tracked()
            if path.startswith(f"templates/{name}/project/") and path.endswith(".jinja")
        ]
        assert len(rendered) <= 5
        for path in rendered:
            for line in (REPOSITORY / path).read_text(encoding="utf-8").splitlines():
                if "{%" in line:
                    assert re.fullmatch(r"\{% (if .+|else|endif|include .+) %\}", line.strip()), (
                        f"{path}: {line}"
                    )


class _Loader(yaml.SafeLoader):
    """Reads copier's `!include` as the text that it names."""


_Loader.add_constructor("!include", lambda loader, node: loader.construct_scalar(node))
