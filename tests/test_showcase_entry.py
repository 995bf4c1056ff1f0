from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from scaffolder.errors import ScaffolderError
from scaffolder.showcase import entry as module
from scaffolder.showcase.entry import public_address, read_entry, slug_of
from scaffolder.showcase.owner import Link

from .conftest import git
from .showcase_projects import FACTS, PICTURE, edit_evidence, foreign, project, replace_in

if TYPE_CHECKING:
    from pathlib import Path

can_link = pytest.mark.skipif(os.name == "nt", reason="links need a right of their own there")


@pytest.fixture
def pumps(tmp_path: Path) -> Path:
    return project(tmp_path / "pumps")


def complaint(folder: Path) -> str:
    with pytest.raises(ScaffolderError) as caught:
        read_entry(folder)
    said = str(caught.value)
    assert str(folder) in said
    assert "\n" not in said
    return said


# ---- what is read


def test_a_generated_project(pumps: Path) -> None:
    found = read_entry(pumps)
    assert (found.path, found.slug, found.title) == (pumps, "pumps", "Predictive maintenance")
    assert found.problem.startswith("A milling machine that fails")
    assert found.decision.startswith("The shift lead")
    assert "XGBoost" in found.stack
    assert found.figures[0].path == pumps / PICTURE
    assert found.figures[0].alt.startswith("Precision against recall")
    assert found.star.startswith("*For a conversation of two minutes.")
    assert found.run.splitlines()[0].startswith("python -m maintenance data")
    assert found.limits.startswith("Random failures have no cause in the readings")
    assert found.links == ()
    evidence = json.loads((pumps / "reports" / "metrics.json").read_bytes())
    assert found.model.value == evidence["headline"]["value"]
    assert [found.baseline.low, found.baseline.high] == evidence["headline"]["baseline"]["ci95"]
    assert found.is_synthetic


def test_a_foreign_project_needs_facts_and_evidence_only(tmp_path: Path) -> None:
    found = read_entry(foreign(tmp_path / "mine"))
    assert (found.title, found.summary, found.stack, found.figures) == ("Pumps", "", (), ())
    assert (found.star, found.run, found.limits) == ("", "", "")


def test_the_links_are_those_of_its_facts(tmp_path: Path) -> None:
    links = '[links]\nDemo = "https://demo.example"\nPaper = "https://paper.example"'
    found = read_entry(foreign(tmp_path / "mine", f"{FACTS}{links}"))
    assert found.links == (Link("Demo", "https://demo.example"), Link("Paper", "https://paper.example"))


def test_else_the_link_is_the_public_address_of_its_repository(home: Path, pumps: Path) -> None:
    git("init", "--quiet", cwd=pumps)
    assert read_entry(pumps).links == ()
    git("remote", "add", "origin", "https://ada:token@github.com/ada/pumps.git", cwd=pumps)
    assert read_entry(pumps).links == (Link("Repository", "https://github.com/ada/pumps"),)


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:ada/pumps.git", "https://github.com/ada/pumps"),
        ("ssh://git@github.com:22/ada/pumps.git", "https://github.com/ada/pumps"),
        ("git+ssh://git@git.example.org/ada/pumps/", "https://git.example.org/ada/pumps"),
        ("https://github.com/ada/pumps", "https://github.com/ada/pumps"),
        ("https://x-access-token:ghp_secret@github.com/ada/pumps.git", "https://github.com/ada/pumps"),
        ("https://ghp_secret@github.com/ada/pumps.git?a=b#c", "https://github.com/ada/pumps"),
        ("http://git.example.org:3000/ada/a b.git", "http://git.example.org:3000/ada/a%20b"),
        ("https://Git.Example.org/ada/pumps.git", "https://git.example.org/ada/pumps"),
        ("/srv/git/pumps.git", ""),
        ("../pumps", ""),
        ("C:\\git\\pumps", ""),
        ("file:///srv/git/pumps.git", ""),
        ("work:ada/pumps.git", ""),
        ("git@localhost:ada/pumps.git", ""),
        ("https://portfolio-scaffolder.invalid/scaffolder.git", ""),
        ("https://github.com/", ""),
        ("ext::sh -c 'touch /tmp/x'", ""),
        ("https://[", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_the_public_address_of_a_remote(remote: str, address: str) -> None:
    assert public_address(remote) == address


@pytest.mark.parametrize("name", ["Pumpen für Köln (2)", "プロジェクト", "a'b; rm -rf", "..."])
def test_any_folder_name_gives_an_address(tmp_path: Path, name: str) -> None:
    slug = read_entry(project(tmp_path / name)).slug
    assert module._SLUG.fullmatch(slug)


def test_names_that_are_no_file_on_windows_are_none_here() -> None:
    assert slug_of("AUX") == "aux-project"
    assert slug_of("../../etc/passwd") == "etc-passwd"
    assert len(slug_of("a" * 500)) <= 60


def test_a_name_without_any_letter_of_the_alphabet_needs_a_slug(tmp_path: Path) -> None:
    facts = FACTS.replace("Pumps", "ポンプ")
    folder = foreign(tmp_path / "ポンプ", facts)
    assert 'write slug = "a-name" into this file' in complaint(folder)
    (folder / "portfolio.toml").write_text(f'slug = "pumps-2"{facts}', encoding="utf-8")
    assert read_entry(folder).slug == "pumps-2"


@pytest.mark.parametrize("slug", ["../up", "a/b", "A", "a--b", "-a", "a.b", "con", "a\\\\b", "ä"])
def test_a_slug_stays_in_its_folder(tmp_path: Path, slug: str) -> None:
    folder = foreign(tmp_path / "mine", f'slug = "{slug}"{FACTS}')
    assert "slug: expected lower case letters, digits and hyphens between them" in complaint(folder)


def test_markup_in_every_text_stays_text_and_controls_go(pumps: Path) -> None:
    replace_in(pumps / "portfolio.toml", 'title = "Predictive', 'title = "\\u202e<script>\\u0007Predictive')

    def spoil(evidence: dict[str, Any]) -> None:
        evidence["data"]["name"] = "a\nb\u0000<i>"
        evidence["headline"]["baseline"]["name"] = "x" * 5_000

    edit_evidence(pumps, spoil)
    found = read_entry(pumps)
    assert found.title == "<script>Predictive maintenance"
    assert found.evidence["data"]["name"] == "a b<i>"
    assert len(found.evidence["headline"]["baseline"]["name"]) == 300


# ---- parts of its documents


@pytest.mark.parametrize(
    ("readme", "run"),
    [
        ("# A\n\n```sh\nmake all   \n```\n\n```sh\nmake none\n```\n", "make all"),
        (
            "```mermaid\na --> b\n```\n\n```python\nimport a\n```\n\n```\npip install a\n```\n",
            "pip install a",
        ),
        ("```mermaid\na --> b\n```\n\n```python\nimport a\n```\n", "import a"),
        ("~~~console\n$ a\n~~~", "$ a"),
        ("no block", ""),
        ("```sh\nnever closed", "never closed"),
        ("```sh\n" + "line\n" * 99 + "```", "\n".join(["line"] * 40)),
    ],
)
def test_how_to_run_is_the_first_code_block(tmp_path: Path, readme: str, run: str) -> None:
    folder = foreign(tmp_path / "mine")
    (folder / "README.md").write_text(readme, encoding="utf-8")
    assert read_entry(folder).run == run


@pytest.mark.parametrize(
    ("readme", "card", "limits"),
    [
        ("**Where it fails.** At night.\n\nNever mind.", "", "At night."),
        ("**Where it fails:** here:\n\n- a\n- b\n\nNo.", "", "here:\n\n- a\n- b"),
        (
            "# A\n\n## Limitations\n\nOne.\n\n### More\n\nTwo.\n\n## Next\n\nNo.",
            "",
            "One.\n\n### More\n\nTwo.",
        ),
        ("# A\n\n## Known limits\n\nOne.", "## Limitations\n\nTwo.", "One."),
        ("# A", "# Card\n\n## Caveats and recommendations\n\n- Two.", "- Two."),
        ("```\n## Limitations\n\nno\n```", "", ""),
        ("## Limitations\n", "", ""),
        ("## Unlimited power\n\nno", "", ""),
    ],
)
def test_where_it_fails_is_a_paragraph_or_a_section(
    tmp_path: Path, readme: str, card: str, limits: str
) -> None:
    folder = foreign(tmp_path / "mine")
    (folder / "README.md").write_text(readme, encoding="utf-8")
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    assert read_entry(folder).limits == limits


def test_a_section_without_end_is_cut_between_paragraphs(tmp_path: Path) -> None:
    folder = foreign(tmp_path / "mine")
    paragraph = "word " * 100
    (folder / "README.md").write_text("# Limitations\n\n" + f"{paragraph}\n\n" * 1_000, encoding="utf-8")
    limits = read_entry(folder).limits
    assert 5_000 < len(limits) <= 6_000
    assert limits.endswith("word")


# ---- what cannot be shown


def test_no_folder(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none").endswith("there is no such folder")


def test_no_project(tmp_path: Path) -> None:
    said = complaint(tmp_path)
    assert "it has no portfolio.toml; write one with title, problem and decision" in said


def test_no_evidence(pumps: Path) -> None:
    (pumps / "reports" / "metrics.json").unlink()
    assert f"it has no evidence (reports/metrics.json); run 'scaffolder run {pumps}' first" in complaint(
        pumps
    )


def test_evidence_of_another_schema(pumps: Path) -> None:
    edit_evidence(pumps, lambda evidence: evidence.update(schema=2))
    assert "expected evidence of schema 1, found schema 2" in complaint(pumps)


def test_half_written_evidence(pumps: Path) -> None:
    file = pumps / "reports" / "metrics.json"
    file.write_bytes(file.read_bytes()[:2_000])
    assert "not JSON, or only half of it" in complaint(pumps)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ('title = "A"\nproblem = "b"', "decision is missing: say who decides what with it"),
        ('problem = "b"\ndecision = "c"', "title is missing: the project's name"),
        (f"{FACTS}stack = 'XGBoost'", 'stack: expected a list of texts, such as ["a", "b"]'),
        (f"{FACTS}stack = ['a', 3]", "stack[2]: expected a text in quotes, not 3"),
        (f"{FACTS}[[figures]]\npath = 'a.png'", "figures[1].alt is missing: say in words what a.png shows"),
        (f"{FACTS}[[figures]]\nalt = 'a'", "figures[1].path is missing"),
        (f"{FACTS}[[figures]]\npath = 'a.png'\nalt = 'a'", "figures[1].path: there is no a.png"),
        (f"{FACTS}[[figures]]\npath = 'reports'\nalt = 'a'", "figures[1].path: reports is no file"),
        (f"{FACTS}[[figures]]\npath = '../a.png'\nalt = 'a'", "'../a.png' leads out of the project"),
        (f"{FACTS}[[figures]]\npath = '/etc/passwd'\nalt = 'a'", "'/etc/passwd' leads out of the project"),
        (f"{FACTS}[[figures]]\npath = 'C:\\a.png'\nalt = 'a'", "leads out of the project"),
        (f"{FACTS}[[figures]]\npath = '..\\a.png'\nalt = 'a'", "leads out of the project"),
        (f"{FACTS}[[figures]]\npath = '{'a/' * 300}b.png'\nalt = 'a'", "figures[1].path: there is no "),
        (f"{FACTS}[links]\nDemo = 'javascript:x'", "links.Demo: expected an address"),
        (FACTS.replace("Pumps", "a" * 201), "title has 201 characters; shorten it to 200"),
        ("title = ", "no TOML: "),
    ],
)
def test_facts_that_cannot_be_shown(tmp_path: Path, facts: str, expected: str) -> None:
    said = complaint(foreign(tmp_path / "mine", facts))
    assert said.startswith(f"{tmp_path / 'mine' / 'portfolio.toml'}: ")
    assert expected in said


def test_a_figure_of_fifty_megabytes(pumps: Path) -> None:
    with (pumps / PICTURE).open("r+b") as file:
        file.truncate(50_000_000)
    assert f"figures[1].path: {PICTURE} has 50.0 MB; a figure has at most 10" in complaint(pumps)


@can_link
@pytest.mark.parametrize(
    "name",
    ["portfolio.toml", "README.md", "MODEL_CARD.md", "reports/star.md", "reports/metrics.json", PICTURE],
)
def test_no_link_leads_out_of_a_project(pumps: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    (pumps / name).rename(outside)
    (pumps / name).symlink_to(outside)
    assert "it is a link that leads out of the project" in complaint(pumps)


@can_link
def test_a_link_within_a_project_is_followed(pumps: Path, tmp_path: Path) -> None:
    (pumps / PICTURE).rename(pumps / "real.png")
    (pumps / PICTURE).symlink_to(pumps / "real.png")
    (tmp_path / "alias").symlink_to(pumps)
    assert read_entry(tmp_path / "alias").figures[0].path == pumps / PICTURE


@can_link
def test_links_in_a_circle(pumps: Path) -> None:
    (pumps / "README.md").unlink()
    (pumps / "README.md").symlink_to(pumps / "README.md")
    with contextlib.suppress(module.BadFacts):  # newer Pythons take it for a file that is not there
        assert read_entry(pumps).run == ""


def test_a_document_that_is_too_large(pumps: Path) -> None:
    with (pumps / "README.md").open("r+b") as file:
        file.truncate(2_000_000)
    assert complaint(pumps) == f"{pumps / 'README.md'}: it has 2.0 MB; at most 1 are read"


def test_a_readme_that_is_no_text_is_shown_as_far_as_it_is(pumps: Path) -> None:
    (pumps / "README.md").write_bytes(b"```sh\nmake\xff\n```")
    assert read_entry(pumps).run == "make\N{REPLACEMENT CHARACTER}"
