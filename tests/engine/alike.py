"""What two runs over the same rows must have in common: everything but when and how fast."""

import orjson
import polars as pl

TABLES = [
    "examples",
    "turns",
    "findings",
    "decisions",
    "splits",
    "near",
    "alike",
    "held_out",
    "leaks",
    "edits",
    "masks",
]


def lines(path):
    return path.read_bytes().splitlines() if path.exists() else []


def table(run, name):
    frame = pl.read_parquet(run.path / f"{name}.parquet")
    return frame.sort(frame.columns, nulls_last=True)


def parsed(rows):
    """Lines as objects, findings in one order: of several about one place it is not fixed."""
    found = [orjson.loads(row) for row in rows]
    for row in found:
        if "findings" in row:
            row["findings"].sort(key=lambda one: orjson.dumps(one, option=orjson.OPT_SORT_KEYS))
    return found


def assert_alike(one, other):
    """one, other: runs. Raises AssertionError where anything differs that is about the rows."""
    assert set(one.manifest["outputs"]) == set(other.manifest["outputs"])
    for name in ["sealed/findings", *(f"tables/{name}" for name in TABLES)]:
        here, there = table(one, name), table(other, name)
        assert here.schema == there.schema, name
        assert here.equals(there), (
            name,
            here.join(there, on=here.columns, how="anti", nulls_equal=True).head(3),
            there.join(here, on=here.columns, how="anti", nulls_equal=True).head(3),
        )
    for name in ("tokenized/train", "tokenized/validation", "sealed/test"):
        if f"{name}.parquet" in one.manifest["outputs"]:
            assert pl.read_parquet(one.path / f"{name}.parquet").equals(
                pl.read_parquet(other.path / f"{name}.parquet")
            ), name
    assert one.manifest["tokenizer"] == other.manifest["tokenizer"]
    for name, known in one.manifest["outputs"].items():
        if name.endswith((".jsonl", ".zst")):
            told = other.manifest["outputs"][name]
            if known["sha256"] != told["sha256"]:
                assert parsed(lines(one.path / name)) == parsed(lines(other.path / name)), name
            assert known["rows"] == told["rows"], name
    here, there = one.manifest["summary"], other.manifest["summary"]
    for key in here:
        assert here[key] == there[key], (key, here[key], there[key])
    assert one.manifest["verdict"] == other.manifest["verdict"]
