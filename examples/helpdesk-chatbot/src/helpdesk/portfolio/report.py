"""Write the measured numbers into the texts that people read, and check that they are still there.

    prose/readme-NAME.md   ->  README.md, between <!-- evidence:NAME --> and <!-- /evidence:NAME -->
    prose/model-card.md    ->  MODEL_CARD.md
    prose/star.md          ->  reports/star.md (Situation, Task, Action, Result)

Nothing else in README.md is touched. The numbers come from reports/metrics.json and from nowhere else.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest
from re import compile as pattern
from typing import TYPE_CHECKING

from . import evidence, prose
from .errors import ProjectError
from .files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

README = "README.md"
PAGES = {"MODEL_CARD.md": "model-card.md", "reports/star.md": "star.md"}
NO_RUN = "*No run yet, so no numbers: `data`, `train`, `evaluate` and `report` write them here.*\n"

_MARKER = pattern(r"<!-- (/?)evidence:([a-z][a-z0-9-]*) -->")
_BLOCK_SOURCE = pattern(r"readme-([a-z][a-z0-9-]*)\.md")


def render(root: Path) -> dict[Path, str]:
    """Return each file that the evidence determines, with the text that it should have.

    Without evidence that is README.md alone, whose blocks then say that there was no run.

    Raises:
        ProjectError: a marker or a prose file is missing, or a text names what the evidence does not have.
    """
    texts = prose.texts(root)
    if lacking := [name for name in PAGES.values() if name not in texts]:
        raise ProjectError(
            f"{prose.FOLDER}/{lacking[0]}: no such file; {README} and the other texts are made from them"
        )
    measured = evidence.read(root)
    if measured is None:
        texts = dict.fromkeys(texts, NO_RUN)
    else:
        values = prose.values(root, measured, project_title(root))
        texts = {name: prose.fill(name, text, values) for name, text in texts.items()}
    blocks = {found[1]: text for name, text in texts.items() if (found := _BLOCK_SOURCE.fullmatch(name))}
    pages = {root / README: _with_blocks(prose.read_text(root / README), blocks)}
    if measured is not None:
        pages |= {root / page: texts[source] for page, source in PAGES.items()}
    return pages


def write(root: Path) -> list[Path]:
    """Write what `render` returns and return the files that changed; CRLF line ends stay."""
    changed = []
    for path, text in render(root).items():
        if path.exists() and prose.read_text(path) == text:
            continue
        crlf = path.exists() and b"\r\n" in path.read_bytes()
        write_atomic(path, text.replace("\n", "\r\n") if crlf else text)
        changed.append(path)
    return changed


def check(root: Path) -> list[str]:
    """Return one line, `file:line: shown ..., expected ...`, for each line that differs from the evidence."""
    expected = render(root)
    findings = [finding for path, text in expected.items() for finding in _differences(root, path, text)]
    orphans = [page for page in PAGES if root / page not in expected and (root / page).exists()]
    behind = evidence.PATH.as_posix()
    return findings + [
        f"{page}:1: no {behind} behind it; run evaluate or delete the file" for page in orphans
    ]


def project_title(root: Path) -> str:
    """Return the first heading of README.md, else the title in portfolio.toml."""
    if (root / README).exists():
        for line in prose.read_text(root / README).split("\n"):
            if line.startswith("# "):
                return line[2:].strip()
    return str(prose.read_portfolio(root).get("title", root.name))


def _with_blocks(readme: str, blocks: Mapping[str, str]) -> str:
    """Return `readme` with the text of each block between its markers, an empty line on either side."""
    lines: list[str] = []
    inside, filled = "", set()
    for number, line in enumerate(readme.split("\n"), 1):
        found = _MARKER.fullmatch(line.strip())
        if found is None:
            lines += [] if inside else [line]
            continue
        closing, name = found.groups()
        if inside != (name if closing else ""):
            raise ProjectError(
                f"{README}:{number}: {line.strip()} has no partner; each block opens and closes once"
            )
        if name not in blocks:
            raise ProjectError(f"{README}:{number}: no {prose.FOLDER}/readme-{name}.md for this block")
        lines += [line] if closing else [line, "", *blocks[name].split("\n")]
        inside = "" if closing else name
        filled.add(name)
    if inside:
        raise ProjectError(f"{README}: no <!-- /evidence:{inside} -->; each block opens and closes once")
    for name in sorted(blocks.keys() - filled):
        raise ProjectError(
            f"{README}: no block for {prose.FOLDER}/readme-{name}.md; put the lines "
            f"<!-- evidence:{name} --> and <!-- /evidence:{name} --> where it belongs"
        )
    return "\n".join(lines)


def _differences(root: Path, path: Path, expected: str) -> Iterator[str]:
    name = path.relative_to(root).as_posix()
    if not path.exists():
        yield f"{name}:1: shown nothing, expected the file; run report"
        return
    shown, wanted = prose.read_text(path).split("\n"), expected.split("\n")
    for kind, i, end_i, j, end_j in SequenceMatcher(None, shown, wanted, autojunk=False).get_opcodes():
        if kind != "equal":
            for offset, (old, new) in enumerate(zip_longest(shown[i:end_i], wanted[j:end_j])):
                old_text, new_text = _around_first_difference(old, new)
                yield f"{name}:{i + offset + 1}: shown {old_text}, expected {new_text}"


def _around_first_difference(old: str | None, new: str | None) -> tuple[str, str]:
    """Return both lines, quoted and cut to where they begin to differ; `nothing` where there is no line."""
    pairs = zip_longest(old or "", new or "")
    start = max(0, next((place for place, (a, b) in enumerate(pairs) if a != b), 0) - 20)
    old_text, new_text = (
        "nothing" if line is None else f"'{'…' if start else ''}{line[start : start + 60]}'"
        for line in (old, new)
    )
    return old_text, new_text
