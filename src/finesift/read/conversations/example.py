"""A record on its way to becoming an example: its fields are taken one by one, and the rest is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from finesift.read.conversations.messages import message_turns
from finesift.read.conversations.turn import Reading, Turn
from finesift.read.fields import Fields, folded, resolve

# What a data frame writes for a missing value when it writes text.
MISSING = ("nan", "NaN", "None", "null", "NULL", "<NA>")


@dataclass(slots=True)
class Example:
    """turns: of the part `messages`; a preference pair has its two ends in `chosen` and `rejected`."""

    shape: str
    turns: list[Turn]
    chosen: list[Turn] = field(default_factory=list)
    rejected: list[Turn] = field(default_factory=list)
    tools: str | None = None
    label: bool | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def all_turns(self) -> list[Turn]:
        return self.turns + self.chosen + self.rejected


class Row:
    """A record whose fields are taken slot by slot; what nobody takes is its `rest`."""

    def __init__(self, record: dict[str, Any], reading: Reading) -> None:
        self.record = record
        self.reading = reading
        self.fields: Fields = resolve(record, reading.options.columns)
        self.taken: set[str] = set()
        self.noted: set[str] = set()  # not taken, and a note says so

    def name(self, slot: str) -> str | None:
        """The field that fills a slot: the first that is not empty, else the first that is not null."""
        given = [name for name in self.fields.slots.get(slot, ()) if self.record[name] is not None]
        return next(
            (name for name in given if self.record[name] not in ("", [])), given[0] if given else None
        )

    def value(self, slot: str) -> Any:
        """The value of a slot, or None; it is not taken yet."""
        name = self.name(slot)
        return None if name is None else self.record[name]

    def take(self, slot: str) -> Any:
        """The value of a slot, or None. Other fields that compete for it are noted, and stay in `rest`."""
        name = self.name(slot)
        if name is None:
            return None
        self.taken.add(name)
        value = self.record[name]
        for other in self.fields.slots[slot]:
            if other != name and _trimmed(self.record[other]) not in (None, "", [], _trimmed(value)):
                self.reading.note("competing_fields", f'"{name}" was read as the {slot}, not "{other}"')
                self.noted.add(other)
        return value

    @property
    def rest(self) -> dict[str, Any]:
        return {
            name: value for name, value in self.record.items() if name not in self.taken and value is not None
        }


def _trimmed(value: Any) -> Any:
    """Space around a text makes it no other text."""
    return value.strip() if isinstance(value, str) else value


def with_system(row: Row, turns: list[Turn]) -> list[Turn]:
    """The turns behind the row's own system prompt, where it has one."""
    value = row.value("system")
    name = str(row.name("system"))
    if isinstance(value, str) and value.strip() in MISSING:
        row.noted.add(name)
        row.reading.note("unread_field", f'"{name}" says "{value}", as data frames do for nothing; left out')
        return turns
    if not value or not isinstance(value, (str, list, dict)):
        return turns
    system = message_turns({"role": "system", "content": value}, f'"{name}"', row.reading)
    if turns and turns[0].role == "system" and system[0].content not in ("", turns[0].content):
        row.reading.note("competing_fields", f'the first message was read as the system prompt, not "{name}"')
        row.noted.add(name)
        return turns
    row.take("system")
    if folded(name) not in ("system", "system_prompt", "system_message"):
        # It may be a note to those who wrote the conversation.
        row.reading.note("repair", f'"{name}" was read as the system prompt')
    return turns if not system[0].content or turns[:1] == system else system + turns
