"""Evidence of a run, read from files that a run wrote and from ones that nothing honest wrote."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from scaffolder import evidence
from scaffolder.evidence import BadEvidence

EXAMPLES = Path(__file__).parent.parent / "examples"
GOOD = (EXAMPLES / "predictive-maintenance" / evidence.METRICS).read_bytes()


def changed(**parts: Any) -> bytes:
    return json.dumps(json.loads(GOOD) | parts).encode()


def refused(content: bytes) -> str:
    with pytest.raises(BadEvidence) as error:
        evidence.parse(content)
    message = str(error.value)
    assert message.startswith("reports/metrics.json: ")
    assert message.endswith("; write it again with the project's evaluate")
    assert len(message.splitlines()) == 1
    assert len(message) < 500
    return message


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob(f"*/{evidence.METRICS}")), ids=lambda path: path.parts[-3]
)
def test_evidence_of_the_examples_is_valid(path: Path) -> None:
    found = evidence.read(path.parents[1])
    assert found == json.loads(path.read_text(encoding="utf-8"))


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert evidence.read(tmp_path) is None
    assert evidence.read(tmp_path / "nowhere") is None
    (tmp_path / "reports").write_text("a file")
    assert evidence.read(tmp_path) is None


def test_a_byte_order_mark_does_no_harm() -> None:
    assert evidence.parse(b"\xef\xbb\xbf" + GOOD) == json.loads(GOOD)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON, or only half of it"),
        (GOOD[:2000], "not JSON, or only half of it"),
        (GOOD[:-2], "not JSON, or only half of it"),
        (GOOD + b"}", "not JSON"),
        (b"\xff\xfe{}", "not UTF-8 text"),
        (GOOD.replace(b"AI4I", b"\xff"), "not UTF-8 text"),
        (b"\0" * 100, "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 100_000, "not JSON"),
        (b"[]", "expected evidence of schema 1, found schema None"),
        (b"3", "found schema None"),
        (b"null", "found schema None"),
        (b"{}", "found schema None"),
        (changed(schema=2), "found schema 2"),
        (changed(schema="1"), "found schema '1'"),
        (changed(schema=True), "found schema True"),
        (changed(schema=["x" * 10_000]), "expected evidence of schema 1"),
        (changed(metrics=[]), "$.metrics: "),
        (changed(surprise=1), "'surprise' was unexpected"),
        (changed(headline={"metric": "x"}), "$.headline: "),
        (changed(metrics="x" * 10_000), "$.metrics: "),
        (GOOD.replace(b"0.923543", b"NaN"), "NaN is no figure"),
        (GOOD.replace(b"0.923543", b"-Infinity"), "-Infinity is no figure"),
        (GOOD.replace(b"0.923543", b"1e999"), "1e999 is no figure"),
        (GOOD.replace(b"0.923543", b"9" * 400), "is no figure"),
        (GOOD.replace(b"0.923543", b"9" * 10_000), "is no figure"),
        (GOOD.replace(b"0.923543", b'"0.92"'), "$.headline.value: "),
        (GOOD.replace(b"AI4I", b"\\ud800"), "not UTF-8 text"),
        (changed(facts={"x" * 1000: ["y" * 1000]}), "$.facts."),
        (GOOD.replace(b'"schema": 1', b'"schema": ' + b"[" * 900 + b"]" * 900), "found schema [[[[[["),
        (changed(metrics=[{}] * 100_000), "$.metrics[0]: "),
        (changed(artifact={"path": "/etc/passwd", "bytes": 1, "sha256": "0" * 64}), "$.artifact.path: "),
    ],
)
def test_what_cannot_be_relied_on_is_refused_in_one_line(content: bytes, says: str) -> None:
    assert says in refused(content)


def test_a_text_in_other_scripts_is_a_text() -> None:
    content = GOOD.replace(b"AI4I", "\\u6c34泵\\ud83d\\ude00".encode())
    assert "水泵😀" in evidence.parse(content)["data"]["name"]


def test_a_file_of_50_mb_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / evidence.METRICS
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(BadEvidence, match=r"metrics\.json: larger than \d+ MB; write it again"):
        evidence.read(tmp_path)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / evidence.METRICS).mkdir(parents=True)
    with pytest.raises(BadEvidence, match=r"metrics\.json: "):
        evidence.read(tmp_path)


@pytest.mark.skipif(
    sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="as root all may be read",
)
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / evidence.METRICS
    path.parent.mkdir()
    path.write_bytes(GOOD)
    path.chmod(0)
    with pytest.raises(BadEvidence, match="Permission denied"):
        evidence.read(tmp_path)


def test_markup_in_evidence_is_kept_as_text() -> None:
    attack = "<script>alert(1)</script>"
    assert evidence.parse(GOOD.replace(b"AI4I", attack.encode()))["data"]["name"].count(attack) == 1
