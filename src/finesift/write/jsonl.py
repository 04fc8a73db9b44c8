"""Rows as JSON lines, built from columns: no Python object per row of the training set."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import orjson
import polars as pl

from finesift.views import ends_example
from finesift.write.media import CONTENT, FIELDS, with_media

# Columns of `turns` under the names that trainers and chat templates know; True: the column is JSON already.
_MESSAGE = {
    "role": ("role", False),
    "content": ("content", False),
    "reasoning": ("reasoning_content", False),
    "tool_calls": ("tool_calls", True),
    "tool_call_id": ("tool_call_id", False),
    "name": ("name", False),
    "train": ("train", False),
}


def training_rows(examples: pl.DataFrame, turns: pl.DataFrame) -> pl.Series:
    """One JSON text per example, in the order of `examples`.

    A conversation is {"id", "messages"}, a pair {"id", "prompt", "chosen", "rejected"}, a rated answer
    {"id", "prompt", "completion", "label"}, plain text {"id", "text"}; then "tools" and "extra" where the row
    has them. Parts that are no text stand where they came from: in a message's content, which is then a list, or in
    fields of the message or row. `extra` holds the fields that were nothing else, so that none is lost.
    """
    if turns.is_empty():
        return pl.Series("json", [], dtype=pl.String)
    turns = turns.join(examples.select("example", "label", "shape"), on="example", maintain_order="left")
    turns, carried = with_media(turns)
    paired = (pl.col("part") != "messages").any().over("example")
    part = (
        pl.when(pl.col("shape") == "text")
        .then(pl.lit("text"))
        .when(pl.col("part") != "messages")
        .then(pl.col("part").cast(pl.String))
        .when(paired | (pl.col("label").is_not_null() & ~ends_example))
        .then(pl.lit("prompt"))
        .when(pl.col("label").is_not_null())
        .then(pl.lit("completion"))
        .otherwise(pl.lit("messages"))
    )
    whole = pl.col("part") == "text"
    parts = (
        turns.lazy()
        .with_columns(part=part)
        .with_columns(message=pl.when(whole).then(_json("content")).otherwise(_object(turns, _MESSAGE)))
        .group_by("example", "part", maintain_order=True)
        .agg(pl.col("message").str.join(","))
        .with_columns(pl.when(whole).then("message").otherwise(pl.format("[{}]", "message")).alias("message"))
        .group_by("example", maintain_order=True)
        .agg(pl.format('"{}":{}', "part", "message").str.join(",").alias("parts"))
        .collect()
    )
    rows = examples.join(parts, on="example", how="left", maintain_order="left").join(
        carried, on="example", how="left", maintain_order="left"
    )
    fields = [pl.format('"id":{}', _json("id")), pl.col("parts"), pl.col("fields")]
    fields += [
        pl.format(f'"{name}":{{}}', pl.col(name).cast(pl.String)) for name in ("tools", "label", "extra")
    ]
    return rows.select(
        pl.format("{{{}}}", pl.concat_str(fields, separator=",", ignore_nulls=True)).alias("json")
    ).to_series()


def reasoned_rows(rows: pl.DataFrame, findings: pl.DataFrame) -> Iterator[bytes]:
    """JSON lines of rows in their original form, with the outcome, the reason and the evidence.

    rows: examples joined with decisions and originals. A Python loop: it costs less than parsing did.
    """
    evidence: dict[int, list[dict[str, object]]] = {}
    for found in findings.filter(pl.col("example").is_in(rows["example"].implode())).iter_rows(named=True):
        number = found.pop("example")
        evidence.setdefault(number, []).append({k: v for k, v in found.items() if v is not None})
    for row in rows.select(
        "example", "id", "source", "row", "outcome", "check", "by", "why", "raw"
    ).iter_rows(named=True):
        number, raw = row.pop("example"), row.pop("raw")
        yield orjson.dumps(row | {"findings": evidence.get(number, [])} | _original(raw))


def unreadable_rows(unreadable: pl.DataFrame) -> Iterator[bytes]:
    """JSON lines of what could not be read: where, why, what to do, and the bytes themselves."""
    for row in unreadable.iter_rows(named=True):
        raw = row.pop("raw")
        try:
            kept = {"raw": raw.decode()}
        except UnicodeDecodeError:
            kept = {"raw_base64": base64.b64encode(raw).decode()}
        yield orjson.dumps(row | kept)


def _original(raw: bytes) -> dict[str, object]:
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {"original_text": raw.decode(errors="replace")}
    return {"original": orjson.Fragment(raw)}


def _object(frame: pl.DataFrame, columns: dict[str, tuple[str, bool]]) -> pl.Expr:
    """JSON objects of the columns that are not null; a column that is null throughout costs nothing."""
    used = [name for name in columns if name == "content" or frame[name].null_count() < frame.height]
    fields = []
    for name in used:
        key, is_json = columns[name]
        value = pl.col(name) if is_json else _json(name)
        if name == "content":
            # A message of nothing at all says so: without the field it would not be read again.
            silent = pl.col("content").is_null() & pl.col("tool_calls").is_null()
            value = pl.when(silent).then(pl.lit("null")).otherwise(value)
        if name == "content" and CONTENT in frame.columns:
            value = pl.coalesce(CONTENT, value)
        fields.append(pl.format(f'"{key}":{{}}', value))
    if FIELDS in frame.columns:
        fields.append(pl.col(FIELDS))
    return pl.format("{{{}}}", pl.concat_str(fields, separator=",", ignore_nulls=True))


def _json(name: str) -> pl.Expr:
    """A string or boolean column as JSON text; null stays null."""
    value = pl.col(name)
    encoded = pl.struct(value.alias("v")).struct.json_encode().str.strip_prefix('{"v":').str.strip_suffix("}")
    return pl.when(value.is_not_null()).then(encoded)


def touched_items(found: pl.DataFrame) -> Iterator[bytes]:
    """A line per held-out item that rows were found to hold: its set and item, and the rows, strongest first.

    found: set, item, id, check, score and fate, sorted by set and item.
    """
    by_item = found.sort("set", "item", "score", descending=[False, False, True]).group_by(
        "set", "item", maintain_order=True
    )
    for name, item, rows in by_item.agg(rows=pl.struct("id", "check", "score", "fate")).iter_rows():
        rounded = [{**row, "score": round(row["score"], 3)} for row in rows]
        yield orjson.dumps({"set": name, "item": item, "rows": rounded})
