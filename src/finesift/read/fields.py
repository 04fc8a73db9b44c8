"""What a row's fields are called, and which of them is what.

A slot is what a field means; its names are tried in order. `columns` of the recipe outranks them:
{ my_question = "prompt", my_reply = "completion" }, to a slot or to any name that a slot is known by. A name with dots
leads into objects, { "payload.answer" = "completion" }; "role" and "content" are those of messages.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finesift.errors import UsageError

SLOTS: dict[str, tuple[str, ...]] = {
    "messages": (
        "messages",
        "conversations",
        "conversation",
        "dialogue",
        "dialog",
        "chat",
        "chat_messages",
        "utterances",
        "contents",
    ),
    "prompt": ("instruction", "prompt", "question", "query", "problem", "user"),
    "completion": (
        "completion",
        "output",
        "response",
        "answer",
        "best_answer",
        "solution",
        "assistant",
        "reply",
    ),
    "context": ("context", "input"),
    "system": (
        "system",
        "system_prompt",
        "system_message",
        "system_instruction",
        "system_instructions",
        "sys_prompt",
        "preamble",
        "instructions",
    ),
    "history": ("history",),
    "reasoning": (
        "reasoning",
        "reasoning_content",
        "thinking",
        "thought",
        "thoughts",
        "reasoning_trace",
        "thinking_trajectory",
        "chain_of_thought",
        "cot",
        "complex_cot",
        "deepseek_reasoning",
        "reasoning_details",
        "thinking_blocks",
        "thinking_content",
        "reasoning_text",
        "tool_plan",
    ),
    "chosen": (
        "chosen",
        "chosen_messages",
        "chosen_response",
        "chosen_completion",
        "preferred_output",
        "preferred",
        "preferred_response",
    ),
    "rejected": (
        "rejected",
        "rejected_messages",
        "rejected_response",
        "rejected_completion",
        "rejected_output",
        "non_preferred_output",
        "dispreferred",
        "non_preferred",
    ),
    "label": (
        "label",
        "labels",
        "kto_tag",
        "desirable",
        "is_desirable",
        "is_correct",
        "correct",
        "is_good",
        "feedback",
        "user_feedback",
        "thumbs",
        "thumb",
        "liked",
        "accepted",
    ),
    "tools": ("tools", "functions", "function", "available_tools", "tool_schemas", "function_declarations"),
    "text": ("text", "content", "document"),
}
# These mean a completion only where nothing else does: benchmarks use them, and so do many other columns.
WEAK_COMPLETIONS = ("target", "canonical_solution", "code")

#: What a message calls who says it.
ROLE_KEYS = ("role", "from", "speaker", "author", "sender")
#: And what was said.
CONTENT_KEYS = ("content", "value", "text", "message", "parts", "utterance")
#: Targets of `columns` that name what a message has, not what a row has.
OF_MESSAGES = ("role", "content")

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
SLOT_OF = {name: slot for slot, names in SLOTS.items() for name in names}


@dataclass(frozen=True, slots=True)
class Fields:
    """The names of a row's fields by slot, the best first, and the names that fill no slot."""

    slots: Mapping[str, tuple[str, ...]]
    rest: tuple[str, ...]

    def __contains__(self, slot: str) -> bool:
        return slot in self.slots


def resolve(names: Iterable[str], columns: Mapping[str, str]) -> Fields:
    """Which field is what. Depends on the names alone, so it is done once for all rows that look alike."""
    found: dict[str, list[str]] = {}
    mapped: dict[str, list[str]] = {}
    rest: list[str] = []
    for name in names:
        if name in columns and columns[name] != "role":
            mapped.setdefault(SLOT_OF[columns[name]], []).append(name)
        elif slot := SLOT_OF.get(name) or SLOT_OF.get(folded(name)):
            found.setdefault(slot, []).append(name)
        else:
            rest.append(name)
    for slot, given in found.items():
        given.sort(key=lambda name, known=SLOTS[slot]: known.index(folded(name)))  # type: ignore[misc]
    for slot, given in mapped.items():
        # What the recipe names competes with nothing.
        rest += found.pop(slot, [])
        found[slot] = given
    if "messages" not in found:
        _settle_single_turns(found, rest)
    return Fields({slot: tuple(given) for slot, given in found.items()}, tuple(rest))


def _settle_single_turns(found: dict[str, list[str]], rest: list[str]) -> None:
    """`instructions` or `input` is a prompt where nothing else is; so is `text` where it has an answer."""
    paired = "chosen" in found or "rejected" in found
    if (
        not paired
        and "completion" not in found
        and (weak := [name for name in WEAK_COMPLETIONS if name in rest])
    ):
        found["completion"] = weak[:1]
        rest.remove(weak[0])
    if "prompt" in found or not (paired or "completion" in found):
        return
    if asked := [name for name in found.get("system", ()) if folded(name) == "instructions"]:
        found["prompt"] = asked
        found["system"] = [name for name in found["system"] if name not in asked]
        if not found["system"]:
            del found["system"]
        return
    for slot in ("context", "text"):
        if slot in found:
            found["prompt"] = found.pop(slot)
            return


def lifted(record: dict[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """The record with the inner fields that the recipe names by a path as fields of its own; else the very same."""
    for path in columns:
        if "." not in path or path in record:
            continue
        *above, name = path.split(".")
        inner: Any = record
        for step in above:
            inner = inner.get(step) if isinstance(inner, dict) else None
        if isinstance(inner, dict) and name in inner:
            record = _without(record, [*above, name]) | {path: inner[name]}
    return record


def _without(record: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """A copy without the field at the end of the path; an object that holds nothing else goes with it."""
    name, *deeper = path
    rest = {key: value for key, value in record.items() if key != name}
    if deeper and (inner := _without(record[name], deeper)):
        rest[name] = inner
    return rest


def folded(name: str) -> str:
    """A name in one spelling: systemPrompt, "System Prompt" and system-prompt are system_prompt."""
    return _HUMP.sub("_", name.strip()).lower().replace(" ", "_").replace("-", "_")


def is_conversation(messages: Sequence[Any]) -> bool:
    """Whether a list looks like messages: objects that have a role, or pairs of role and text."""
    return bool(messages) and all(
        any(key in message for key in ROLE_KEYS) if isinstance(message, dict) else is_pair(message)
        for message in messages[:3]
    )


def is_pair(message: Any) -> bool:
    return isinstance(message, list) and len(message) == 2 and all(isinstance(text, str) for text in message)


def check_columns(columns: Mapping[str, str]) -> None:
    """Raises UsageError for a column that is mapped to something that does not exist."""
    for name, target in columns.items():
        if target not in SLOT_OF and target not in OF_MESSAGES:
            near = difflib.get_close_matches(target, SLOT_OF, 1)
            raise UsageError(
                f'columns: "{name}" is mapped to "{target}"; known are {", ".join(SLOTS)}.',
                hint=f'Did you mean "{near[0]}"?' if near else None,
            )


def mapping(name: str, slot: str) -> str:
    """The line of a recipe that maps a column."""
    return mappings({name: slot})


def mappings(columns: Mapping[str, str]) -> str:
    """The line of a recipe that maps columns."""
    said = ", ".join(f'{toml_key(name)} = "{slot}"' for name, slot in columns.items())
    return f"columns = {{ {said} }}"


def toml_key(name: str) -> str:
    plain = name and all(c.isascii() and (c.isalnum() or c in "-_") for c in name)
    return name if plain else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
