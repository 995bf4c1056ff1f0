"""`showcase` at the command line: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from scaffolder.cli.app import execute
from scaffolder.showcase import preview, publishing
from scaffolder.showcase.folder import MANIFEST

from .conftest import git
from .showcase_projects import FACTS, PICTURE, edit_evidence, foreign, project, replace_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

PROFILE = 'name = "Ada Example"\nprojects = ["reviews"]\n'


@pytest.fixture
def here(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, in which one stands, with two projects."""
    folder = tmp_path / "my prójects"
    for made in (project(folder / "pumps"), project(folder / "reviews", "sentiment")):
        for number, figure in enumerate(sorted((made / "reports" / "figures").iterdir())):
            Image.new("RGB", (64, 40), (number, len(made.name), 0)).save(figure)
    monkeypatch.chdir(folder)
    return folder


def content(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def refused(capsys: pytest.CaptureFixture[str], *args: str, status: int = 1) -> str:
    """Return what a call that fails says; it leaves no site, and no traceback."""
    assert execute(["showcase", *args]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    return said.err


# ---- what it does


def test_a_gallery_of_two_projects(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["showcase", "pumps", "reviews", "--out", "site"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{(here / 'site' / 'index.html').relative_to(here)}\n"
    assert "note: feeds, sitemap and cards need the address" in said.err
    files = content(here / "site")
    assert {
        "index.html",
        "compare/index.html",
        "404.html",
        "projects/pumps/index.html",
        "portfolio.pdf",
    } <= set(files)
    assert files["portfolio.pdf"].startswith(b"%PDF")
    assert b"<title>Projects</title>" in files["index.html"]
    listed = json.loads(files[MANIFEST])["files"]
    assert set(listed) == set(files) - {MANIFEST}


def test_the_profile_of_this_folder_is_taken(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "portfolio.owner.toml").write_text(PROFILE, encoding="utf-8")
    assert execute(["showcase", "pumps", "reviews", "--out", "site", "--no-pdf", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["slug"] for one in found["projects"]] == ["reviews", "pumps"]
    assert found["pdf"] is None
    assert found["index"] == str(here / "site" / "index.html")
    assert found["projects"][0]["page"] == str(here / "site" / "projects" / "reviews" / "index.html")
    assert "index.html" in found["written"]
    assert "Ada Example" in (here / "site" / "index.html").read_text(encoding="utf-8")
    assert not (here / "site" / "portfolio.pdf").exists()


def test_a_name_in_the_profile_that_is_not_shown_is_told(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "me.toml").write_text(PROFILE, encoding="utf-8")
    assert execute(["showcase", "pumps", "--out", "site", "--no-pdf", "--owner", "me.toml"]) == 0
    assert "names 'reviews', which is none of those shown" in capsys.readouterr().err


def test_with_an_address_there_are_feeds_and_cards(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["showcase", "pumps", "--out", "site", "--url", "https://ada.example/x", "--no-pdf"]) == 0
    assert capsys.readouterr().err == ""
    files = content(here / "site")
    assert {"feed.xml", "feed.json", "sitemap.xml", "cards/_index.png", "cards/pumps.png"} <= set(files)
    assert files["cards/pumps.png"].startswith(b"\x89PNG")
    assert b'content="https://ada.example/x/cards/pumps.png"' in files["projects/pumps/index.html"]
    assert b"Sitemap: https://ada.example/x/sitemap.xml" in files["robots.txt"]


def test_all_below_a_folder(here: Path, tmp_path: Path) -> None:
    assert execute(["showcase", "--all", ".", "--out", str(tmp_path / "site"), "--no-pdf"]) == 0
    assert len(list((tmp_path / "site" / "projects").iterdir())) == 2


def test_a_second_build_changes_nothing_and_another_one_only_its_own(here: Path) -> None:
    build = ["showcase", "pumps", "reviews", "--out", "site"]
    assert execute(build) == 0
    before = content(here / "site")
    (here / "site" / "CNAME").write_bytes(b"ada.example")
    assert execute(build) == 0
    assert content(here / "site") == {**before, "CNAME": b"ada.example"}
    assert execute(["showcase", "pumps", "--out", "site"]) == 0
    after = content(here / "site")
    assert after["CNAME"] == b"ada.example"
    assert "projects/reviews/index.html" not in after
    assert sum(name.startswith("figures/") for name in after) == 5


def test_pictures_are_not_made_twice(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scaffolder.showcase import figures

    build = ["showcase", "pumps", "--out", "site", "--no-pdf"]
    assert execute(build) == 0
    before = content(here / "site")
    made: list[Path] = []
    encode = figures.encode
    monkeypatch.setattr(figures, "encode", lambda path: (made.append(path), encode(path))[1])
    assert execute(build) == 0
    assert made == []
    lost = next(name for name in before if name.startswith("figures/"))
    (here / "site" / lost).unlink()
    assert execute(build) == 0
    assert len(made) == 1
    assert content(here / "site") == before


def test_two_builds_in_two_places_are_the_same(here: Path) -> None:
    for out in ("one", "two"):
        assert execute(["showcase", "pumps", "--out", out, "--url", "https://ada.example"]) == 0
    assert content(here / "one") == content(here / "two")


def test_a_page_that_somebody_changed_is_kept_and_named(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["showcase", "pumps", "reviews", "--out", "site", "--no-pdf"]) == 0
    page = here / "site" / "projects" / "reviews" / "index.html"
    page.write_text("mine")
    assert execute(["showcase", "pumps", "--out", "site", "--no-pdf"]) == 0
    assert "is no longer part of the gallery, but was changed, so it is kept" in capsys.readouterr().err
    assert page.read_text() == "mine"


def test_the_same_project_twice_is_shown_once(here: Path) -> None:
    assert execute(["showcase", "pumps", "./pumps", str(here / "pumps"), "--out", "site", "--no-pdf"]) == 0
    assert len(list((here / "site" / "projects").iterdir())) == 1


def test_a_foreign_project_beside_generated_ones(here: Path) -> None:
    foreign(here / "by hand", f'slug = "mine"{FACTS}')
    assert execute(["showcase", "pumps", "by hand", "--out", "site"]) == 0
    assert (here / "site" / "projects" / "mine" / "index.html").is_file()


# ---- what it refuses


def test_every_broken_project_is_named_and_nothing_is_written(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit_evidence(here / "pumps", lambda evidence: evidence.update(schema=3))
    (here / "empty").mkdir()
    said = refused(capsys, "pumps", "reviews", "empty", "--out", "site").splitlines()
    assert len(said) == 3
    assert "expected evidence of schema 1, found schema 3" in said[0]
    assert "it has no portfolio.toml" in said[1]
    assert said[2].startswith("error: 2 projects cannot be shown, so nothing was written")
    assert not (here / "site").exists()


def test_the_broken_ones_can_be_skipped(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "pumps" / "reports" / "metrics.json").unlink()
    assert execute(["showcase", "--all", ".", "--out", "site", "--skip-broken", "--json", "--no-pdf"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert [one["slug"] for one in found["projects"]] == ["reviews"]
    assert [one["path"] for one in found["skipped"]] == [str(here / "pumps")]
    assert "it has no evidence" in said.err
    (here / "reviews" / "reports" / "metrics.json").unlink()
    assert "none of the projects can be shown" in refused(
        capsys, "--all", ".", "--out", "site2", "--skip-broken"
    )


def test_a_broken_project_leaves_the_site_as_it_was(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["showcase", "pumps", "--out", "site"]) == 0
    before = content(here / "site")
    metrics = here / "pumps" / "reports" / "metrics.json"
    metrics.write_bytes(metrics.read_bytes()[:500])
    capsys.readouterr()
    assert "not JSON, or only half of it" in refused(capsys, "pumps", "--out", "site")
    assert content(here / "site") == before


def test_a_picture_that_is_none(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "pumps" / PICTURE).write_text("<svg onload='hit()'>")
    said = refused(capsys, "pumps", "reviews", "--out", "site")
    assert "precision_recall.png: no picture; a figure is a PNG, JPEG, WebP or GIF file" in said
    assert not (here / "site").exists()


def test_two_projects_with_one_slug(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(here / "other" / "Pumps")
    said = refused(capsys, "pumps", "other/Pumps", "--out", "site")
    for part in (str(here / "pumps"), str(here / "other" / "Pumps"), 'write slug = "another-name"'):
        assert part in said
    assert len(said.splitlines()) == 1


def test_a_folder_that_is_not_ours(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "pumps", "--out", "reviews")
    assert "holds files that no showcase wrote" in said
    assert len(said.splitlines()) == 1


def test_a_page_that_would_be_lost(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["showcase", "pumps", "--out", "site", "--no-pdf"]) == 0
    (here / "site" / "index.html").write_text("mine")
    capsys.readouterr()
    assert "index.html was changed after it was built" in refused(
        capsys, "pumps", "--out", "site", "--no-pdf"
    )


@pytest.mark.parametrize(
    ("args", "status", "expected"),
    [
        (["pumps"], 2, "Missing option '--out'"),
        (["pumps", "--all", ".", "--out", "s"], 2, "give PROJECT or --all, not both"),
        (["pumps", "--out", "s", "--port", "8000"], 2, "--port is for --serve"),
        (["pumps", "--out", "s", "--serve", "--json"], 2, "--serve does not end by itself"),
        (["pumps", "--out", "s", "--serve", "--port", "99999"], 2, "--port"),
        (["pumps", "--out", "s", "--owner", "none.toml"], 1, "none.toml: there is no such file; write one"),
        (
            ["pumps", "--out", "s", "--url", "ada.example"],
            1,
            "--url: expected an address that begins with https:",
        ),
        (["pumps", "--out", "s", "--url", "https://ada:pw@ada.example"], 1, "no user name or password"),
        (["none", "--out", "s"], 1, "there is no such folder"),
    ],
)
def test_how_it_cannot_be_called(
    here: Path, capsys: pytest.CaptureFixture[str], args: list[str], status: int, expected: str
) -> None:
    assert expected in refused(capsys, *args, status=status)
    assert not (here / "s").exists()


def test_without_the_extra_it_says_what_to_install(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("PIL.Image", "typst"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module, None)
            said = refused(capsys, "pumps", "--out", "site")
        assert "pip install 'portfolio-scaffolder[showcase]'" in said
        assert len(said.splitlines()) == 1
    assert not (here / "site").exists()


def test_a_text_that_does_not_fit_on_the_pdf_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace_in(here / "pumps" / "portfolio.toml", "decision = ", f'decision = "{"Long. " * 240}"\nold = ')
    replace_in(here / "reviews" / "portfolio.toml", "decision = ", f'decision = "{"Long. " * 240}"\nold = ')
    said = refused(capsys, "pumps", "reviews", "--out", "site")
    assert "decision" in said
    assert "fit" in said
    assert not (here / "site").exists()
    assert execute(["showcase", "pumps", "reviews", "--out", "site", "--no-pdf"]) == 0


# ---- to look at and to publish


def test_serving_and_watching(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "portfolio.owner.toml").write_text(PROFILE, encoding="utf-8")
    facts = here / "pumps" / "portfolio.toml"

    def serve(
        folder: Path,
        *,
        port: int,
        on_ready: Callable[[str], None],
        rebuild: Callable[[], None],
        watched: Iterable[Path],
        on_rebuilt: Callable[[Path, str | None], None],
    ) -> None:
        assert (folder, port) == (here / "site", 8123)
        assert {path.name for path in watched} == {"pumps", "portfolio.owner.toml"}
        on_ready("http://127.0.0.1:8123/")
        replace_in(facts, "Predictive maintenance", "Another title")
        rebuild()
        on_rebuilt(facts, None)
        facts.write_text("title = ", encoding="utf-8")
        with pytest.raises(preview.ScaffolderError, match="no TOML") as caught:
            rebuild()
        on_rebuilt(facts, str(caught.value))

    monkeypatch.setattr(preview, "serve", serve)
    assert (
        execute(["showcase", "pumps", "--out", "site", "--no-pdf", "--serve", "--watch", "--port", "8123"])
        == 0
    )
    said = capsys.readouterr().err
    assert "serving http://127.0.0.1:8123/ until Ctrl-C" in said
    assert "built again: pumps" in said
    assert "the gallery stays as it was" in said
    assert "Another title" in (here / "site" / "index.html").read_text(encoding="utf-8")


def test_the_workflow_for_pages(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("init", "--quiet", cwd=here)
    assert execute(["showcase", "pumps", "--out", "site", "--no-pdf", "--pages"]) == 0
    assert "pages.yml" in capsys.readouterr().err
    assert (here / publishing.PLACE).is_file()
    assert execute(["showcase", "pumps", "--out", "site", "--no-pdf", "--pages"]) == 0


def test_help_loads_no_library_of_the_extra() -> None:
    script = (
        "import sys\nfrom scaffolder.cli.app import execute\nexecute(['showcase', '--help'])\n"
        "print({'PIL', 'typst', 'jinja2', 'markdown_it', 'jsonschema', 'yaml'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
    assert "scaffolder showcase --all ~/projects --out site --serve --watch" in done.stdout
