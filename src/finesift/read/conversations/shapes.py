"""One record, in any of its shapes, into an example."""

from __future__ import annotations

import re
from typing import Any

from finesift.read.conversations.example import Example, Row
from finesift.read.conversations.hints import answers_of, hint, nearest
from finesift.read.conversations.kinds import kinds
from finesift.read.conversations.kinds.texts import of_text
from finesift.read.conversations.labels import wanted
from finesift.read.conversations.layouts import Load, unfolded
from finesift.read.conversations.media import carry
from finesift.read.conversations.messages import (
    INSTRUCTING,
    SYSTEM_TOOLS,
    not_understood,
    turns_of,
)
from finesift.read.conversations.tagged_calls import parse_calls
from finesift.read.conversations.thoughts import is_switch, thought
from finesift.read.conversations.tools import tools_in
from finesift.read.conversations.train_flags import flag_row
from finesift.read.conversations.turn import Reading
from finesift.read.conversations.unread_fields import (
    hidden_parts,
    hidden_verdicts,
    is_telling,
    is_verdict,
    unread,
)
from finesift.read.fields import SLOT_OF, folded, is_conversation, lifted, mapping, mappings
from finesift.read.records.record import Unreadable, kind_of, names_of

#: What people call the shapes.
NAMES = {
    "messages": "messages",
    "sharegpt": "ShareGPT",
    "alpaca": "Alpaca",
    "prompt_completion": "prompt and completion",
    "question_answer": "question and answer",
    "prompt": "prompts without answers",
    "preference": "preference pairs",
    "kto": "rated answers",
    "text": "plain text",
    "tree": "trees of replies",
    "transcript": "transcripts",
    "rendered": "rendered text",
}

# How the JSON of messages begins, alone or within a request.
_SPEAKS = re.compile(r'^\s*[\[{].*?"(?:role|messages)"\s*:', re.DOTALL)
# Shapes of one round, which may go on from another row.
_SINGLE = ("alpaca", "prompt_completion", "question_answer", "prompt")
# Sides of a pair, and what their reasoning is called.
_SIDES = ("chosen", "rejected")

#: Where `extra` keeps what single messages had that no column holds: {"_turns": {"2": {"timestamp": …}}}.
TURN_EXTRAS = "_turns"


def understand(record: Any, reading: Reading) -> list[Example]:
    """What a record means: one example, or each path of a tree. Raises Unreadable where it means nothing."""
    if isinstance(record, str):
        return [of_text(record, reading)]
    if isinstance(record, list) and is_conversation(record):
        return [Example("messages", turns_of(record, reading))]
    if not isinstance(record, dict):
        raise Unreadable(
            f"the record is {kind_of(record)}; expected an object", "Write one JSON object per conversation."
        )
    plain = _flattened(lifted(record, reading.options.columns))
    records, known = unfolded(_opened(plain, reading.load), reading.load)
    if not known:
        records = [plain]
    for name in known:
        reading.note("layout", name)
    wanted_records = records if reading.options.pairs == "all" else records[:1]
    return [example for one in wanted_records for example in _understood(one, reading)]


def _understood(record: dict[str, Any], reading: Reading) -> list[Example]:
    """What a record in plain fields means."""
    row = Row(record, reading)
    found = next((found for kind in kinds() if (found := kind.read(row)) is not None), None)
    if found is None:
        raise _unknown(record)
    examples = found if isinstance(found, list) else [found]
    for example in examples:
        example.tools = tools_in(row.fields.slots.get("tools", ()), row.record, row.taken, reading)
        _tools_of_system(example, reading)
        if reading.options.calls == "parse":
            parse_calls(example, reading)
        _label_of_messages(example, reading)
        _reason(row, example)
        carried = carry(row.record, row.taken, example.all_turns, reading)
        row.taken |= carried
        used = flag_row(row.record, row.taken, example.turns)
        example.extra = _extra(row.rest, example)
        if not any(turn.role == "assistant" for turn in example.all_turns) and (
            unanswered := answers_of(row.rest)
        ):
            reading.note("unanswered", mappings(unanswered))
        _name_unread(row, example, used)
    return examples


def _name_unread(row: Row, example: Example, used: set[str]) -> None:
    """Notes what nobody took though it may change what is trained."""
    texts = {text for turn in example.all_turns if (text := (turn.content or "").strip())}
    for name in unread(row.rest, used | row.noted, texts):
        if example.label is not None and wanted(row.record[name]) is example.label:
            continue  # it says what the label says
        # A word in a column of labels is mostly a category: worth a line of the report, not a person's time.
        category = name in row.fields.slots.get("label", ()) and isinstance(row.record[name], str)
        plain = isinstance(row.record[name], (bool, int, float))
        kind = "unread_label" if category else "unread_flag" if plain else "unread_field"
        row.reading.note(kind, f'"{name[:40]}" was not used: {_shown(row.record[name])}')
    _name_apart(row, example)
    if example.label is not None:
        return
    for name, value in row.rest.items():
        for inner in hidden_verdicts(name, value):
            said = f"; where it is meant:  {mapping(inner, 'label')}"
            row.reading.note("unread_field", f'"{inner[:40]}" was not used{said}')


def _name_apart(row: Row, example: Example) -> None:
    """Notes what belongs before the row but stands in another one, and what stands within objects."""
    parent = row.rest.get("parent_id")
    if parent not in (None, "") and example.shape in _SINGLE:
        said = f'"parent_id": the row goes on from "{str(parent)[:40]}", which is not before it'
        row.reading.note("unread_field", said)
    instructed = any(turn.role in INSTRUCTING for turn in example.turns)
    for name, value in row.rest.items():
        for inner in hidden_parts(name, value):
            slot = SLOT_OF.get(folded(inner.rpartition(".")[2]))
            if (slot == "tools" and example.tools is not None) or (slot == "system" and instructed):
                continue  # the row has it in its own place
            said = f"; where it is meant:  {mapping(inner, slot)}" if slot else ""
            row.reading.note("unread_field", f'"{inner[:60]}" was not used{said}')


def _label_of_messages(example: Example, reading: Reading) -> None:
    """A verdict on the last answer is the row's, unless it has its own; those on other messages are named."""
    for place, turn in enumerate(example.all_turns, 1):
        for name, value in [item for item in (turn.extra or {}).items() if is_verdict(*item)]:
            last = turn.role == "assistant" and any(turn is end for end in example.turns[-1:])
            if last and example.label is None and example.shape not in ("text", "preference"):
                example.label, example.shape = wanted(value), "kto"
            elif not last or example.label is not wanted(value):
                reading.note("unread_field", not_understood(name, f"message {place}"))


def _tools_of_system(example: Example, reading: Reading) -> None:
    """Tools that stand inside the first system message are the row's, unless it has its own; others are named."""
    for place, turn in enumerate(example.all_turns):
        held = [name for name in SYSTEM_TOOLS if name in (turn.extra or ())]
        if not held or turn.extra is None or turn.role not in INSTRUCTING:
            continue
        taken: set[str] = set()
        if place == 0 and example.tools is None:
            example.tools = tools_in(held, turn.extra, taken, reading)
        for name in held:
            if name not in taken and is_telling(name, turn.extra[name]):
                reading.note("unread_field", not_understood(name, f"message {place + 1}"))
        turn.extra = {name: value for name, value in turn.extra.items() if name not in taken} or None


def _reason(row: Row, example: Example) -> None:
    """A column of reasoning belongs to the last answer, unless that has its own."""
    _reason_sides(row, example)
    value = thought(row.value("reasoning"))
    if is_switch(value):
        return
    last = example.turns[-1] if example.turns else None
    if (
        value
        and value.strip()
        and last is not None
        and last.role == "assistant"
        and last.reasoning is None
        and "<think" not in (last.content or "")
        and example.shape not in ("text", "preference")
    ):
        last.reasoning = value
        row.take("reasoning")


def _reason_sides(row: Row, example: Example) -> None:
    """Columns that hold the reasoning of one side of a pair each."""
    for side, turns in zip(_SIDES, (example.chosen, example.rejected), strict=True):
        for name in (f"{side}_reasoning", f"{side}_thinking"):
            value = thought(row.rest.get(name))
            last = turns[-1] if turns else None
            if value and last is not None and last.role == "assistant" and last.reasoning is None:
                last.reasoning = value
                row.taken.add(name)


def _shown(value: Any) -> str:
    """A value in a few characters."""
    if isinstance(value, (bool, int, float)):
        return str(value).lower()[:40]
    text = value if isinstance(value, str) else kind_of(value)
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:40]}…"


def _opened(record: dict[str, Any], load: Load) -> dict[str, Any]:
    """The record with what was asked and answered as objects, where a table of logs holds both as JSON text."""
    for asked, said in (("input", "output"), ("inputs", "outputs")):
        request, response = record.get(asked), record.get(said)
        if not isinstance(request, str) or not _SPEAKS.search(request):
            continue
        try:
            opened = {**record, asked: load(request)}
            if isinstance(response, str) and response.lstrip()[:1] in ("{", "["):
                opened[said] = load(response)
        except ValueError:
            continue
        return opened
    return record


def _flattened(record: dict[str, Any]) -> dict[str, Any]:
    """The record with the fields of an inner object that holds the conversation beside its own.

    Self-Instruct puts input and output into `instances`, OpenAI's preference files the messages into `input`,
    the Berkeley function-calling benchmark turns into lists within `question`.
    """
    inner: Any = record.get("instances")
    if "instruction" in record and isinstance(inner, list) and inner and isinstance(inner[0], dict):
        if len(inner) > 1:
            raise Unreadable(f"{len(inner)} instances in one row", "Write a row for each instance.")
        return {name: value for name, value in record.items() if name != "instances"} | inner[0]
    inner = record.get("input")
    if isinstance(inner, dict) and isinstance(inner.get("messages"), list):
        return {name: value for name, value in record.items() if name != "input"} | inner
    inner = record.get("question")
    if isinstance(inner, list) and inner and all(isinstance(turns, list) for turns in inner):
        messages = [message for turns in inner for message in turns]
        return {name: value for name, value in record.items() if name != "question"} | {"messages": messages}
    return record


def _extra(rest: dict[str, Any], example: Example) -> dict[str, Any]:
    """All that no column holds."""
    kept = {str(number): turn.extra for number, turn in enumerate(example.all_turns) if turn.extra}
    return rest | {TURN_EXTRAS: kept} if kept else rest


def _unknown(record: dict[str, Any]) -> Unreadable:
    if not record:
        return Unreadable("the record is an empty object", "Nothing can be learned from it.")
    if "role" in record and ("text" in record or "content" in record):
        return Unreadable(
            "the record is a single message; expected a whole conversation",
            'Join the messages of a conversation into one row:  {"messages": [{"role": …, "content": …}, …]}',
        )
    if "custom_id" in record and ("response" in record or "result" in record):
        return Unreadable(
            "the answer of a batch, without its request",
            "Name the file of requests beside this one: they are joined by custom_id.",
        )
    if isinstance(pieces := record.get("segments"), list) and all(
        isinstance(p, dict) and "text" in p for p in pieces
    ):
        return Unreadable(
            'the row is pieces of text that a template made ("segments", as axolotl\'s input_output)',
            "Read the messages that they were made from, so that the template is the model's own.",
        )
    if "input_ids" in record:
        return Unreadable("the row is tokenised already", "Read the text that it was made from.")
    return Unreadable(f"no known shape; its fields are {names_of(record)}{nearest(record)}", hint(record))
