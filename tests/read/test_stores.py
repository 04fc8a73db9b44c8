"""Data in object stores: fetched once, and read as if it lay here."""

import json
from pathlib import Path

import pytest

from finesift.corpus import chat
from finesift.errors import InputError
from finesift.read import paths, read
from finesift.read.records import stores

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")


def lines(count, what):
    return "".join(json.dumps(chat(f"{what} {n}?", f"It is {n}.")) + "\n" for n in range(count)).encode()


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store in memory that holds a bucket of data."""
    monkeypatch.setenv("FINESIFT_CACHE", str(tmp_path / "cache"))
    store = fsspec.filesystem("memory")
    store.pipe("/bucket/raw/b.jsonl", lines(3, "Which"))
    store.pipe("/bucket/raw/a.jsonl", lines(2, "What"))
    store.pipe("/bucket/raw/notes.md", b"# Notes")
    store.pipe("/bucket/raw/.hidden/c.jsonl", lines(9, "Who"))
    stores.from_store.cache_clear()
    yield store
    store.rm("/bucket", recursive=True)
    stores.from_store.cache_clear()


@pytest.mark.parametrize(
    ("address", "rows"),
    [("memory://bucket/raw/a.jsonl", 2), ("memory://bucket/raw/*.jsonl", 5), ("memory://bucket/raw", 5)],
)
def test_a_file_a_pattern_or_a_folder_in_a_store(store, address, rows):
    assert read([address]).examples.height == rows


def test_what_is_unchanged_is_fetched_once_and_what_changed_anew(store, monkeypatch):
    [first] = paths(["memory://bucket/raw/a.jsonl"])
    stores.from_store.cache_clear()
    with monkeypatch.context() as context:
        context.setattr(type(store), "get_file", None)
        assert paths(["memory://bucket/raw/a.jsonl"]) == [first]
    stores.from_store.cache_clear()
    store.pipe("/bucket/raw/a.jsonl", lines(4, "What"))
    assert read(["memory://bucket/raw/a.jsonl"]).examples.height == 4


def test_what_is_fetched_by_half_has_no_name(store, tmp_path, monkeypatch):
    def broken(self, name, target, **_):
        with Path(target).open("wb") as file:
            file.write(b'{"messages"')
        raise ConnectionResetError("reset by peer")

    monkeypatch.setattr(type(store), "get_file", broken)
    with pytest.raises(InputError, match="reset by peer"):
        paths(["memory://bucket/raw/a.jsonl"])
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("memory://bucket/nothing.jsonl", "matches no file"),
        ("memory://bucket/raw/*.parquet", "matches no file"),
        ("https://example.com/rows.jsonl", "https:// is no store"),
        ("ftp://example.com/rows.jsonl", "ftp:// is no store"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(store, address, said):
    with pytest.raises(InputError, match=said):
        paths([address])


def test_a_store_whose_package_is_missing_says_which(store):
    try:
        import s3fs  # noqa: F401
    except ImportError:
        with pytest.raises(InputError) as refused:
            paths(["s3://bucket/raw/*.jsonl"])
        assert "pip install fsspec s3fs" in str(refused.value.hint)
