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

from helpdesk import verbs
from helpdesk.__main__ import SOURCES, main
from helpdesk.data.defects import DEFECTS
from helpdesk.portfolio import chores
from helpdesk.portfolio.probe import wait_ready

if TYPE_CHECKING:
    from pathlib import Path

VERBS = (
    "data",
    "train",
    "evaluate",
    "report",
    "serve",
    "probe",
    "chat",
    "bench",
    "redact",
    "drift",
    "rollback",
)


def helped(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, "--help"])
    assert stopped.value.code == 0
    return capsys.readouterr().out


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    listed = re.findall(r"^    (\w+)\b", helped(capsys=capsys), re.MULTILINE)
    assert set(listed) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = helped(verb, capsys=capsys)
    function = getattr(verbs, verb, None) or getattr(chores, verb)
    assert "".join(str(function.__doc__).split()) in "".join(said.split())
    assert "--root" in said


def test_defects_are_listed_and_nothing_is_made(untrained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "--plant", "list", "--root", str(untrained)]) == 0
    assert capsys.readouterr().out.split() == list(DEFECTS)
    assert not (untrained / "data").exists()


def test_redact_shows_a_text_as_it_would_be_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mail.txt").write_text("Write to ada@example.org, please.\n", encoding="utf-8")
    assert main(["redact", str(tmp_path / "mail.txt")]) == 0
    assert capsys.readouterr().out.strip() == "Write to [email], please."


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["drift", "--current", "nowhere.jsonl"], "nowhere.jsonl: "),
        (["rollback"], "no earlier model to go back to in models/; 1 stored"),
        (["data", "--plant", "frogs"], "no defect 'frogs'; there are no-id"),
        (["data", "--source", "own"], "your own export needs --file FILE, and its columns' names"),
        (["data", "--source", "own", "--file", "nowhere.csv"], "nowhere.csv: no such file"),
        (["data", "--source", "own", "--file", "."], ".: "),
        (["data", "--source", "real", "--tickets", "50"], "--tickets is for the generator"),
        (["data", "--tickets", "5"], "5 tickets; at least "),
        (["data", "--file", "export.csv"], "synthetic tickets are made, not read; name a --source"),
        (["data", "--source", "clinc150", "--test-file", "t.csv"], "--test-file is for --source banking77"),
        (["data", "--source", "banking77", "--file", "t.csv"], "--test-file test.csv, or neither"),
        (["redact", "nowhere.txt"], "nowhere.txt: No such file"),
        (["chat", ""], "text is empty; expected a text"),
        (["chat", 200_000 * "x"], "text has 200,000 characters; at most "),
        (["chat", "hello", "--url", "http://127.0.0.1:9"], "is this the address of the running service?"),
        (
            ["chat", "hello", "--url", "nowhere"],
            "--url is 'nowhere'; expected an address that starts with http",
        ),
        (["serve", "--port", "70000"], " port 70000: "),
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
        ("train", "data/manifest.json: no such file; run `python -m helpdesk data` first"),
        ("evaluate", "data/manifest.json: no such file"),
        ("bench", "no trained model in models/"),
        ("serve", "no trained model in models/; run 'train' first"),
        ("chat", "no trained model in models/"),
    ],
)
def test_verbs_out_of_order_say_which_comes_first(
    untrained: Path, verb: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--root", str(untrained)]) == 1
    assert expected in capsys.readouterr().err


def test_a_broken_setting_is_named(untrained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = untrained / "params.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("k1 = ", "k1 = -"), encoding="utf-8")
    assert main(["train", "--root", str(untrained)]) == 1
    assert re.match(r"error: params\.toml: retrieval\.k1\b.*-", capsys.readouterr().err)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sing"],
        ["data", "--source", "films"],
        ["data", "--tickets", "-1"],
        ["data", "--tickets", "many"],
        ["bench", "--growth", "7"],
        ["bench", "--growth", "1", "--imports"],
        ["bench", "--load", "0"],
        ["serve", "--port", "0"],
        ["drift"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_in_status_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "error: " in said
    assert "Traceback" not in said


def test_all_sources_of_the_help_are_known() -> None:
    assert SOURCES[0] == "synthetic"
    assert {"real", "clinc150", "banking77", "own"} == set(SOURCES[1:])


def test_help_is_light() -> None:
    heavy = "{'numpy', 'scipy', 'fastapi', 'sklearn', 'sqlalchemy', 'matplotlib', 'openpyxl', 'httpx2'}"
    code = f"import sys, helpdesk.__main__; print(sorted({heavy} & set(sys.modules)))"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no polite way to stop a process")
def test_the_service_starts_answers_and_stops_in_good_order(copy_of_trained: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "helpdesk", "serve", "--root", str(copy_of_trained), "--port", str(port)]
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as process:
        wait_ready(f"http://127.0.0.1:{port}/readyz", 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (copy_of_trained / "var" / "helpdesk.db").is_file()
