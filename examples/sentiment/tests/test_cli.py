"""The verbs on the command line: what they say, and one line when they cannot."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from projects import ROOT

from sentiment.__main__ import main
from sentiment.portfolio.probe import wait_ready

if TYPE_CHECKING:
    from pathlib import Path


def test_predict_answers_with_its_reasons(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "An excellent pan.", "--root", str(trained)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["words"]) == 3


def test_predict_answers_for_a_file(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "reviews.txt").write_text("Good, solid.\n\nAwful.\n", encoding="utf-8")
    assert main(["predict", "--file", str(tmp_path / "reviews.txt"), "--root", str(trained)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "label,probability,text"
    assert lines[1].endswith(',"Good, solid."')
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["predict", " "], "text is only blanks"),
        (["predict", "x" * 6_000], "text is 6,000 characters long"),
        (["predict", "--file", "nowhere.txt"], "nowhere.txt: No such file"),
        (["train", "--base-model", "./nowhere/at/all"], "./nowhere/at/all: no such folder"),
        (["drift", "--current", "nowhere.txt"], "nowhere.txt: No such file"),
        (["rollback"], "no earlier model to go back to"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    trained: Path, arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--root", str(trained)]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("error: ")
    assert expected in said


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("train", "data/manifest.json: no such file; run `python -m sentiment data` first"),
        ("evaluate", "data/manifest.json: no such file"),
        ("bench", "no trained model in models/"),
        ("serve", "no trained model in models/; run `python -m sentiment train` first"),
    ],
)
def test_verbs_out_of_order_say_which_comes_first(
    untrained: Path, verb: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--root", str(untrained)]) == 1
    assert expected in capsys.readouterr().err


def test_wrong_usage_ends_in_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["sing"], ["data", "--rows", "0"], ["bench", "--tokens", "2"], ["predict"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_help_is_light() -> None:
    heavy = "{'numpy', 'torch', 'onnxruntime'}"
    code = f"import sys, sentiment.__main__; print(sorted({heavy} & set(sys.modules)))"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no polite way to stop a process")
def test_the_service_starts_answers_and_stops_in_good_order(trained: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "sentiment", "serve", "--root", str(trained), "--port", str(port)]
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as process:
        wait_ready(f"http://127.0.0.1:{port}/readyz", 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
