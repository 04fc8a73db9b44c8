"""One record, in any of its shapes, into an example."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.choices import chosen_letter, key_of, listing, options_of
from finesift.read.conversations.example import MISSING, Example, Row, with_system
from finesift.read.conversations.hints import answers_of, hint, nearest
from finesift.read.conversations.labels import wanted
from finesift.read.conversations.layouts import unfolded
from finesift.read.conversations.media import carry
from finesift.read.conversations.messages import (
    INSTRUCTING,
    SYSTEM_TOOLS,
    conversation_in,
    not_understood,
    turns_of,
)
from finesift.read.conversations.pairs import completed_pair, pair, prompt_turns, side
from finesift.read.conversations.rendered import unrendered
from finesift.read.conversations.tagged_calls import parse_calls
from finesift.read.conversations.thoughts import thought
from finesift.read.conversations.tools import tools_in
from finesift.read.conversations.train_flags import flag_row
from finesift.read.conversations.transcripts import transcript
from finesift.read.conversations.trees import best_path, is_tree, paths
from finesift.read.conversations.turn import Reading, Turn, as_text, json_list
from finesift.read.conversations.unread_fields import hidden_verdicts, is_telling, is_verdict, unread
from finesift.read.fields import folded, is_conversation, lifted, mapping, mappings
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

#: Where `extra` keeps what single messages had that no column holds: {"_turns": {"2": {"timestamp": …}}}.
TURN_EXTRAS = "_turns"

SHAPE_OF_PROMPT = {"instruction": "alpaca", "question": "question_answer", "query": "question_answer"}


def understand(record: Any, reading: Reading) -> list[Example]:
    """What a record means: one example, or each path of a tree. Raises Unreadable where it means nothing."""
    if isinstance(record, str):
        return [_text(record, reading)]
    if isinstance(record, list) and is_conversation(record):
        return [Example("messages", turns_of(record, reading))]
    if not isinstance(record, dict):
        raise Unreadable(
            f"the record is {kind_of(record)}; expected an object", "Write one JSON object per conversation."
        )
    records, known = unfolded(_flattened(lifted(record, reading.options.columns)), reading.load)
    for name in known:
        reading.note("layout", name)
    wanted_records = records if reading.options.pairs == "all" else records[:1]
    return [example for one in wanted_records for example in _understood(one, reading)]


def _understood(record: dict[str, Any], reading: Reading) -> list[Example]:
    """What a record in plain fields means."""
    row = Row(record, reading)
    examples = _trees(row) if is_tree(row.record) and not row.name("messages") else [_example(row)]
    for example in examples:
        example.tools = tools_in(row.fields.slots.get("tools", ()), row.record, row.taken, reading)
        _tools_of_system(example, reading)
        if reading.options.calls == "parse":
            parse_calls(example, reading)
        _label(row, example)
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
    if example.label is not None:
        return
    for name, value in row.rest.items():
        for inner in hidden_verdicts(name, value):
            said = f"; where it is meant:  {mapping(inner, 'label')}"
            row.reading.note("unread_field", f'"{inner[:40]}" was not used{said}')


def _label(row: Row, example: Example) -> None:
    """Whether the answer was wanted, where the row says so."""
    if not example.turns or example.turns[-1].role != "assistant" or example.shape in ("text", "preference"):
        return
    label = wanted(row.value("label"))
    if label is not None and "label" not in row.taken:
        example.label, example.shape = label, "kto"
        row.take("label")


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
    value = thought(row.value("reasoning"))
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


def _shown(value: Any) -> str:
    """A value in a few characters."""
    if isinstance(value, (bool, int, float)):
        return str(value).lower()[:40]
    text = value if isinstance(value, str) else kind_of(value)
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:40]}…"


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


def _example(row: Row) -> Example:
    if row.name("rejected") and (row.name("chosen") or row.name("completion") or row.name("messages")):
        return pair(row) if row.name("chosen") else completed_pair(row, _told(row))
    if not row.name("messages") and row.name("chosen") and not row.name("completion"):
        return _alone(row)
    return _told(row)


def _told(row: Row) -> Example:
    if isinstance(row.value("messages"), (list, str)):
        return _chat(row)
    if row.name("prompt"):
        return _single(row)
    if isinstance(row.value("text"), str) and "role" not in row.record:
        return _text(row.take("text"), row.reading)
    raise _unknown(row.record)


def _alone(row: Row) -> Example:
    """The chosen side of a pair whose other side is missing."""
    name = str(row.name("chosen"))
    row.reading.note(
        "competing_fields", f'"{name}" has no rejected answer beside it, and was read as the answer'
    )
    turns, answer = prompt_turns(row), side(row.take("chosen"), f'"{name}"', row)
    return Example(
        "prompt_completion", with_system(row, answer if answer[0].role != "assistant" else turns + answer)
    )


def _trees(row: Row) -> list[Example]:
    find = paths if row.reading.options.trees == "paths" else best_path
    found = find(row.record, row.reading)
    # What was not taken stays in `extra`: the replies of the best path are a choice among them.
    row.taken |= {"prompt"} if "prompt" in row.record else {"text", "role"}
    return [Example("tree", turns) for turns in found]


def _chat(row: Row) -> Example:
    name = str(row.name("messages"))
    messages = json_list(row.take("messages"), f'"{name}"', row.reading)
    if not messages:
        raise Unreadable(f'"{name}" is an empty list', "A conversation needs at least one message.")
    shape = "sharegpt" if isinstance(messages[0], dict) and "from" in messages[0] else "messages"
    return Example(shape, with_system(row, turns_of(messages, row.reading)))


def _single(row: Row) -> Example:
    """A prompt and an answer, or a prompt alone: Alpaca, prompt and completion, question and answer."""
    name, answered, reading = str(row.name("prompt")), row.name("completion"), row.reading
    turns = with_system(row, _before(row))
    prompt = conversation_in(row.take("prompt"), f'"{name}"', reading)
    if isinstance(prompt, list) and is_conversation(prompt):
        turns += turns_of(prompt, reading)
    elif (
        isinstance(prompt, list) and prompt and all(isinstance(text, str) for text in prompt) and not answered
    ):
        # What one person says, one thing after the other, as benchmarks have it.
        turns += [Turn("user", text) for text in prompt]
    else:
        text = as_text(prompt, f'"{name}"', reading)
        # Joined as LLaMA-Factory joins them, so that a prompt trained there is the same here.
        text = "\n".join(part for part in (text, _beside(row)) if part)
        if chosen := _chosen(row):
            options, answer = chosen
            turns += [Turn("user", f"{text}\n{listing(options)}"), Turn("assistant", answer)]
            return Example("question_answer", turns)
        turns.append(Turn("user", text))
    if answered:
        answer = conversation_in(row.take("completion"), f'"{answered}"', reading)
        if isinstance(answer, list) and is_conversation(answer):
            turns += turns_of(answer, reading)
        else:
            turns.append(Turn("assistant", as_text(answer, f'"{answered}"', reading)))
    return Example(SHAPE_OF_PROMPT.get(name, "prompt_completion") if answered else "prompt", turns)


def _beside(row: Row) -> str:
    """What stands beside the prompt as its input, as text; objects and lists as their JSON.

    A `context` that is no text stays where it is, and is named: it may be anything.
    """
    value, name = row.value("context"), str(row.name("context"))
    if isinstance(value, str):
        return _given(row, "context")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return as_text(row.take("context"), f'"{name}"', row.reading)
    if folded(name) != "input" or value in (None, [], {}):
        return ""
    row.take("context")
    row.reading.note("repair", f'"{name}" is {kind_of(value)}, read as its JSON text')
    return row.reading.dump(value)


def _given(row: Row, slot: str) -> str:
    """The text of a slot; "" where it is what a data frame writes for a missing value."""
    text = str(row.value(slot))
    if text.strip() in MISSING:
        row.noted.add(str(row.name(slot)))
        row.reading.note(
            "unread_field", f'"{row.name(slot)}" says "{text}", as data frames do for nothing; left out'
        )
        return ""
    row.take(slot)
    return text


def _chosen(row: Row) -> tuple[dict[str, str], str] | None:
    """The options of a question by letter, and the right one in words; None where the answer is none of them."""
    names, options = options_of(row.record, row.taken)
    name = row.name("completion") or key_of(row.record, row.taken) if options else None
    letter = chosen_letter(row.record[name], options) if name else None
    if name is None or letter is None:
        return None
    row.taken.update([*names, name])
    answer = f"{letter}. {options[letter]}"
    row.reading.note("repair", f'options rendered below the question, "{name}" read as "{answer[:60]}"')
    return options, answer


def _before(row: Row) -> list[Turn]:
    """What was said before the prompt: its history, or a context that is a conversation."""
    turns, context = _history(row), row.value("context")
    if not turns and isinstance(context, list) and is_conversation(context) and isinstance(context[0], dict):
        return turns_of(row.take("context"), row.reading, within=f'"{row.name("context")}"')
    return turns


def _history(row: Row) -> list[Turn]:
    turns: list[Turn] = []
    entries = json_list(row.take("history") or [], '"history"', row.reading)
    if is_conversation(entries) and isinstance(entries[0], dict):
        return turns_of(entries, row.reading, within='"history"')
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, list) or len(entry) != 2:
            raise Unreadable(
                f"entry {number} of history is {kind_of(entry)}; expected a list of question and answer",
                'Write the conversation as {"messages": […]} instead.',
            )
        turns += [
            Turn(role, as_text(said, f"entry {number} of history", row.reading))
            for role, said in zip(("user", "assistant"), entry, strict=True)
        ]
    return turns


def _text(text: str, reading: Reading) -> Example:
    if turns := transcript(text, reading):
        return Example("transcript", turns)
    if found := unrendered(text):
        name, turns = found
        if turns:
            reading.note("repair", f"rendered with a template of {name} already, read as its turns")
            return Example("rendered", turns)
        said = f"the text holds the marks of {name}'s template and cannot be taken apart: its prompts are trained too"
        reading.note("unread_field", said)
    return Example("text", [Turn("assistant", text)])


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
    if "input_ids" in record:
        return Unreadable("the row is tokenised already", "Read the text that it was made from.")
    return Unreadable(f"no known shape; its fields are {names_of(record)}{nearest(record)}", hint(record))
