"""`showcase`: a gallery of projects, and a look at it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.cli import options, output
from scaffolder.cli.update_view import label
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.fleet import Failure
    from scaffolder.showcase.gallery import Gallery, Wish


def showcase(
    out: options.Out,
    projects: options.Projects = None,
    *,
    below: options.All = None,
    owner: options.OwnerFile = None,
    url: options.SiteUrl = None,
    no_pdf: options.NoPdf = False,
    skip_broken: options.SkipBroken = False,
    pages: options.PagesWorkflow = False,
    serve: options.Serve = False,
    watch: options.Watch = False,
    port: options.Port = None,
    as_json: options.AsJson = False,
) -> int:
    """Show projects as a static gallery and a one-page PDF.

    A project needs a portfolio.toml (title, problem, decision) and evidence of a run; every number comes from
    there. The profile in portfolio.owner.toml says whose projects they are, and in which order. What is not
    known is left out: without an address to publish at, feeds, sitemap and the cards of shared links.

    DIR has to be new, empty, or of an earlier showcase: of what lies in it, only what a showcase wrote is
    ever replaced or deleted. When something is wrong with a project, nothing is written.

    Examples:
      scaffolder showcase pumps reviews --out site
      scaffolder showcase --all ~/projects --out site --url https://ada.dev/
      scaffolder showcase --all ~/projects --out site --serve --watch
      scaffolder showcase --all ~/projects --out site --pages
    """
    from scaffolder.showcase.gallery import CannotShow, Wish

    _refuse_senseless(serve=serve or watch, port=port, as_json=as_json)
    profile = _profile(owner)
    paths = options.find_projects(projects, below)
    wish = Wish(paths, out, profile, url or "", pdf=not no_pdf, skip_broken=skip_broken)
    try:
        gallery = _build(wish)
    except CannotShow as error:
        _name(error.failures)
        raise
    _tell(gallery)
    if pages:
        from scaffolder.showcase import publishing

        output.talk(f"workflow for GitHub Pages: {label(publishing.write_workflow(out))}")
    if as_json:
        output.result_json(_as_json(gallery))
    else:
        output.result(label(gallery.index))
    if serve or watch:
        _serve(wish, gallery, port or 0, watch=watch)
    return 0


def _refuse_senseless(*, serve: bool, port: int | None, as_json: bool) -> None:
    if port is not None and not serve:
        raise output.Misuse("--port is for --serve; give both")
    if as_json and serve:
        raise output.Misuse(
            "--serve does not end by itself, so there is no result for --json; give one of them"
        )


def _profile(given: Path | None) -> Path | None:
    from scaffolder.showcase.owner import FILE

    if given is not None:
        return given
    return Path(FILE) if Path(FILE).is_file() else None


def _build(wish: Wish) -> Gallery:
    from scaffolder.showcase.gallery import build

    try:
        return build(wish, on_step=output.passing)
    finally:
        output.passing("")


def _tell(gallery: Gallery) -> None:
    for remark in gallery.remarks:
        output.talk(f"note: {remark}")
    _name(gallery.skipped)
    for name in gallery.change.kept:
        kept = label(gallery.index.parent / name)
        output.talk(f"note: {kept} is no longer part of the gallery, but was changed, so it is kept")


def _name(failures: Sequence[Failure]) -> None:
    for failure in failures:
        output.error(failure.message)


def _serve(wish: Wish, gallery: Gallery, port: int, *, watch: bool) -> None:
    from scaffolder.showcase import preview

    watched = [*wish.paths, *([wish.owner] if wish.owner else [])]

    def rebuild() -> None:
        from scaffolder.showcase.gallery import CannotShow

        try:
            _build(wish)
        except CannotShow as error:
            raise ScaffolderError("; ".join(one.message for one in error.failures)) from error

    def on_rebuilt(changed: Path, trouble: str | None) -> None:
        if trouble:
            output.error(f"{trouble}; the gallery stays as it was")
        else:
            output.talk(f"built again: {label(changed)} changed")

    preview.serve(
        gallery.index.parent,
        port=port,
        on_ready=lambda address: output.talk(f"serving {address} until Ctrl-C"),
        rebuild=rebuild if watch else None,
        watched=watched,
        on_rebuilt=on_rebuilt,
    )


def _as_json(gallery: Gallery) -> dict[str, Any]:
    from scaffolder.showcase.site import PDF

    pdf = gallery.index.parent / PDF
    return {
        "index": str(gallery.index),
        "pdf": str(pdf) if pdf.is_file() else None,
        "projects": [
            {
                "path": str(entry.path),
                "slug": entry.slug,
                "title": entry.title,
                "page": str(gallery.page(entry)),
            }
            for entry in gallery.entries
        ],
        "skipped": [{"path": str(one.path), "error": one.message} for one in gallery.skipped],
        "written": list(gallery.change.written),
        "deleted": list(gallery.change.deleted),
        "kept": list(gallery.change.kept),
        "remarks": list(gallery.remarks),
    }
