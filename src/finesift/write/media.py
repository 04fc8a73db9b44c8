"""Pictures, recordings and files, back in their places: what `finesift.read` took out of messages and rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import polars as pl

#: Columns that `with_media` adds to turns: the content as a JSON list of parts, and other fields as JSON members.
CONTENT, FIELDS = "content_json", "fields_json"

# All that stands in a row and in a message otherwise.
_KNOWN = {"id", "messages", "prompt", "chosen", "rejected", "completion", "text", "tools", "label", "extra"}
_KNOWN_OF_MESSAGE = {"role", "content", "reasoning_content", "tool_calls", "tool_call_id", "name", "train"}
_ROWS = pl.Schema({"example": pl.UInt32, "fields": pl.String})


def with_media(turns: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The turns with CONTENT and FIELDS where any holds media, and the rows' own fields: example, fields.

    A Python loop over turns that hold something: what they hold is far more than what it costs.
    """
    if turns["media"].null_count() == turns.height:
        return turns, _ROWS.to_frame()
    written: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for example, turn, content, media in (
        turns.drop_nulls("media").select("example", "turn", "content", "media").iter_rows()
    ):
        held = orjson.loads(media)["held"]
        parts = [entry for entry in held if "part" in entry]
        own = {entry["field"]: entry["value"] for entry in held if "field" in entry}
        beside = {entry["row"]: entry["value"] for entry in held if "row" in entry}
        written.append(
            {
                "example": example,
                "turn": turn,
                CONTENT: orjson.dumps(_parts(content or "", parts)).decode() if parts else None,
                FIELDS: _members(own) if own else None,
            }
        )
        if beside:
            rows.append({"example": example, "fields": _members(beside)})
    schema = {"example": pl.UInt32, "turn": pl.UInt32, CONTENT: pl.String, FIELDS: pl.String}
    found = pl.DataFrame(written, schema=schema)
    return (
        turns.join(found, on=["example", "turn"], how="left", maintain_order="left"),
        pl.DataFrame(rows, schema=_ROWS),
    )


def has_media(row: Mapping[str, Any]) -> bool:
    """Whether a row as it is written holds what is no text: a content of parts, or a field beside the known ones."""
    return has_fields(row) or any(isinstance(message.get("content"), list) for message in _messages(row))


def has_fields(row: Mapping[str, Any]) -> bool:
    """Whether a row as it is written holds it in fields beside the known ones, its own or a message's."""
    return not row.keys() <= _KNOWN or any(
        not message.keys() <= _KNOWN_OF_MESSAGE for message in _messages(row)
    )


def _messages(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    parts = ("messages", "prompt", "chosen", "rejected", "completion")
    return [message for name in parts for message in row.get(name) or ()]


def _parts(content: str, held: list[dict[str, Any]]) -> list[Any]:
    """The content as typed parts. A text that was shortened since keeps what stood behind its end at its end."""
    parts: list[Any] = []
    done = 0
    for entry in held:
        at = max(done, min(entry["at"], len(content)))
        if at > done:
            parts.append({"type": "text", "text": content[done:at]})
        parts.append(entry["part"])
        done = at
    if done < len(content):
        parts.append({"type": "text", "text": content[done:]})
    return parts


def _members(fields: dict[str, Any]) -> str:
    """Fields of a JSON object, without its braces."""
    return orjson.dumps(fields).decode()[1:-1]
