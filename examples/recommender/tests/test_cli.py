"""The verbs on the command line: what they say, and one line when they cannot."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from projects import ROOT

from recommender.__main__ import main
from recommender.data.defects import DEFECTS
from recommender.portfolio.probe import wait_ready

if TYPE_CHECKING:
    from pathlib import Path


def test_predict_shows_the_list_of_a_user(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "u00003", "--count", "4", "--root", str(trained)]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert [re.match(r" +(\d)\. .+ \[f\d{5}\]  [\d.]+$", line)[1] for line in lines] == list("1234")  # type: ignore[index]
    assert re.fullmatch(r"for u00003, from \d+ items: personal", last)


def test_predict_shows_what_is_near_an_item(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--item", "f00005", "--count", "3", "--root", str(trained)]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert last.startswith("near ")
    assert last.endswith("[f00005]")


def test_defects_are_listed_and_nothing_is_made(untrained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "--plant", "list", "--root", str(untrained)]) == 0
    assert capsys.readouterr().out.split() == list(DEFECTS)
    assert not (untrained / "data").exists()


def test_a_list_longer_than_the_catalogue_ends_with_it(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "u00003", "--count", "100000", "--root", str(trained)]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    had = re.search(r"from (\d+) items", last)
    assert had
    assert len(lines) == 200 - int(had[1])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["predict", "nobody"], "user 'nobody' is not in the data; data/ratings.csv has the ids"),
        (["predict", ""], "user '' is not in the data"),
        (
            ["predict", "--item", "nothing"],
            "item 'nothing' is not in the catalogue; data/items.csv has its ids",
        ),
        (["drift", "--current", "nowhere.csv"], "nowhere.csv: No such file"),
        (["rollback"], "no earlier model to go back to"),
        (["data", "--plant", "frogs"], "no defect 'frogs'; there are same-pair"),
        (["data", "--source", "own"], "your own log needs --file FILE"),
        (["data", "--source", "real", "--users", "50"], "--users and --items are for the generator"),
        (["data", "--users", "5"], "5 users; at least 20 are needed"),
        (["schema", "--check"], "schema.graphql is not what the code says"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    trained: Path, arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--root", str(trained)]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("error: ")
    assert expected in said


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("train", "data/manifest.json: no such file; run `python -m recommender data` first"),
        ("evaluate", "data/manifest.json: no such file"),
        ("bench", "no trained model in models/"),
        ("serve", "no trained model in models/; run 'train' first"),
    ],
)
def test_verbs_out_of_order_say_which_comes_first(
    untrained: Path, verb: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--root", str(untrained)]) == 1
    assert expected in capsys.readouterr().err


def test_wrong_usage_ends_in_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        [],
        ["sing"],
        ["predict"],
        ["predict", "u00001", "--item", "f00001"],
        ["predict", "u00001", "--count", "0"],
        ["data", "--source", "films"],
        ["data", "--users", "-1"],
        ["bench", "--growth", "7"],
        ["drift"],
    ):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_schema_on_the_command_line_is_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--root", str(ROOT)]) == 0
    assert capsys.readouterr().out == (ROOT / "schema.graphql").read_text(encoding="utf-8")


def test_help_is_light() -> None:
    heavy = "{'numpy', 'scipy', 'fastapi', 'strawberry', 'sqlalchemy', 'matplotlib'}"
    code = f"import sys, recommender.__main__; print(sorted({heavy} & set(sys.modules)))"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no polite way to stop a process")
def test_the_service_starts_answers_and_stops_in_good_order(copy_of_trained: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [
        sys.executable,
        "-m",
        "recommender",
        "serve",
        "--root",
        str(copy_of_trained),
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as process:
        wait_ready(f"http://127.0.0.1:{port}/readyz", 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (copy_of_trained / "var" / "ratings.db").is_file()
