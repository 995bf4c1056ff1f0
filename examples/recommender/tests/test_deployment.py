"""What goes elsewhere: the image, the locked requirements, the schema, the commands that the README shows."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest
from projects import ROOT
from starlette.testclient import TestClient

from recommender.__main__ import _parser
from recommender.serving import app, ratings

if TYPE_CHECKING:
    from pathlib import Path

# As generated, or as it lies in the template.
README = next(path for path in (ROOT / "README.md", ROOT / "README.md.jinja") if path.is_file())
COMMANDS = re.findall(
    r"^ *(curl .+|python -m recommender .+?)(?:  +#.*)?$", README.read_text(encoding="utf-8"), re.M
)
CURLS = [command for command in COMMANDS if command.startswith("curl ")]


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def test_image_is_not_root_pinned_checked_and_hash_locked() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"python:3\.\d+-slim-[a-z]+", base) for base in bases)
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001"]
    assert "--require-hashes" in text
    for command in re.findall(r'CMD \["portfolio", (.*)\]', text):
        assert _parser().parse_args(shlex.split(command.replace(",", " "))).func


def test_the_service_may_write_where_its_database_lies_and_nowhere_else() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^RUN install --directory --owner=service (\S+)$", text, re.MULTILINE) == ["var"]
    assert 'database = "sqlite:///var/' in (ROOT / "params.toml").read_text(encoding="utf-8")
    for name in (".gitignore", ".dockerignore"):
        path = next(path for path in (ROOT / name, ROOT / f"{name}.jinja") if path.is_file())
        assert {"var", "/var/"} & set(path.read_text(encoding="utf-8").splitlines()), name


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.txt"])
def test_every_requirement_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    requirements = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(requirements) > 20
    for requirement in requirements:
        assert "--hash=sha256:" in requirement, requirement.partition("\n")[0]


def test_what_is_tested_is_what_is_served() -> None:
    """The same version of each package in both files; the tests bring more, and heavy ones stay out."""
    served, tested = locked("requirements.lock"), locked("requirements-dev.txt")
    assert served.items() <= tested.items()
    assert {"numpy", "scipy", "strawberry-graphql", "sqlmodel"} <= served.keys()
    assert not tested.keys() & {"torch", "pyspark", "implicit"}


def test_schema_file_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    from recommender.__main__ import main

    assert main(["schema", "--check", "--root", str(ROOT)]) == 0


def test_nothing_that_is_served_can_run_code_when_loaded() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) (pickle|joblib|dill|shelve)\b", text, re.MULTILINE), path
        assert "allow_pickle=True" not in text, path


def test_no_metric_on_a_sample_of_candidates_exists() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"sampled_(ndcg|recall|hit)|negative_samples|num_negatives", text), path


def test_every_verb_of_the_readme_is_one() -> None:
    shown = [command for command in COMMANDS if command.startswith("python ")]
    assert len(shown) == 3
    inline = re.findall(r"`python -m recommender ([^`]+)`", README.read_text(encoding="utf-8"))
    for words in [*(command.partition("recommender ")[2] for command in shown), *inline]:
        asked = _parser().parse_args(shlex.split(words))
        assert asked.func, words


def test_every_request_of_the_readme_is_answered(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order in which they stand: the undoing comes after the rating."""
    monkeypatch.setenv(ratings.VARIABLE, f"sqlite:///{tmp_path}/ratings.db")
    assert len(CURLS) == 4
    with TestClient(app.create_app(trained)) as http:
        for command in CURLS:
            _, address, _, header, _, body = shlex.split(command)
            path = address.removeprefix("http://127.0.0.1:8080")
            name, _, value = header.partition(": ")
            answer = http.post(path, content=body, headers={name: value}).json()
            assert "errors" not in answer, answer
            (found,) = answer["data"].values()
            assert found, f"another type than the README asks for: {json.dumps(answer)}"
