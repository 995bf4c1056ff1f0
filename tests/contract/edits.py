"""What owners typically do to a project, once for each template; true of every released version of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class Edit(Protocol):
    """One thing that the owner does to a project."""

    def make(self, project: Path) -> None:
        """Do it; AssertionError when the project has not what is to be edited."""

    def is_there(self, project: Path) -> bool:
        """Say whether the project still shows it."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Put `new` in place of `old`, a text that the file has once."""

    path: str
    old: str
    new: str

    def make(self, project: Path) -> None:
        text = _read(project / self.path)
        assert text.count(self.old) == 1, f"{self.path} has not once: {self.old}"
        _write(project / self.path, text.replace(self.old, self.new))

    def is_there(self, project: Path) -> bool:
        text = _read(_now(project, self.path, self.new))
        return self.new in text and (self.old not in text or self.old in self.new)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Put `new` in place of all that stands between two texts, each of which the file has once."""

    path: str
    after: str
    before: str
    new: str

    def make(self, project: Path) -> None:
        text = _read(project / self.path)
        assert text.count(self.after) == text.count(self.before) == 1, self.path
        head, _, rest = text.partition(self.after)
        _write(
            project / self.path, head + self.after + self.new + self.before + rest.partition(self.before)[2]
        )

    def is_there(self, project: Path) -> bool:
        return self.new in _read(_now(project, self.path, self.new))


@dataclass(frozen=True, slots=True)
class Append:
    """Add `text` at the end of a file, or make a file of it."""

    path: str
    text: str

    def make(self, project: Path) -> None:
        path = project / self.path
        _write(path, (_read(path) if path.exists() else "") + self.text)

    def is_there(self, project: Path) -> bool:
        return (project / self.path).is_file() and self.text in _read(project / self.path)


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a file another name."""

    old: str
    new: str

    def make(self, project: Path) -> None:
        (project / self.old).rename(project / self.new)

    def is_there(self, project: Path) -> bool:
        return (project / self.new).is_file() and not (project / self.old).exists()


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a file."""

    path: str

    def make(self, project: Path) -> None:
        (project / self.path).unlink()

    def is_there(self, project: Path) -> bool:
        return not (project / self.path).exists()


EDITS: dict[str, tuple[Edit, ...]] = {
    "helpdesk-chatbot": (
        Rewrite(
            "README.md",
            "# Helpdesk chatbot\n",
            "<!-- evidence:headline -->",
            "\nOur school has one caretaker and four hundred keys. This answers before he has to.\n\n",
        ),
        Replace("README.md", "## Licence\n", "## License\n"),
        Replace("params.toml", "wrong_answer = 5.0 ", "wrong_answer = 8.0 "),
        Append(
            "src/helpdesk/model/keys.py",
            '"""An idea of our own."""\n\nfrom __future__ import annotations\n\n\n'
            "def key_of(room: int, keys_a_floor: int = 40) -> int:\n"
            '    """Return the key of a room."""\n'
            "    return room % keys_a_floor\n",
        ),
        Append(
            "tests/test_keys.py",
            "from helpdesk.model.keys import key_of\n\n\n"
            "def test_keys() -> None:\n    assert key_of(85) == 5\n",
        ),
        Rename("tests/test_quality.py", "tests/test_better_than_one_word.py"),
        Delete(".editorconfig"),
        Replace(
            ".github/workflows/ci.yml",
            "        os: [ubuntu-latest, macos-latest, windows-latest]\n",
            "        os: [ubuntu-latest] # our school has nothing else\n",
        ),
    ),
    "predictive-maintenance": (
        Rewrite(
            "README.md",
            "# Predictive maintenance\n",
            "<!-- evidence:headline -->",
            "\nOur mill in hall 3 stops too often. This service says before a part whether it will.\n\n",
        ),
        Rewrite(
            "README.md",
            "## Make it yours\n",
            "## Licence\n",
            "\nIt is ours now: costs from hall 3, columns from its controller.\n\n",
        ),
        # Beside a section that is not in 0.1.0 yet: a conflict on the way from there.
        Replace("README.md", "## Licence\n", "## License\n"),
        Append(
            "src/maintenance/model/cooling.py",
            '"""A feature of our own."""\n\nfrom __future__ import annotations\n\n\n'
            "def cooling_margin(difference_k: float, limit_k: float = 8.6) -> float:\n"
            '    """Kelvin above the difference below which heat stays in the part."""\n'
            "    return difference_k - limit_k\n",
        ),
        Replace(
            "src/maintenance/model/features.py",
            "    return wear * torque\n",
            "    load = wear * torque  # the name that hall 3 has for it\n"
            "    return load\n\n\n"
            "def wear_share(wear: Value, limit: float = 240.0) -> Value:\n"
            '    """Part of the tool\'s life that is used up."""\n'
            "    return wear / limit\n",
        ),
        Replace(
            "tests/test_features.py",
            "    assert list(row.index) == list(features.FEATURES)\n",
            "    assert list(row.index) == list(features.FEATURES)\n"
            "    assert features.wear_share(60.0) == pytest.approx(0.25)\n",
        ),
        Append(
            "tests/test_cooling.py",
            "from maintenance.model.cooling import cooling_margin\n\n\n"
            "def test_margin() -> None:\n    assert cooling_margin(9.6) > 0\n",
        ),
        Rename("tests/test_quality.py", "tests/test_better_than_the_baseline.py"),
        Delete(".editorconfig"),
        Replace(
            ".github/workflows/ci.yml",
            "        os: [ubuntu-latest, macos-latest, windows-latest]\n",
            "        os: [ubuntu-latest] # hall 3 has nothing else\n",
        ),
    ),
    "recommender": (
        Rewrite(
            "README.md",
            "# Recommender\n",
            "<!-- evidence:headline -->",
            "\nOur library has a shelf nobody walks to. This says who would like to.\n\n",
        ),
        Replace("README.md", "## Licence\n", "## License\n"),
        Replace("params.toml", "cold_below = 3 ", "cold_below = 5 "),
        Append(
            "src/recommender/model/shelf.py",
            '"""An idea of our own."""\n\nfrom __future__ import annotations\n\n\n'
            "def shelf(place: int, width: int = 40) -> int:\n"
            '    """Count the shelves before this one."""\n'
            "    return place // width\n",
        ),
        Append(
            "tests/test_shelf.py",
            "from recommender.model.shelf import shelf\n\n\n"
            "def test_shelves() -> None:\n    assert shelf(85) == 2\n",
        ),
        Rename("tests/test_quality.py", "tests/test_better_than_the_popular_list.py"),
        Delete(".editorconfig"),
        Replace(
            ".github/workflows/ci.yml",
            "        os: [ubuntu-latest, macos-latest, windows-latest]\n",
            "        os: [ubuntu-latest] # our library has nothing else\n",
        ),
    ),
    "sentiment": (
        Rewrite(
            "README.md",
            "# Sentiment\n",
            "<!-- evidence:headline -->",
            "\nOur shop gets forty reviews a day. This says which of them want an answer.\n\n",
        ),
        Replace("README.md", "## Licence\n", "## License\n"),
        Replace("params.toml", "wrong = 5.0 ", "wrong = 7.5 "),
        Append(
            "src/sentiment/model/emphasis.py",
            '"""A feature of our own."""\n\nfrom __future__ import annotations\n\n\n'
            "def exclamations(text: str) -> int:\n"
            '    """Count the marks of whoever is very sure."""\n'
            '    return text.count("!")\n',
        ),
        Append(
            "tests/test_emphasis.py",
            "from sentiment.model.emphasis import exclamations\n\n\n"
            'def test_marks() -> None:\n    assert exclamations("no!!") == 2\n',
        ),
        Rename("tests/test_quality.py", "tests/test_better_than_guessing.py"),
        Delete(".editorconfig"),
        Replace(
            ".github/workflows/ci.yml",
            "        os: [ubuntu-latest, macos-latest, windows-latest]\n",
            "        os: [ubuntu-latest] # our servers have nothing else\n",
        ),
    ),
}


def _now(project: Path, path: str, text: str) -> Path:
    """Return the file at `path`; where the template has renamed it since, the one that holds `text`."""
    if (project / path).exists():
        return project / path
    files = (each for each in project.rglob("*") if each.is_file() and ".git" not in each.parts)
    return next(each for each in files if text.encode() in each.read_bytes())


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))
