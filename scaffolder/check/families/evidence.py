"""Family evidence: what a repository states was measured by a run, and can be held against it."""

from __future__ import annotations

import hashlib
import re
import tomllib
from typing import TYPE_CHECKING, Any

from scaffolder import evidence
from scaffolder.check.facts import bands, loading, numbers, pictures, readme, rendering
from scaffolder.check.facts.origin import template_files
from scaffolder.check.rule import Rule, code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from scaffolder.check.portfolio import Portfolio

FACTS = "portfolio.toml"
SHOWN = 5  # findings of one rule
LARGEST_FIGURE = 10_000_000  # bytes
LEAST_ALT = 10  # characters
LEAST_DIGITS = 4  # different ones in a hash; a made up one often has fewer
NO_NAMES = {"data", "dataset", "data set", "unknown", "none", "n/a", "todo", "tbd", "test", "my data", "name"}

_MARKER = re.compile(r"<!-- (/?)evidence:([a-z][a-z0-9-]{0,60}) -->")


class Evidence(Rule):
    """A rule of this family."""

    family = "evidence"

    @property
    def advice(self) -> str:
        """What to do when the rule fails, in one line."""
        return " ".join((type(self).check.__doc__ or "").split())


class OfEvidence(Evidence):
    """A rule that holds something against valid evidence."""

    requires = frozenset({"EV100"})


class EV100(Evidence):
    """Has evidence of a run, valid against its schema."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Run `evaluate`: it writes `reports/metrics.json`, from which every number of the texts comes."""
        found = portfolio.evidence
        if found is None:
            why = portfolio.trouble.get(evidence.METRICS)
            return f"{code(evidence.METRICS)}: {code(why, longest=300)}" if why else False
        headline, run = found["headline"], found["run"]
        value = f"{headline['metric']} {headline['value']:g} under {headline['protocol']}"
        return self.passed(f"{evidence.METRICS}: {value}, run of {run['created'][:10]}")


class EV101(OfEvidence):
    """Every number in README, model card and STAR is the one that was measured."""

    def check(self, portfolio: Portfolio) -> bool | str | None:
        """Run `report`: it writes the numbers of the evidence into the texts."""
        renderer = rendering.renderer(portfolio)
        if renderer is None:
            return self._by_number(portfolio, "its template is not known here")
        changed = renderer.changed_in(portfolio)
        own = f"{changed} is the owner's" if changed else ""
        try:
            expected = renderer.expected(portfolio)
        except rendering.CannotRender as error:
            return self._by_number(portfolio, own) if own else f"{code(error, longest=300)}. {self.advice}"
        wrong = [
            line for path, text in expected.items() for line in rendering.differences(portfolio, path, text)
        ]
        if not wrong:
            count = sum(1 for path in expected for _ in _numbers_in(portfolio, path))
            return self.passed(f"{', '.join(expected)}: {count} numbers, each line as rendered anew")
        return self._by_number(portfolio, own) if own else f"{_listed(wrong)} {self.advice}"

    def _by_number(self, portfolio: Portfolio, why: str) -> bool | str | None:
        """Compare number by number, where the texts cannot be rendered."""
        typed = [one for path in portfolio.matching(r"prose/[^/]+\.md") for one in _typed(portfolio, path)]
        measured = numbers.Measured(portfolio.evidence, typed)
        paths = [path for path in (portfolio.readme, *rendering.PAGES) if path and portfolio.text(path)]
        stated = [(path, one) for path in paths for one in _numbers_in(portfolio, path)]
        if not stated:
            where = ", ".join(paths) or "README"
            self.does_not_apply(f"{where}: no part of it is rendered from evidence, or states metrics")
            return None
        wrong = [(path, one) for path, one in stated if not measured.has(one)]
        if wrong:
            lines = (f"{path}:{one.line}: {one.shown} is in no figure of the evidence" for path, one in wrong)
            return f"{_listed(lines)} {self.advice}"
        return self.passed(f"{', '.join(paths)}: each of {len(stated)} numbers is in the evidence ({why})")


class EV102(OfEvidence):
    """The model is compared with a simple baseline that was measured too."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Measure a simple baseline under the same protocol, and write it into `headline.baseline`."""
        found = portfolio.evidence
        if found is None:
            return False
        headline = found["headline"]
        if wrong := next(_wrong_baseline(headline, found["metrics"]), None):
            return f"{code(evidence.METRICS)}: {code(wrong, longest=240)}. {self.advice}"
        baseline = headline["baseline"]
        return self.passed(
            f"{evidence.METRICS}: {headline['metric']} {headline['value']:g} against {baseline['value']:g} "
            f"({baseline['name']}), difference {headline['difference']['value']:+g}"
        )


class EV103(OfEvidence):
    """Every figure that counts has an interval around it."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Write 95 % intervals beside the figures: resample the test rows."""
        found = portfolio.evidence
        if found is None:
            return False
        if wrong := [*_bad_intervals(found), *_without_interval(found)]:
            return f"{_listed(f'{evidence.METRICS}: {one}' for one in wrong)} {self.advice}"
        value, (low, high) = found["headline"]["value"], found["headline"]["ci95"]
        return self.passed(f"{evidence.METRICS}: {value:g}, 95 % interval {low:g} to {high:g}")


class EV104(OfEvidence):
    """The data of the run are named, and the README says when they are synthetic."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Write name, source, rows and hash of the data into `data`, and say `synthetic` where they are."""
        found = portfolio.evidence
        if found is None:
            return False
        data = found["data"]
        if wrong := _unnamed(data):
            return f"{code(evidence.METRICS)}: {code(wrong, longest=240)}. {self.advice}"
        told = f"{data['source']}: {data['name']}, {data['rows']:,} rows, sha256 {data['sha256'][:12]}"
        if data["source"] != "synthetic":
            return self.passed(f"{evidence.METRICS}: {told}")
        sections = readme.find(portfolio.sections, readme.METRICS)
        line = next((one.line for one in sections if "synthetic" in one.text.lower()), None)
        if line is None:
            place = f"{portfolio.readme or 'README.md'}:{sections[0].line if sections else 1}"
            return f"{code(place)}: the data were synthetic, and the metrics do not say so. {self.advice}"
        return self.passed(f"{evidence.METRICS}: {told}; {portfolio.readme}:{line} says synthetic")


class EV105(OfEvidence):
    """Every score is inside the band that honest work reaches."""

    def check(self, portfolio: Portfolio) -> bool | str | None:
        """Look for what leaked into features or training, and run `evaluate` again."""
        found = portfolio.evidence
        if found is None:
            return False
        known = bands.declared(portfolio.toml(bands.ANCHORS)) if portfolio.has(bands.ANCHORS) else None
        if why := portfolio.trouble.get(bands.ANCHORS):
            return f"{code(bands.ANCHORS)}: {code(why, longest=200)}"
        if wrong := list(bands.problems(found, known)):
            return f"{_listed(f'{evidence.METRICS}: {one}' for one in wrong)} {self.advice}"
        source, count = found["data"]["source"], bands.applicable(found)
        left_out = bands.left_out(found, known or ())
        more = f"; not judged by the run: {', '.join(left_out[:3])}" if left_out else ""
        if wider := bands.wider(known or (), _bands_of_template(portfolio)):
            more += f"; wider than the template has them: {', '.join(wider[:3])}"
        if not count:
            there = f"{bands.ANCHORS} has {len(known)}" if known else f"there is no {bands.ANCHORS}"
            self.does_not_apply(f"the run had no band for these {source} data; {there}{more}")
            return None
        return self.passed(
            f"{evidence.METRICS}: {count} {source} bands hold, as {bands.ANCHORS} has them{more}"
        )


class EV106(Evidence):
    """No pickle: nothing that is loaded can run code."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Store models as UBJ, ONNX, safetensors or npz instead of pickle."""
        if wrong := list(loading.risks(portfolio)):
            return f"{_listed(wrong)} {self.advice}"
        count = sum(1 for path in portfolio.python_files if not loading.NOT_SERVED.fullmatch(path))
        return self.passed(f"none among {len(portfolio.files)} files, {count} of them Python")


class EV107(OfEvidence):
    """The model is the one that was measured."""

    def check(self, portfolio: Portfolio) -> bool | str | None:
        """Run `train` and `evaluate` again: the model file is not the one that the evidence is about."""
        found, folder = portfolio.evidence, portfolio.folder
        if found is None:
            return False
        path, size = found["artifact"]["path"], portfolio.size(found["artifact"]["path"])
        if ".." in path.split("/") or (folder and size is None and (folder / path).is_symlink()):
            return f"{code(path)}: a path that leads out of the repository, or to nothing. {self.advice}"
        if size is None or folder is None:
            todo = "git has no models; 'scaffolder run' trains one and evaluates it"
            self.does_not_apply(f"{path} is not here: {todo}")
            return None
        if wrong := _other_artifact(folder / path, size, found["artifact"]):
            return f"{code(path)}: {code(wrong)}. {self.advice}"
        return self.passed(f"{path}: {size:,} bytes, sha256 {found['artifact']['sha256'][:12]}")


class EV108(Evidence):
    """Every figure that portfolio.toml names is there, is a picture, and has an alternative text."""

    def check(self, portfolio: Portfolio) -> bool | str | None:
        """Draw the figures with `evaluate`, and describe each in `portfolio.toml`."""
        named = portfolio.facts.get("figures")
        if why := portfolio.trouble.get(FACTS):
            return f"{code(FACTS)}: {code(why, longest=200)}"
        if not named:
            there = "names no figures" if portfolio.has(FACTS) else "is not there"
            self.does_not_apply(f"{FACTS} {there}")
            return None
        if not isinstance(named, list) or not all(isinstance(one, dict) for one in named):
            return f"{code(FACTS)}: expected figures as `[[figures]]` with `path` and `alt`."
        problems = ((number, _figure_problem(portfolio, one)) for number, one in enumerate(named, 1))
        if wrong := [f"{FACTS}: figure {number}: {why}" for number, why in problems if why]:
            return f"{_listed(wrong)} {self.advice}"
        return self.passed(f"{FACTS}: {len(named)} figures, the first {named[0]['path']}")


def _listed(wrong: Iterable[str]) -> str:
    """Return findings as Markdown: each that begins with `file:line: ` or `file: ` with that as code."""
    found = list(wrong)
    lines = [
        f"{code(place, longest=160)}: {code(rest, longest=240)}" for place, rest in map(_parts, found[:SHOWN])
    ]
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{'; '.join(lines)}{more}."


def _parts(finding: str) -> tuple[str, str]:
    place, _, rest = finding.partition(": ")
    return place, rest


def _typed(portfolio: Portfolio, path: str) -> Iterator[numbers.Stated]:
    """Yield the numbers that are typed into a prose file, beside its places for figures."""
    yield from numbers.stated(re.sub(r"\{[^{}\n]{0,200}\}", " ", portfolio.text(path) or ""))


def _numbers_in(portfolio: Portfolio, path: str) -> Iterator[numbers.Stated]:
    """Yield the numbers of a text that evidence stands behind: of a README its blocks, else its metrics."""
    text = portfolio.text(path) or ""
    if path != portfolio.readme:
        yield from numbers.stated(text)
        return
    if blocks := list(_blocks(text)):
        for line, block in blocks:
            yield from numbers.stated(block, line)
        return
    for section in readme.find(portfolio.sections, readme.METRICS[:1])[:1]:
        yield from numbers.stated(section.text, readme.first_line(section, text))


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield the blocks between evidence markers, each with the number of its first line."""
    inside: list[str] | None = None
    begin = 0
    for number, line in enumerate(text.split("\n"), 1):
        found = _MARKER.fullmatch(line.strip())
        if found and not found[1]:
            inside, begin = [], number + 1
        elif found and inside is not None:
            yield begin, "\n".join(inside)
            inside = None
        elif inside is not None:
            inside.append(line)


def _wrong_baseline(headline: Mapping[str, Any], metrics: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield why the headline does not compare with a baseline that was measured beside it."""
    baseline, model = headline["baseline"], headline.get("model")
    what = f"{headline['metric']}/{headline['protocol']}"
    rows = {row["model"]: row["value"] for row in metrics if f"{row['name']}/{row['protocol']}" == what}
    if baseline["name"] == model:
        yield f"headline.baseline is {model}, the model itself"
    for name, value in ((baseline["name"], baseline["value"]), (model, headline["value"])):
        if name is not None and name not in rows:
            yield f"metrics has no {what} of {name}, so it was not measured beside the others"
        elif name is not None and not bands.close(rows[name], value):
            yield f"headline has {value:g} for {name}, metrics has {rows[name]:g}"
    gap, stated = headline["value"] - baseline["value"], headline["difference"]["value"]
    if abs(gap - stated) > 1e-5 * max(abs(headline["value"]), abs(baseline["value"])) + 1e-9:
        yield f"headline.difference is {stated:g}, but value less baseline is {gap:g}"


def _bands_of_template(portfolio: Portfolio) -> tuple[bands.Band, ...]:
    made = (template_files(portfolio) or {}).get(bands.ANCHORS)
    return bands.declared(tomllib.loads(made.content.decode())) if made else ()


def _bad_intervals(found: Mapping[str, Any]) -> Iterator[str]:
    headline = found["headline"]
    stated = [
        ("headline", headline),
        ("headline.baseline", headline["baseline"]),
        ("headline.difference", headline["difference"]),
        *((f"{row['name']}/{row['protocol']} of {row['model']}", row) for row in found["metrics"]),
        *((f"slice {row['by']} {row['group']}", row) for row in found.get("slices", ())),
    ]
    for place, one in stated:
        if one["ci95"] is None or one["value"] is None:
            continue
        low, high = one["ci95"]
        room = 1e-5 * max(abs(low), abs(high)) + 1e-9
        if not low <= high:
            yield f"{place}: interval {low:g} to {high:g} has its ends in the wrong order"
        elif not low - room <= one["value"] <= high + room:
            yield f"{place}: {one['value']:g} is outside its interval {low:g} to {high:g}"


def _without_interval(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures of the headline's comparison that have no interval, or one of no width."""
    headline = found["headline"]
    for place, one in (("headline", headline), ("headline.difference", headline["difference"])):
        if one["ci95"][0] == one["ci95"][1]:
            yield f"{place}: the interval is a point, {one['ci95'][0]:g}; nothing was resampled"
    for row in found["metrics"]:
        same = (row["name"], row["protocol"]) == (headline["metric"], headline["protocol"])
        if same and row["ci95"] is None and "sd" not in row:
            yield f"{row['name']}/{row['protocol']} of {row['model']}: no interval"


def _unnamed(data: Mapping[str, Any]) -> str:
    """Return why nobody could tell which data these were; an empty text where one can."""
    if data["name"].strip().lower() in NO_NAMES:
        return f"data.name is {data['name']!r}, which names nothing"
    if not data["rows"]:
        return "data.rows is 0, so nothing was measured on"
    if len(set(data["sha256"])) < LEAST_DIGITS:
        return f"data.sha256 is {data['sha256'][:12]}..., which is no hash of data"
    return ""


def _other_artifact(place: Path, size: int, stated: Mapping[str, Any]) -> str:
    """Return why a file is not the artefact of the evidence; an empty text where it is."""
    if size != stated["bytes"]:
        return f"{size:,} bytes, but the evidence is about {stated['bytes']:,}"
    try:
        with place.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    if sha256 != stated["sha256"]:
        return f"sha256 {sha256[:12]}, but the evidence is about {stated['sha256'][:12]}"
    return ""


def _figure_problem(portfolio: Portfolio, figure: Mapping[str, Any]) -> str:
    """Return what is wrong with a figure, an empty text where nothing is."""
    path, alt = figure.get("path"), figure.get("alt")
    if not isinstance(path, str) or not path:
        return "has no path"
    if path.startswith(("/", "\\")) or ".." in path.split("/") or re.search(r"[\\:\0]", path):
        return f"{path} leads out of the repository"
    described = isinstance(alt, str) and len(alt.strip()) >= LEAST_ALT and not path.endswith(alt.strip())
    return _picture_problem(portfolio, path) or ("" if described else f"{path} has no alt that describes it")


def _picture_problem(portfolio: Portfolio, path: str) -> str:
    size = portfolio.size(path)
    if size is None:
        return f"{path} is not there"
    if size > LARGEST_FIGURE:
        return f"{path} has {size / 1e6:.0f} MB, expected at most {LARGEST_FIGURE // 10**6}"
    if pictures.kind_of(portfolio.bytes_of(path, largest=LARGEST_FIGURE) or b"") is None:
        return f"{path} is no PNG, JPEG, GIF, WebP or SVG, or only half of one"
    return ""
