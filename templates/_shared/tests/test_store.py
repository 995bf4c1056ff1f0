from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from parts import store
from parts.errors import ModelError, ModelMissing, ModelTampered
from parts.files import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"model.ubj": b"trees", "reference.npz": b"rows"}


def save(root: Path, number: int, **options: Any) -> str:
    return store.save(root, FILES, {"number": number}, **options)


def pointer(root: Path) -> Path:
    return root / "models" / "current"


def test_what_is_saved_is_in_use(tmp_path: Path) -> None:
    version = save(tmp_path, 1)
    stored = store.current(tmp_path)
    assert (stored.version, stored.metadata) == (version, {"number": 1})
    assert stored.file("model.ubj").read_bytes() == b"trees"
    assert pointer(tmp_path).is_file()
    assert not pointer(tmp_path).is_symlink()


def test_names_of_versions_sort_by_time_even_when_the_clock_is_set_back(tmp_path: Path) -> None:
    names = [save(tmp_path, 1)]
    later = tmp_path / "models" / ("29991231-235959-999999" + names[0][22:])
    (tmp_path / "models" / names[0]).rename(later)
    names = [later.name, save(tmp_path, 2), save(tmp_path, 3)]
    assert store.versions(tmp_path) == names == sorted(names)
    assert names[1].startswith("30000101-000000-000000-")


def test_saving_the_same_again_changes_nothing(tmp_path: Path) -> None:
    assert save(tmp_path, 1) == save(tmp_path, 1)
    assert len(store.versions(tmp_path)) == 1


def test_saving_the_same_again_repairs_a_damaged_version(tmp_path: Path) -> None:
    first, second = save(tmp_path, 0), save(tmp_path, 1)
    (tmp_path / "models" / second / "model.ubj").write_bytes(b"treed")
    assert save(tmp_path, 1) != second
    assert store.current(tmp_path).file("model.ubj").read_bytes() == b"trees"
    assert store.rollback(tmp_path) == first


def test_saving_repairs_a_damaged_pointer(tmp_path: Path) -> None:
    save(tmp_path, 1)
    pointer(tmp_path).write_text("../../etc", encoding="utf-8")
    save(tmp_path, 2)
    assert store.current(tmp_path).metadata == {"number": 2}


def test_without_a_model_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no trained model in models/; run 'train' first"):
        store.current(tmp_path)
    assert store.versions(tmp_path) == []


@pytest.mark.parametrize("name", [*FILES, "metadata.json", "manifest.json"])
def test_a_changed_byte_is_found(tmp_path: Path, name: str) -> None:
    path = tmp_path / "models" / save(tmp_path, 1) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelTampered, match=f"{name}: .*roll back or train again"):
        store.current(tmp_path)


@pytest.mark.parametrize("name", [*FILES, "metadata.json", "manifest.json"])
def test_a_missing_file_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "models" / save(tmp_path, 1) / name).unlink()
    with pytest.raises(ModelTampered, match=f"{name} is missing"):
        store.current(tmp_path)


@pytest.mark.parametrize(
    "text", ["../outside", "/etc", "", "v1", "20260101-000000-000000-abcdefabcde", "\x00"]
)
def test_a_pointer_to_elsewhere_is_refused(tmp_path: Path, text: str) -> None:
    save(tmp_path, 1)
    pointer(tmp_path).write_text(text, encoding="utf-8")
    with pytest.raises(ModelTampered, match="models/current: expected names of versions"):
        store.current(tmp_path)


def test_a_pointer_to_a_version_that_is_gone_is_refused(tmp_path: Path) -> None:
    save(tmp_path, 1)
    pointer(tmp_path).write_text("20260101-000000-000000-abcdefabcdef", encoding="utf-8")
    with pytest.raises(ModelTampered, match=r"manifest\.json is missing"):
        store.current(tmp_path)


def test_a_manifest_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "models" / "outside"
    outside.parent.mkdir()
    outside.write_bytes(b"x")
    manifest = json.dumps({"files": {"../outside": sha256_of(b"x")}}).encode()
    version = f"20260101-000000-000000-{sha256_of(manifest)[:12]}"
    (tmp_path / "models" / version).mkdir()
    (tmp_path / "models" / version / "manifest.json").write_bytes(manifest)
    pointer(tmp_path).write_text(version, encoding="utf-8")
    with pytest.raises(ModelTampered, match=r"\'\.\./outside\' is no plain file name"):
        store.current(tmp_path)


@pytest.mark.parametrize(
    "name", ["../model", "a/b", "a\\b", "", ".hidden", "C:x", "manifest.json", "metadata.json"]
)
def test_a_file_name_that_is_a_path_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="cannot be a file of a model version"):
        store.save(tmp_path, {name: b""}, {})
    assert not (tmp_path / "models").exists()


def test_a_file_that_was_not_stored_is_not_handed_out(tmp_path: Path) -> None:
    version = save(tmp_path, 1)
    (tmp_path / "models" / version / "extra.bin").write_bytes(b"planted")
    with pytest.raises(ModelTampered, match=r"no extra\.bin in its manifest"):
        store.current(tmp_path).file("extra.bin")


def test_a_failing_save_leaves_the_version_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = save(tmp_path, 1)

    def full(path: Path, content: bytes | str) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(store, "write_atomic", full)
    with pytest.raises(OSError, match="No space left"):
        save(tmp_path, 2)
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [first, "current"]
    assert store.current(tmp_path).version == first


def test_rollback_goes_back_and_says_when_it_cannot(tmp_path: Path) -> None:
    first, second = save(tmp_path, 1), save(tmp_path, 2)
    assert store.rollback(tmp_path) == first == store.current(tmp_path).version
    with pytest.raises(ModelMissing, match="no earlier model to go back to in models/; 2 stored"):
        store.rollback(tmp_path)
    assert store.versions(tmp_path) == [first, second]


def test_rollback_skips_a_version_that_was_rolled_back_from(tmp_path: Path) -> None:
    first, _bad = save(tmp_path, 1), save(tmp_path, 2)
    store.rollback(tmp_path)
    save(tmp_path, 3)
    assert store.rollback(tmp_path) == first


def test_rollback_refuses_a_damaged_version_and_changes_nothing(tmp_path: Path) -> None:
    first, second = save(tmp_path, 1), save(tmp_path, 2)
    (tmp_path / "models" / first / "model.ubj").write_bytes(b"treed")
    with pytest.raises(ModelTampered, match=r"model\.ubj: sha256 is"):
        store.rollback(tmp_path)
    assert store.current(tmp_path).version == second


def test_the_oldest_versions_go(tmp_path: Path) -> None:
    names = [save(tmp_path, number, keep=3) for number in range(5)]
    assert store.versions(tmp_path) == names[2:]
    assert pointer(tmp_path).read_text(encoding="utf-8").split() == names[:1:-1]


def test_pruning_never_takes_the_version_in_use(tmp_path: Path) -> None:
    names = [save(tmp_path, number) for number in range(4)]
    pointer(tmp_path).write_text(names[0], encoding="utf-8")
    store._prune(tmp_path, keep=1)
    assert store.versions(tmp_path) == [names[0], names[3]]


def test_nothing_to_keep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="keep is 0"):
        save(tmp_path, 1, keep=0)


def test_metadata_must_be_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.save(tmp_path, FILES, {"score": float("nan")})
    assert not (tmp_path / "models").exists()
