"""What a section of a README really holds: words, commands, numbers; never a template's placeholders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffolder.check.portfolio import Section

LONGEST = 100_000  # characters of a section that are looked at
NO_RUN = "No run yet, so no numbers"

# The headings that a section usually has, the plainest first.
PROBLEM = (
    r"problem\w*|aufgabenstellung|problème",
    r"(business|use) (case|context|understanding|question|need|goal|objective|value)s?|objectives?|goals?",
    r"motivation|challenge|purpose|background|context|why|ziel\w*|hintergrund",
    r"introduction|overview|about|description|summary|einleitung|überblick",
)
DATA = (
    r"data ?(sources?|sets?|origin|provenance|collection|description|acquisition)|datenquellen?|datensätze?",
    r"data(?! (validation|drift|tests?|checks?|flow|pipeline|types?|model))|daten|données|corpus",
)
METRICS = (
    r"metrics?|kennzahlen|metriken",
    r"results?|performance|evaluation|ergebnisse?|résultats?",
    r"scores?|benchmarks?|accuracy|quality|findings|experiments?|auswertung",
)
DEPLOYMENT = (
    r"deploy\w*|bereitstellung|inbetriebnahme|déploiement",
    r"(in|to|going to) production|productioni[sz]\w*|serving|serve|hosting|host it",
    r"(with|using|in|and)? ?(docker|containers?|kubernetes|compose)( \w+)?|release|roll ?out|launch",
    r"cloud|aws|azure|gcp|heroku",
)

_PLACEHOLDER = re.compile(
    r"\b(?:todo|tbd|fixme|tba|lorem|coming soon|work in progress|placeholder|under construction)\b"
    r"|\bto be (?:added|written|defined|determined|announced|done|filled)\b"
    r"|\b(?:describe|explain|write|insert|add|put|fill in|state|list)\b[^.\n]{0,60}\b(?:here|your|the)\b"
    r"[^.\n]{0,40}\b(?:here|problem|data ?set|project|metrics?|steps?|below)\b"
    r"|\byour [^.\n]{1,40} (?:goes )?here\b|\b(?:x{3,}|foo ?bar)\b"
    r"|<(?:your|insert|describe|todo)[^<>\n]{0,100}>|\[(?:your|insert|describe|todo)[^\[\]\n]{0,100}\]"
    r"|\{\{[^{}\n]{0,100}\}\}",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[[^\[\]\n]{0,1000}\]\([^()\n]{0,2000}\)")
_LINK = re.compile(r"\[([^\[\]\n]{0,1000})\]\([^()\n]{0,2000}\)")
_ADDRESS = re.compile(r"https?://[^\s<>()\"']+")
_TAG = re.compile(r"<[^<>\n]{0,1000}>")
_WORD = re.compile(r"[^\W\d_]{2,}")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # two of them count as a word
_FENCE = re.compile(r"[ \t]*(```+|~~~+)[ \t]*([\w+-]*)")
_FIGURE = r"\d+(?:,\d{3})*"
# A fraction, a percentage that is not an interval's, or a whole number where a measurement stands.
_MEASURE = re.compile(
    rf"(?<![\w.@])[+\u2212-]?(?:{_FIGURE}\.\d+(?![\w.])(?:[ \u00a0\u202f]?%)?"
    rf"|{_FIGURE}[ \u00a0\u202f]?%(?! (?:interval|confidence|ci\b|band))"
    rf"|(?<=[|=:~\u2248] ){_FIGURE}(?= *(?:\||$|[.,;)]))|(?<=\b(?:is|of) ){_FIGURE}\b)",
    re.IGNORECASE,
)
_LIST_MARK = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_LICENCE = re.compile(
    r"\b(?:CC[ -]?(?:BY|0)[\w .-]*|MIT|Apache|BSD|GPL\w*|ODbL|ODC|public domain|licen[cs]ed?|lizenz)\b", re.I
)
_ORIGIN = re.compile(
    r"\b(?:synthetic\w*|simulat\w+|generated|generator|made up|synthetisch\w*|kaggle|uci|openml|zenodo"
    r"|hugging ?face|data\.gov|eurostat|movielens|imdb|mnist|cifar\w*|coco|imagenet|yelp|amazon|wikipedia"
    r"|scraped|collected|recorded|measured|exported?|api|database|sensor\w*|survey)\b",
    re.I,
)
_SHELL = {"sh", "bash", "shell", "zsh", "console", "shell-session", "powershell", "ps1", "bat", "cmd", "fish"}
_COMMANDS = re.compile(
    r"(?:sudo +)?(?:\.{0,2}/[\w./-]+|docker|docker-compose|podman|kubectl|helm|minikube|kind|make|just|task"
    r"|nox|python3?|py|pip3?|pipx|uvx?|poetry|pdm|hatch|conda|mamba|npm|npx|pnpm|yarn|node|aws|eb|sam|cdk|az"
    r"|gcloud|terraform|tofu|pulumi|ansible\S*|fly|flyctl|heroku|railway|render|vercel|netlify|serverless|sls"
    r"|modal|tox|bentoml|mlflow|dvc|git|curl|wget|ssh|scp|rsync|streamlit|gradio|uvicorn|gunicorn|flask|fastapi|waitress-serve|airflow"
    r"|prefect|bash|sh|cd|cp|export|systemctl|nginx|go|cargo|java|mvn)(?: +\S.*|$)"
)


def find(sections: Sequence[Section], headings: Sequence[str]) -> list[Section]:
    """Return the sections with one of the headings, the plainest heading first; never the title's own."""
    inner = [one for at, one in enumerate(sections) if not (at == 0 and one.level == 1)]
    titled = [(_plain_title(one.title), one) for one in inner]
    found: dict[int, Section] = {}
    for words in headings:
        wanted = re.compile(rf"(?:.*\b)?(?:{words})(?:\b.*)?")
        for title, one in titled:
            if wanted.fullmatch(title):
                found.setdefault(one.line, one)
    return list(found.values())


def _plain_title(title: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", title[:200].lower()))


class Lack(NamedTuple):
    """What a section lacks, as the end of a sentence, with words of the repository that show it."""

    what: str
    quoted: str = ""


def lacks_words(section: Section, least: int) -> Lack | None:
    """Return what is wrong with the words of a section; None where it has enough that are its own."""
    text = _uncommented(section.text[:LONGEST])
    kept, placeholder = [], ""
    for line in _prose_lines(text):
        if found := _PLACEHOLDER.search(line):
            placeholder = placeholder or found[0]
        else:
            kept.append(line)
    words = _WORD.findall(_plain("\n".join(kept)).lower())
    count = len(words) + sum(len(_CJK.findall(word)) // 2 for word in words)
    different = len(set(words)) + sum(len(set(_CJK.findall(word))) // 2 for word in set(words))
    if count >= least and different >= least // 2:
        return None
    if placeholder:
        return Lack("still holds a placeholder:", placeholder)
    if NO_RUN in section.text:
        return Lack("says that there was no run yet")
    return Lack(f"has {count} word{'s' * (count != 1)} of its own, expected {least} or more")


def source(section: Section) -> str | None:
    """Return what says where data come from: an address, a licence, a generator or a name; else None."""
    text = _uncommented(section.text[:LONGEST])
    found = next(filter(None, (one.search(text) for one in (_ADDRESS, _LICENCE, _ORIGIN))), None)
    return found[0] if found else None


def first_line(section: Section, text: str | None) -> int:
    """Return the number of the first line of what stands below a heading in the README's text."""
    lines = (text or "").split("\n")
    first = section.text.split("\n", 1)[0].strip()
    below = range(section.line, min(section.line + 50, len(lines)))
    return next((at + 1 for at in below if lines[at].strip() == first), section.line + 1)


def first_number(section: Section) -> tuple[int, str] | None:
    """Return the first number that states a measurement, with its line; None where there is none."""
    fence = ""
    for number, whole in enumerate(section.text[:LONGEST].split("\n")):
        line = whole[:20_000]
        if found := _FENCE.match(line):
            fence = "" if fence and found[1].startswith(fence) else fence or found[1]
            continue
        if fence or line.lstrip().startswith(("#", "<!--")) or _PLACEHOLDER.search(line):
            continue
        plain = _plain(re.sub(r"`[^`\n]{0,1000}`", " ", _LIST_MARK.sub("", line, count=1)))
        shown = (found[0].strip() for found in _MEASURE.finditer(plain))
        if measured := next((one for one in shown if not re.fullmatch(r"(?:19|20)\d\d", one)), None):
            return number, measured
    return None


def first_command(section: Section) -> str | None:
    """Return the first command of a section, in a block or as code in its text; None where there is none."""
    text = _uncommented(section.text[:LONGEST])
    for language, lines in _blocks(text):
        for line in lines:
            plain = re.sub(r"^[ \t]*(?:[$>%] +|PS[^>\n]{0,100}> ?)?", "", line).strip()
            if plain and not plain.startswith(("#", "//")) and _is_command(plain, language):
                return plain
    for found in re.finditer(r"`([^`\n]{3,500})`", text):
        if " " in found[1] and _COMMANDS.fullmatch(found[1].strip()) and not _PLACEHOLDER.search(found[1]):
            return found[1].strip()
    return None


def _is_command(line: str, language: str) -> bool:
    if _PLACEHOLDER.search(line):
        return False
    known = re.sub(r"^(?:[A-Z_][A-Z0-9_]*=\S* +)+", "", line[:1000])
    return language in _SHELL or bool(_COMMANDS.match(known) and language in ("", "text", "txt", "bash"))


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the code blocks with their language: between fences, or indented by four."""
    fence, language, inside = "", "", [""]
    indented = [line[4:] for line in text.split("\n") if line.startswith("    ")]
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if found and not fence:
            fence, language, inside = found[1], found[2].lower(), []
        elif found and found[1].startswith(fence):
            yield language, inside
            fence = ""
        elif fence:
            inside.append(line)
    yield "", indented


def _prose_lines(text: str) -> Iterator[str]:
    """Yield the lines outside code blocks that are no headings."""
    fence = ""
    for line in text.split("\n"):
        if found := _FENCE.match(line):
            fence = "" if fence and found[1].startswith(fence) else fence or found[1]
        elif not fence and not line.startswith("#"):
            yield line[:20_000]


def _plain(text: str) -> str:
    """Return a text without pictures, addresses and tags; of a link its words."""
    return _TAG.sub(" ", _ADDRESS.sub(" ", _LINK.sub(r"\1", _IMAGE.sub(" ", text))))


def _uncommented(text: str) -> str:
    """Return a text without its HTML comments; one that never ends hides the rest, as on a page."""
    parts = text.split("<!--")
    return parts[0] + "".join(part.partition("-->")[2] for part in parts[1:])
