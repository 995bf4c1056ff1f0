"""The drift check: silent on texts like those of the training, loud on others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sentiment.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

    from sentiment.model.split import Parts


def written(path: Path, texts: list[str]) -> list[str]:
    lines = [
        json.dumps({"text": text}) if path.suffix == ".jsonl" else " ".join(text.split()) for text in texts
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ["drift", "--current", str(path)]


@pytest.mark.parametrize("name", ["week.jsonl", "week.txt"])
def test_silent_on_the_same_kind_of_texts(
    copy_of_trained: Path, parts: Parts, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [review.text for review in (*parts.validation, *parts.seen, *parts.train[::4])]
    assert main([*written(tmp_path / name, texts), "--root", str(copy_of_trained)]) == 0
    assert "no alarm in" in capsys.readouterr().out


def test_loud_on_texts_of_another_kind(
    copy_of_trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [f"Wo bleibt meine Bestellung Nummer {n}? Bitte melden." for n in range(300)]
    assert main([*written(tmp_path / "week.txt", texts), "--root", str(copy_of_trained)]) == 1
    said = capsys.readouterr().err
    assert "share of unknown words" in said
    assert "| share of unknown words |" in (copy_of_trained / "reports/drift.md").read_text(encoding="utf-8")


def test_few_texts_give_no_verdict(
    copy_of_trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*written(tmp_path / "week.txt", ["Good."] * 20), "--root", str(copy_of_trained)]) == 0
    assert "no verdict on 20 texts of week.txt: at least 200 are needed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b'{"text": "a"}\n{"txt": 1}\n', "a.jsonl:2: no text", id="a.jsonl, no text"),
        pytest.param(b'{"text": "a"\n', "a.jsonl:1: not JSON, or cut off", id="a.jsonl, cut off"),
        pytest.param(b"\n\n", "a.txt: no texts in it", id="a.txt, empty"),
        pytest.param(b"good\n\xff\n", "a.txt:2: not UTF-8", id="a.txt, latin"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_line(
    trained: Path, tmp_path: Path, content: bytes, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / expected.partition(":")[0]
    path.write_bytes(content)
    assert main(["drift", "--current", str(path), "--root", str(trained)]) == 1
    assert expected in capsys.readouterr().err
