"""Every kind of file gives the same rows, whatever it is called and whatever it is packed in."""

import bz2
import contextlib
import gzip
import io
import json
import lzma
import subprocess
import sys
import zipfile

import polars as pl
import pyarrow as pa
import pytest
import zstandard

from finesift.errors import InputError
from finesift.read import paths, read

ROWS = [{"prompt": f'say "{n}",\nplease', "completion": f"é;\t{n}"} for n in range(4)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
TEXTS = [text for row in ROWS for text in row.values()]


def csv(separator=",", mark=False):
    return pl.DataFrame(ROWS).write_csv(separator=separator, include_bom=mark).encode()


def parquet():
    file = io.BytesIO()
    pl.DataFrame(ROWS).write_parquet(file)
    return file.getvalue()


def arrow(new):
    table, file = pa.Table.from_pylist(ROWS), io.BytesIO()
    with new(file, table.schema) as writer:
        writer.write_table(table)
    return file.getvalue()


def archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("folder/data.jsonl", LINES)
        members.writestr("__MACOSX/folder/._data.jsonl", b"\x00\x05\x16\x07")
    return file.getvalue()


KINDS = {
    "JSON lines": ("data.jsonl", LINES),
    "JSON lines called JSON": ("data.json", LINES),
    "JSON lines without an ending": ("data", LINES),
    "JSON lines called CSV": ("data.csv", LINES),
    "JSON lines called text": ("data.txt", LINES),
    "an array": ("data.json", json.dumps(ROWS).encode()),
    "an array called JSON lines": ("data.jsonl", json.dumps(ROWS, indent=2).encode()),
    "an object of arrays": ("data.json", json.dumps({k: [r[k] for r in ROWS] for k in ROWS[0]}).encode()),
    "an object that wraps the rows": ("data.json", json.dumps({"version": 1, "data": ROWS}).encode()),
    "values that follow one another": ("data.json", "".join(map(json.dumps, ROWS)).encode()),
    "indented values": ("data.json", "\n".join(json.dumps(row, indent=2) for row in ROWS).encode()),
    "CSV": ("data.csv", csv()),
    "CSV with a byte-order mark": ("data.csv", csv(mark=True)),
    "CSV with tabs": ("data.csv", csv("\t")),
    "CSV with semicolons": ("data.csv", csv(";")),
    "CSV called text": ("data.txt", csv()),
    "TSV": ("data.tsv", csv("\t")),
    "TSV with commas": ("data.tsv", csv()),
    "Parquet": ("data.parquet", parquet()),
    "Parquet called JSON lines": ("data.jsonl", parquet()),
    "Arrow": ("data.arrow", arrow(pa.ipc.new_file)),
    "an Arrow stream": ("data.arrow", arrow(pa.ipc.new_stream)),
    "Feather": ("data.feather", arrow(pa.ipc.new_file)),
    "gzip": ("data.jsonl.gz", gzip.compress(LINES)),
    "gzip without its ending": ("data.jsonl", gzip.compress(LINES)),
    "two gzip members": ("data.jsonl.gz", gzip.compress(LINES[:50]) + gzip.compress(LINES[50:])),
    "gzip of CSV": ("data.csv.gz", gzip.compress(csv())),
    "zstandard": ("data.jsonl.zst", zstandard.ZstdCompressor().compress(LINES)),
    "bzip2": ("data.jsonl.bz2", bz2.compress(LINES)),
    "xz": ("data.jsonl.xz", lzma.compress(LINES)),
    "zip": ("data.zip", archive()),
}


@pytest.mark.parametrize("name, data", KINDS.values(), ids=KINDS.keys())
def test_every_kind_of_file_gives_the_same_rows(corpus_of, name, data):
    corpus = corpus_of(data, name)
    assert corpus.unreadable.is_empty(), corpus.unreadable["error"].to_list()
    assert corpus.turns["content"].to_list() == TEXTS
    assert corpus.turns["role"].to_list() == ["user", "assistant"] * len(ROWS)


@pytest.mark.parametrize("kind", ["JSON lines", "an array", "CSV", "Parquet", "Arrow", "gzip", "zip"])
def test_standard_input_is_a_file_like_any_other(kind):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from finesift.read import read; import json;"
            "c = read(['-']); print(json.dumps([c.turns['content'].to_list(), c.examples['source'][0]]))",
        ],
        input=KINDS[kind][1],
        capture_output=True,
        check=True,
    )
    texts, source = json.loads(done.stdout)
    assert texts == TEXTS
    assert source.startswith("-")


@pytest.mark.parametrize("name", ["recipe.toml", "axolotl.yaml", "sft.yml"])
def test_settings_are_no_data(tmp_path, name):
    (tmp_path / name).write_text('[data]\ntrain = ["a.jsonl"]\n')
    with pytest.raises(InputError, match="settings, not data") as told:
        read([tmp_path / name])
    assert "--recipe" in told.value.hint


def test_a_glob_gives_its_files_in_order(tmp_path):
    for name in ("b.jsonl", "a.jsonl", "sub/c.jsonl", "d.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(LINES)
    assert paths([f"{tmp_path}/*.jsonl"]) == [f"{tmp_path}/a.jsonl", f"{tmp_path}/b.jsonl"]
    assert paths([f"{tmp_path}/**/*.jsonl"])[-1] == f"{tmp_path}/sub/c.jsonl"
    assert paths([tmp_path]) == [f"{tmp_path}/{name}" for name in ("a.jsonl", "b.jsonl", "sub/c.jsonl")]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path):
    path = tmp_path / "data[1].jsonl"
    path.write_bytes(LINES)
    assert read([path]).examples.height == 4


@pytest.mark.parametrize("writer", [pa.ipc.new_stream, pa.ipc.new_file])
def test_a_folder_that_datasets_saved_is_read_in_its_own_order(tmp_path, writer):
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    for split in ("train", "test"):
        folder = tmp_path / split
        folder.mkdir()
        (folder / "dataset_info.json").write_text("{}")
        (folder / "data-00000-of-00001.arrow").write_bytes(arrow(writer))
        (folder / "state.json").write_text(
            json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]})
        )
    corpus = read([tmp_path])
    assert corpus.turns["content"].to_list() == TEXTS * 2
    assert [source.split("/")[-2] for source in corpus.examples["source"]] == ["train"] * 4 + ["test"] * 4


def test_rows_that_datasets_selected_without_writing_them_are_refused(tmp_path):
    (tmp_path / "state.json").write_text('{"_data_files": [], "_indices_data_files": [{"filename": "i"}]}')
    with pytest.raises(InputError, match="selected or shuffled") as refused:
        read([tmp_path])
    assert "flatten_indices" in str(refused.value.hint)


@pytest.mark.parametrize("kind", ["gzip", "zstandard", "bzip2", "xz"])
def test_packed_data_that_is_cut_off_keeps_what_came_before_and_says_so(corpus_of, kind):
    rows = "".join(json.dumps({"text": f"{n * 7919 % 1000003:09d}" * 20}) + "\n" for n in range(20_000))
    pack = {
        "gzip": gzip.compress,
        "zstandard": lambda data: zstandard.ZstdCompressor().compress(data),
        "bzip2": bz2.compress,
        "xz": lzma.compress,
    }[kind]
    packed = pack(rows.encode())
    corpus = corpus_of(packed[: len(packed) // 2])
    assert corpus.examples.height > 1000
    assert "damaged or cut off here" in corpus.unreadable["error"][-1]


@pytest.mark.parametrize("data", [parquet(), arrow(pa.ipc.new_file)], ids=["Parquet", "Arrow"])
def test_a_damaged_table_is_named_and_gives_no_traceback(corpus_of, data):
    with pytest.raises(InputError, match="is damaged"):
        corpus_of(data[: len(data) // 2])


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, bytes(5000)])
def test_what_is_no_text_is_no_data(corpus_of, data):
    with pytest.raises(InputError, match="is no text"):
        corpus_of(data, "image.png")


def test_a_file_that_is_not_there_names_the_nearest(tmp_path):
    (tmp_path / "train.jsonl").write_bytes(LINES)
    with pytest.raises(InputError, match="there is no such file") as missing:
        read([tmp_path / "trian.jsonl"])
    assert "train.jsonl" in str(missing.value.hint)


def test_a_glob_that_matches_nothing_is_an_error(tmp_path):
    with pytest.raises(InputError, match="matches no file"):
        read([f"{tmp_path}/*.jsonl"])


def test_a_csv_cell_may_hold_line_breaks_and_rows_are_numbered_by_lines(corpus_of):
    corpus = corpus_of('prompt,completion\n"a\nb","c"\nd,e\n', "data.csv")
    assert corpus.turns["content"].to_list() == ["a\nb", "c", "d", "e"]
    assert corpus.examples["row"].to_list() == [2, 4]


def test_a_quote_that_is_never_closed_costs_its_line_alone(corpus_of):
    corpus = corpus_of('prompt,completion\na,b\n"c,d\ne,f\ng,h\n', "data.csv")
    assert corpus.turns["content"].to_list() == ["a", "b", "e", "f", "g", "h"]
    assert corpus.unreadable["row"].to_list() == [3]


@pytest.mark.parametrize(
    "content",
    [
        b'a,\xffb"c", {"context": 1},\r"z": 2, {"text": ["d"]}, e',
        b"prompt,completion\rWhat is it?,A reef.\rWhere?,There.\r",
        b"a" * 200_000 + b",b\n1,2\n",
    ],
)
def test_a_first_line_that_is_none_of_a_table_crashes_nothing(tmp_path, content):
    path = tmp_path / "data"
    path.write_bytes(content)
    with contextlib.suppress(InputError):
        assert read([str(path)]).rows
