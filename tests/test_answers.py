"""Answers from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scaffolder.answers import load_data_file
from scaffolder.errors import DataFileError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("answers.yml", "licence: MIT\nweb: no\nworkers: 3\n"),
        ("answers.yml", "\ufefflicence: MIT\nweb: false\nworkers: 3\n"),
        ("answers.json", '{\t"licence": "MIT", "web": false, "workers": 3}'),
        (".copier-answers.yml", "_commit: v0.1.0\n_src_path: x\nlicence: MIT\nweb: false\nworkers: 3\n"),
    ],
)
def test_a_mapping_is_read(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert load_data_file(tmp_path / name) == {"licence": "MIT", "web": False, "workers": 3}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("a.yml", b"a: [1\n", "line 2", id="yaml"),
        pytest.param("a.yml", b"- a\n- b\n", "expected a mapping of questions to answers", id="list"),
        pytest.param("a.yml", b"", "expected a mapping", id="empty"),
        pytest.param("a.yml", b"just words", "expected a mapping", id="words"),
        pytest.param("a.yml", b"1: a\n", "expected a mapping", id="keys"),
        pytest.param("a.yml", b"a: 1\n---\nb: 2\n", "single document", id="documents"),
        pytest.param(
            "a.yml", b"a: !!python/object:os.system x\n", "could not determine a constructor", id="tag"
        ),
        pytest.param("a.yml", b"a: \xff\n", "can't decode byte", id="bytes"),
        pytest.param("a.json", b'{"a": 1,}', "line 1", id="json"),
    ],
)
def test_anything_else_is_refused_in_one_line(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataFileError, match=f"{name}: .*{words}") as caught:
        load_data_file(tmp_path / name)
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"nowhere.yml: No such file or directory"):
        load_data_file(tmp_path / "nowhere.yml")
    with pytest.raises(DataFileError, match=f"{tmp_path.name}: "):
        load_data_file(tmp_path)
