"""Five questions that an interviewer will ask about this repository, each with the file that answers it.

They come from what the repository has: its evidence, else what its README claims and its code uses. Where no
file holds an answer, the question says so: that is the one to prepare.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from scaffolder.check.facts.traces import Traces
from scaffolder.check.portfolio import Section, sections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scaffolder.check.portfolio import Portfolio

NO_ANSWER = "no file answers it yet; write it into DECISIONS.md"

_LEAKAGE = re.compile(
    r"leak|shuffl|split|in_two_parts|both_sides|duplicate|never_saw|learned_from|known_to", re.I
)
_LOWER_IS_BETTER = re.compile(
    r"loss|error|brier|ece|cost|latency|perplexity|\b(rmse|mae|mape|mse|wer|cer)\b", re.I
)
_CLAIM = re.compile(
    r"\b(?P<metric>accuracy|precision|recall|f1(?:[ -]score)?|roc[ -]?auc|auc|r2|r²|rmse|mae|mape|bleu|map"
    r"|ndcg)\b"
    r"[^0-9\n]{0,40}(?P<value>\d{1,6}(?:\.\d{1,6})?\s?%?)(?![\w.])",
    re.IGNORECASE,
)
_RANDOM_SPLIT = re.compile(r"^[^#\n]*\btrain_test_split\(", re.MULTILINE)
_FAILS = re.compile(
    r"limit|caveat|where it fails|fail|mistake|error analysis|weakness|known issue", re.IGNORECASE
)
_MODELS = {  # library: what is served, and the simpler thing that it has to be held against
    "transformers": ("a transformer", "a linear model on word counts"),
    "torch": ("a neural network", "a linear model"),
    "tensorflow": ("a neural network", "a linear model"),
    "keras": ("a neural network", "a linear model"),
    "xgboost": ("XGBoost", "a logistic or linear regression"),
    "lightgbm": ("LightGBM", "a logistic or linear regression"),
    "catboost": ("CatBoost", "a logistic or linear regression"),
    "sklearn": ("this model", "always giving the most common answer"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question. All texts are plain ones of a single line, without control characters."""

    ask: str
    answer: str  # the file, with its heading or line, that answers it; or that none does
    why: str = ""  # what an interviewer wants to hear


def questions(portfolio: Portfolio) -> tuple[Question, ...]:
    """Return the five questions of this repository."""
    found = portfolio.evidence
    asked = _from_evidence(portfolio, found) if found else _from_files(portfolio)
    return tuple(Question(*map(_plain, (one.ask, one.answer, one.why))) for one in asked)


# ---- with evidence


def _from_evidence(portfolio: Portfolio, found: Mapping[str, Any]) -> Sequence[Question]:
    return (
        _about_the_metric(portfolio, found),
        _about_leakage(portfolio, found),
        _about_the_weakest(portfolio, found),
        _about_the_choice(portfolio, found),
        _about_running_it(portfolio, found),
    )


def _about_the_metric(portfolio: Portfolio, found: Mapping[str, Any]) -> Question:
    head, data = found["headline"], found["data"]
    baseline, difference = head["baseline"], head["difference"]
    metric, model = _name(head["metric"]), head.get("model", "the model")
    value, other = _with_interval(head), _with_interval(baseline)
    sign = 1 if head["higher_is_better"] else -1
    low, high = sorted(sign * end for end in difference["ci95"])
    if high < 0:
        ask = (
            f"{baseline['name']} reaches {metric} {other} and {model} only {value}: why would you ship "
            f"{model}, "
            "and when the simple model?"
        )
    elif low <= 0:
        ask = (
            f"{metric} of {model} is {value}, of {baseline['name']} {other}, and the interval of the "
            "difference "
            f"holds zero: is {model} any better, and why serve it?"
        )
    else:
        ask = (
            f"Why {metric} under {head['protocol']}, and what are {value} worth to whoever decides, "
            f"when {baseline['name']} reaches {other}?"
        )
    why = f"The difference is {_with_interval(difference, signed=True)}, on {data['source']} data"
    why += "; say what it would take on real data." if data["source"] == "synthetic" else "."
    # A metric that is asked about by its name; a model that is not better, by what it is held against.
    words = [metric if low > 0 else "simple", *_words(baseline["name"])]
    return Question(ask, _answer(_section(portfolio, words)), why)


def _about_leakage(portfolio: Portfolio, found: Mapping[str, Any]) -> Question:
    head = found["headline"]
    metric, model = _name(head["metric"]), head.get("model", "the model")
    same = {
        row["protocol"]: row["value"]
        for row in found["metrics"]
        if (row["name"], row["model"]) == (head["metric"], head.get("model"))
    }
    others = {name: value for name, value in same.items() if name != head["protocol"]}
    far = max(others, key=lambda name: abs(others[name] - head["value"]), default=None)
    above = next((row for row in found["anchors"] if row["verdict"] == "above"), None)
    if above:
        ask = (
            f"{_name(above['metric'])} under {above['protocol']} is {_number(above['value'])}, above the "
            "band "
            f"{_number(above['low'])} to {_number(above['high'])} of honest work: how do you know that it "
            "is no leak?"
        )
    elif far is not None and _number(others[far]) != _number(head["value"]):
        ask = (
            f"{metric} of {model} is {_number(head['value'])} under {head['protocol']} and "
            f"{_number(others[far])} "
            f"under {far}: which of the two comes true in use, and how do you know that nothing leaked?"
        )
    else:
        parts = islice(found["data"]["split"]["sizes"].items(), 4)
        sizes = ", ".join(f"{size:,} rows for {part}" for part, size in parts)
        ask = (
            f"The split {head['protocol']!r} has {sizes or 'no sizes'}: what could the test still tell the "
            "model, "
            f"so that {_number(head['value'])} would be too good, and which test would notice?"
        )
    words = [
        "leak",
        "split",
        *(one for name in (head["protocol"], far or "") for one in _words(name, least=5)),
    ]
    return Question(
        ask,
        _answer(_section(portfolio, words), _leakage_test(portfolio)),
        "Name who is on both sides of the split, and the test that fails when somebody is.",
    )


def _about_the_weakest(portfolio: Portfolio, found: Mapping[str, Any]) -> Question:
    pair = _weakest(found)
    if pair is None:
        return Question(
            "Show three cases that it gets wrong: what do they have in common, and what would mend them?",
            _answer(_section(portfolio, ["mistake", "fails", "limitations"]), *_where_it_fails(portfolio)),
            "The evidence has no slices, so nobody knows yet for whom it works worst.",
        )
    worst, best = pair
    metric, by = _name(worst["metric"]), worst["by"].partition(",")[0]
    ask = (
        f"For {by} {worst['group']!r} {metric} is only {_with_interval(worst)} (n = {worst['n']:,}), for "
        f"{best['group']!r} {_number(best['value'])}: why, who pays for it, and what would you try first?"
    )
    row = next(
        (
            f"{path}:{number}"
            for path, number, line in _lines(portfolio, ("README.md", "MODEL_CARD.md", "reports/star.md"))
            if worst["group"] in line and _number(worst["value"]) in line
        ),
        None,
    )
    return Question(
        ask,
        _answer(row, *_where_it_fails(portfolio)),
        "Say the cause first, then what it costs, then whether more data or another model would help.",
    )


def _weakest(found: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Return the slice that lies furthest behind the best one of its kind, and that best one."""
    head = found["headline"]
    kinds: dict[tuple[object, ...], list[Mapping[str, Any]]] = {}
    for row in found.get("slices", ()):
        if row["value"] is not None and row.get("model") in (None, head.get("model")):
            kinds.setdefault((row["by"], row["metric"], row.get("protocol")), []).append(row)
    pairs = []
    for rows in kinds.values():
        metric = rows[0]["metric"]
        higher = head["higher_is_better"] if metric == head["metric"] else not _LOWER_IS_BETTER.search(metric)
        low, high = (choose(rows, key=lambda row: row["value"]) for choose in (min, max))
        pairs.append((low, high) if higher else (high, low))
    pair = max(pairs, key=lambda pair: abs(pair[0]["value"] - pair[1]["value"]), default=None)
    return pair if pair and pair[0]["value"] != pair[1]["value"] else None


def _about_the_choice(portfolio: Portfolio, found: Mapping[str, Any]) -> Question:
    threshold, head = found.get("threshold"), found["headline"]
    if threshold:
        costs = threshold.get("costs", {})
        priced = {
            name: value
            for name, value in costs.items()
            if not (isinstance(value, str) or name.startswith(("most_", "max_")))  # a limit is no cost
        }
        prices = ", ".join(f"{_name(name)} {value:g}" for name, value in islice(priced.items(), 4))
        prices += f", in {costs['unit']}" if prices and isinstance(costs.get("unit"), str) else ""
        assumed = "assumption of the template" in str(costs.get("source", ""))
        chosen = f"The threshold of {_number(threshold['value'])} was chosen on {threshold['chosen_on']}"
        if assumed:
            ask = (
                f"{chosen}, and the costs behind it ({prices}) are the template's assumption: what would "
                "they be "
                "for somebody you have asked, and how far does the threshold move?"
            )
        elif prices:
            ask = (
                f"{chosen}, with the costs {prices}: who says so, and what happens when one of them doubles?"
            )
        else:
            ask = f"{chosen}, with no cost behind it: who loses what by an error to either side of it?"
        words = ["threshold", "cost", "costs", "band"]
        return Question(
            ask,
            _answer(_section(portfolio, words), _setting(portfolio, priced)),
            "Two figures and their source, and what the threshold was before you had them.",
        )
    model = head.get("model", "the model")
    rivals = {
        row["model"]: row["value"]
        for row in found["metrics"]
        if (row["name"], row["protocol"]) == (head["metric"], head["protocol"]) and row["model"] != model
    }
    if not rivals:
        return _about_what_is_yours(portfolio)
    near = min(rivals, key=lambda name: abs(rivals[name] - head["value"]))
    return Question(
        f"{model} is served at {_name(head['metric'])} {_number(head['value'])}, and {near} comes to "
        f"{_number(rivals[near])}: who chose between the two, on which data, and what would change your "
        "mind?",
        _answer(_section(portfolio, ["validation", "served", "chosen", *_words(near), *_words(model)])),
        "Chosen on validation data and not on the test; and what else speaks for it, such as memory or time.",
    )


def _about_what_is_yours(portfolio: Portfolio) -> Question:
    return Question(
        "Which choice in this repository is yours, and which would you make otherwise today?",
        _answer(_heading(portfolio, "DECISIONS.md", re.compile(r"\d|decision|choice", re.IGNORECASE))),
        "One choice, one measurement that speaks against it, and what you would try instead.",
    )


def _about_running_it(portfolio: Portfolio, found: Mapping[str, Any]) -> Question:
    latency = found.get("latency")
    takes = "Once it runs"
    if latency:
        threads = f"{latency['threads']} thread{'' if latency['threads'] == 1 else 's'}"
        takes = (
            f"{latency['what'][:1].upper()}{latency['what'][1:]} takes {_milliseconds(latency['p50_ms'])} "
            "at the "
            f"median and {_milliseconds(latency['p99_ms'])} at the 99th percentile on {threads}"
        )
    return Question(
        f"{takes}: what gives way first when ten times as many ask, who hears that the data have drifted, "
        "and how do you go back to the model of yesterday?",
        _answer(*_running(portfolio)),
        "A bottleneck that was measured, an alarm that reaches a person, and a way back that was tried.",
    )


# ---- without evidence


def _from_files(portfolio: Portfolio) -> Sequence[Question]:
    return (
        _about_the_claim(portfolio),
        _about_the_split(portfolio),
        Question(
            "For whom does it work worst? Show three cases that it gets wrong, and what they have in common.",
            _answer(*_where_it_fails(portfolio)),
            "Whoever has looked at mistakes can tell of them; a mean cannot.",
        ),
        _about_the_model(portfolio),
        _about_the_service(portfolio),
    )


def _about_the_claim(portfolio: Portfolio) -> Question:
    if portfolio.readme is None:
        return Question(
            "What problem does this solve, who has it, and what is decided with the answer?",
            NO_ANSWER,
            "There is no README, so nobody can know.",
        )
    for path, number, line in _lines(portfolio, (portfolio.readme,)):
        if claim := _CLAIM.search(line):
            said = f"{claim['metric']} {claim['value'].strip()}"
            return Question(
                f"{path}:{number} says {said!r}: against which baseline, on which split, with which "
                "interval?",
                _answer(_section(portfolio, ["baseline", "dummy", "majority"])),
                "A number without a baseline and an interval says little; nothing here says how it was "
                "measured.",
            )
    return Question(
        "How do you know that it works: which measure, on which data, against which baseline?",
        _answer(_section(portfolio, ["baseline", "metric", "metrics", "evaluation", "results"], titles=True)),
        "The README gives no figure for it.",
    )


def _about_the_split(portfolio: Portfolio) -> Question:
    place = next(
        (
            f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
            for path, text in Traces.of(portfolio).sources
            if (found := _RANDOM_SPLIT.search(text))
        ),
        None,
    )
    how = (
        f"{place} splits with train_test_split" if place else "No split of the data is to be seen in the code"
    )
    return Question(
        f"{how}: which rows belong together (one user, one machine, one week), are they on both sides, "
        "and which test would notice a leak?",
        _answer(_section(portfolio, ["leak", "leakage", "split"]), _leakage_test(portfolio)),
        "Leakage is the most common reason for a score that is too good.",
    )


def _about_the_model(portfolio: Portfolio) -> Question:
    used = Traces.of(portfolio).first_import(_MODELS)
    if used is None:
        return _about_what_is_yours(portfolio)
    path, library = used
    served, simple = _MODELS[library]
    return Question(
        f"{path} uses {library}: what does {served} bring over {simple}, in figures, and what does it cost "
        "to run?",
        _answer(_section(portfolio, [library, "baseline", "why"])),
        "The cheapest rival, measured on the same test.",
    )


def _about_the_service(portfolio: Portfolio) -> Question:
    image = next((path for path in ("Dockerfile", "Containerfile") if portfolio.has(path)), None)
    began = f"{image} builds an image" if image else "There is no Dockerfile here"
    return Question(
        f"{began}: where does it run, what happens to the answers when the data change, and how do you go "
        "back "
        "to the model of yesterday?",
        _answer(*_running(portfolio)),
        "A job that compares new data with old, somebody who hears of it, and a version to go back to.",
    )


# ---- where the answers are


def _answer(*places: str | None) -> str:
    return "; ".join(dict.fromkeys(filter(None, places))) or NO_ANSWER


def _section(portfolio: Portfolio, words: Iterable[str], *, titles: bool = False) -> str | None:
    """Return the section that has most of the words: of DECISIONS.md, or of the README if that has none."""
    patterns = [
        re.compile(rf"(?<![a-z0-9]){re.escape(word.lower())}") for word in dict.fromkeys(words) if word
    ]

    def count(one: Section) -> int:
        title, text = one.title.lower(), "" if titles else one.text.lower()
        return sum(3 * bool(word.search(title)) + bool(word.search(text)) for word in patterns)

    for path in ("DECISIONS.md", "docs/DECISIONS.md", portfolio.readme, "MODEL_CARD.md"):
        found = [one for one in _sections(portfolio, path) if one.level > 1] if path else []
        best = max(found, key=count, default=None)
        if path and best is not None and count(best) > 0:
            return _place(path, best)
    return None


def _heading(portfolio: Portfolio, path: str | None, wanted: re.Pattern[str]) -> str | None:
    found = (one for one in _sections(portfolio, path) if one.level > 1 and wanted.search(one.title))
    return next((_place(path or "", one) for one in found), None)


def _place(path: str, section: Section) -> str:
    title = section.title if len(section.title) <= 90 else f"{section.title[:89]}…"
    return f"{path}:{section.line}, “{title}”"


def _sections(portfolio: Portfolio, path: str | None) -> Sequence[Section]:
    if path is None or not portfolio.has(path):
        return ()
    return portfolio.sections if path == portfolio.readme else sections(portfolio.text(path) or "")


def _lines(portfolio: Portfolio, paths: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    for path in paths:
        if portfolio.has(path):
            for number, line in enumerate((portfolio.text(path) or "").split("\n"), 1):
                yield path, number, line[:2_000]


def _leakage_test(portfolio: Portfolio) -> str | None:
    found = [one for one in portfolio.tests if _LEAKAGE.search(f"{one.path.rpartition('/')[2]} {one.name}")]
    best = min(
        found, key=lambda one: ("leak" not in one.path + one.name, "split" not in one.path), default=None
    )
    return f"{best.path}:{best.line}" if best else None


def _where_it_fails(portfolio: Portfolio) -> Iterator[str | None]:
    said = (
        f"{path}:{number}"
        for path, number, line in _lines(portfolio, (portfolio.readme or "README.md",))
        if line.startswith("**") and _FAILS.search(line.split("**")[1])
    )
    yield next(said, None) or _heading(portfolio, portfolio.readme, _FAILS)
    yield _heading(portfolio, "MODEL_CARD.md", _FAILS)


def _running(portfolio: Portfolio) -> Iterator[str | None]:
    """Yield where the README says what gives way first, how to go back, and how to watch it."""
    said = list(_lines(portfolio, (portfolio.readme,) if portfolio.readme else ()))
    topics = (r"gives way|bottleneck|autoscal|scale (out|up)", r"\broll(ing)?[ -]?back", r"\bdrift")
    for topic in (re.compile(text, re.IGNORECASE) for text in topics):
        found = [(path, number, line) for path, number, line in said if topic.search(line)]
        steps = (one for one in found if re.match(r"\s*(\d+\.|[-*#]|\*\*)", one[2]))
        best = next(steps, None) or next(iter(found), None)
        yield f"{best[0]}:{best[1]}" if best else None


def _setting(portfolio: Portfolio, keys: Iterable[str]) -> str | None:
    """Return where params.toml sets the first of the keys that it sets at all."""
    said = {
        found[1]: number
        for _, number, line in _lines(portfolio, ("params.toml",))
        if (found := re.match(r"\s*([\w-]+)\s*=", line))
    }
    number = next((said[key] for key in keys if key in said), None)
    return f"params.toml:{number}" if number else None


# ---- how things are written


def _with_interval(row: Mapping[str, Any], *, signed: bool = False) -> str:
    value = f"{row['value']:+.3f}" if signed else _number(row["value"])
    if not row.get("ci95"):
        return value
    low, high = (f"{end:+.3f}" if signed else _number(end) for end in row["ci95"])
    return f"{value} [{low}, {high}]"


def _number(value: float | None) -> str:
    """Return a figure as the reports write it.

    >>> _number(0.92354), _number(12345.6), _number(None)
    ('0.924', '12,346', 'n/a')
    """
    if value is None:
        return "n/a"
    return f"{value:.3f}" if abs(value) < 1000 else f"{value:,.0f}"


def _milliseconds(value: float) -> str:
    return f"{value:.2g} ms" if value < 10 else f"{value:,.0f} ms"


def _name(metric: str) -> str:
    return metric.replace("_", " ")


def _words(name: str, *, least: int = 3) -> list[str]:
    return [word for word in re.split(r"[^\w@]+|_", name) if len(word) >= least]


def _plain(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:600]
