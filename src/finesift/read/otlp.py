"""Files of OpenTelemetry: spans and log records within their wrappers, and log records that are rows of their own.

A collector writes `{"resourceSpans": [{"scopeSpans": [{"spans": […]}]}]}`, a batch a line, and logs likewise: each span
becomes a row, numbered as they come. Log records that are events of one conversation (`gen_ai.user.message`, …) become
one row for each span that they belong to. All records of such a file are held at once.

Source: https://opentelemetry.io/docs/specs/otlp/, JSON encoding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from finesift.read.conversations.attributes import attributes_of, plain
from finesift.read.records.record import Block, Unreadable
from finesift.read.whole_files import begun, in_blocks, object_in

_WRAPPERS = (("resourceSpans", "scopeSpans", "spans"), ("resourceLogs", "scopeLogs", "logRecords"))
_SPAN = ("spanId", "span_id", "traceId", "trace_id")
_NAMES = ("eventName", "event_name", "event.name", "name")


def joined(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks of a file, as they are, or of its spans and conversations where its first row is OpenTelemetry's."""
    first, blocks = begun(blocks)
    if not any(wrapper[0] in first for wrapper in _WRAPPERS) and not _is_event(first):
        yield from blocks
        return
    refused: list[tuple[int, bytes, Unreadable]] = []
    lines: list[bytes] = []
    events: dict[str, dict[str, Any]] = {}
    done = 0
    for block in blocks:
        refused += block.refused
        done = block.done
        for raw in block.raws:
            if raw.strip():
                _add(raw, lines, events)
    lines += [orjson.dumps(record) for record in events.values()]
    yield from in_blocks(list(enumerate(lines, 1)), done, refused)


def _add(raw: bytes, lines: list[bytes], events: dict[str, dict[str, Any]]) -> None:
    """Adds what a line holds: its spans and other records to the lines, its events to those of their span."""
    record = object_in(raw)
    held = list(_within(record))
    if not held and not _is_event(record):
        lines.append(raw)
        return
    for one in held or [record]:
        if not _is_event(one):
            lines.append(orjson.dumps(one))
            continue
        ids = {name: one[name] for name in _SPAN if one.get(name)}
        whole = events.setdefault(orjson.dumps(ids).decode(), {**ids, "events": []})
        fields = {"attributes": attributes_of(one) or {}, "body": plain(one.get("body"))}
        whole["events"].append({"name": _name(one), **fields})


def _within(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for outer, inner, innermost in _WRAPPERS:
        for resource in _objects(record.get(outer)):
            for scope in _objects(resource.get(inner)):
                yield from _objects(scope.get(innermost))


def _is_event(record: dict[str, Any]) -> bool:
    """Whether a record is a log record that says a message of a conversation."""
    return "body" in record and any(name in record for name in _SPAN) and _name(record).startswith("gen_ai.")


def _name(record: dict[str, Any]) -> str:
    known = (attributes_of(record) or {}) if "attributes" in record else {}
    given = next((held[name] for held in (record, known) for name in _NAMES if held.get(name)), "")
    return given if isinstance(given, str) else ""


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
