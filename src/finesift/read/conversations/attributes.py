"""Attributes of spans: flat under names with dots, nested, or as OpenTelemetry's protocol lists them.

Source: the JSON encoding of OTLP (`{"key": …, "value": {"stringValue": …}}`), and the columns that Phoenix exports.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Record = dict[str, Any]
Load = Callable[[str], Any]

_VALUES = ("stringValue", "intValue", "doubleValue", "boolValue", "bytesValue")
_DEEPEST = 12


def attributes_of(record: Record) -> Record | None:
    """The attributes of a span under names with dots; None where it has none. Lists stay as they are."""
    inner = record.get("attributes")
    if isinstance(inner, list):
        inner = {
            entry["key"]: plain(entry.get("value"))
            for entry in inner
            if isinstance(entry, dict) and isinstance(entry.get("key"), str)
        }
    if isinstance(inner, dict):
        return _flat(inner)
    columns = {
        name.removeprefix("attributes."): v for name, v in record.items() if name.startswith("attributes.")
    }
    return columns or record


def without_attributes(record: Record, used: set[str]) -> Record:
    """The record with those attributes that nobody used."""
    found = attributes_of(record) or {}
    left = {name: value for name, value in found.items() if name not in used}
    if found is record:
        return left
    rest = {
        name: v for name, v in record.items() if name != "attributes" and not name.startswith("attributes.")
    }
    return {**rest, "attributes": left} if left else rest


def nested(attributes: Record, prefix: str, used: set[str]) -> Any:
    """What stands below a name: the value itself, or the object or list that `name.0.a.b` spell; else None.

    used: gets the names that were taken.
    """
    if prefix in attributes:
        used.add(prefix)
        return _opened(attributes[prefix])
    found: Record = {}
    for name, value in attributes.items():
        if name.startswith(f"{prefix}."):
            used.add(name)
            _put(found, name[len(prefix) + 1 :].split("."), value)
    return _listed(found) if found else None


def parsed(value: Any, load: Load) -> Any:
    """JSON that stands as text; any other value, and what is no JSON, as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return load(value)
        except ValueError:
            return value
    return value


def events_of(record: Record, load: Load) -> list[tuple[str, Record]]:
    """The events of a span by name: on the span, as its attribute `events`, or as log records with a body."""
    listed = parsed(record.get("events"), load)
    inner = record.get("attributes")
    if not isinstance(listed, list) and isinstance(inner, dict):
        listed = parsed(inner.get("events"), load)
    events = []
    for event in listed if isinstance(listed, list) else []:
        if not isinstance(event, dict):
            continue
        fields = attributes_of(event) or {}
        if fields is not event:
            # A log record holds in its body what an event holds in its attributes.
            body = parsed(event.get("body"), load)
            fields = {**fields, **(body if isinstance(body, dict) else {})}
        name = event.get("event.name", event.get("name", event.get("event_name", fields.get("event.name"))))
        if isinstance(name, str):
            events.append((name, fields))
    return events


def _flat(value: Record, above: str = "", depth: int = _DEEPEST) -> Record:
    found: Record = {}
    for name, inner in value.items():
        if isinstance(inner, dict) and inner and depth:
            found |= _flat(inner, f"{above}{name}.", depth - 1)
        else:
            found[f"{above}{name}"] = inner
    return found


def plain(value: Any, depth: int = _DEEPEST) -> Any:
    """A value of OTLP's, without the name of its type."""
    if not isinstance(value, dict) or not depth:
        return value
    for name in _VALUES:
        if name in value:
            return value[name]
    if isinstance(listed := value.get("arrayValue"), dict):
        return [plain(entry, depth - 1) for entry in listed.get("values") or []]
    if isinstance(pairs := value.get("kvlistValue"), dict):
        return {
            pair["key"]: plain(pair.get("value"), depth - 1)
            for pair in pairs.get("values") or []
            if isinstance(pair, dict) and isinstance(pair.get("key"), str)
        }
    return value


def _opened(value: Any) -> Any:
    """A list whose objects have names with dots, `message.role`, as nested objects."""
    if not isinstance(value, list):
        return value
    opened: list[Any] = []
    for entry in value:
        if not isinstance(entry, dict):
            opened.append(entry)
            continue
        found: Record = {}
        for name, inner in entry.items():
            _put(found, name.split("."), _opened(inner))
        opened.append(_listed(found))
    return opened


def _put(found: Record, path: list[str], value: Any) -> None:
    if len(path) > _DEEPEST:
        return
    *above, name = path
    for step in above:
        inner = found.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        found = inner
    found[name] = value


def _listed(found: Any) -> Any:
    """Objects whose names are numbers are lists."""
    if not isinstance(found, dict):
        return found
    inner = {name: _listed(value) for name, value in found.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
