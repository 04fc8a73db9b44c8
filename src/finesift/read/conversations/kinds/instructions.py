"""What was asked and what was answered, in fields of their own."""

from __future__ import annotations

from finesift.read.conversations.choices import chosen_letter, key_of, listing, options_of
from finesift.read.conversations.example import MISSING, Example, Row, with_system
from finesift.read.conversations.kinds import kind
from finesift.read.conversations.messages import conversation_in, turns_of
from finesift.read.conversations.turn import Turn, as_text, json_list
from finesift.read.fields import folded, is_conversation
from finesift.read.records.record import Unreadable, kind_of

SHAPE_OF_PROMPT = {"instruction": "alpaca", "question": "question_answer", "query": "question_answer"}


@kind(
    "Alpaca",
    reads={"instruction": "Name a reef.", "input": "In Australia.", "output": "Ningaloo."},
    leaves={"prompt": "Name a reef.", "completion": "Ningaloo."},
)
def alpaca(row: Row) -> Example | None:
    """`instruction`, `input` and `output`; `input` is joined to the instruction by a line break, objects as their JSON.
    `system` and `history`, pairs or messages, come first."""
    return single(row) if row.name("prompt") == "instruction" else None


@kind(
    "prompt and answer",
    reads={"question": "Name a reef.", "answer": "Ningaloo."},
    leaves={"text": "Ningaloo."},
)
def prompt_and_answer(row: Row) -> Example | None:
    """`prompt`, `question`, `query` or `problem`, as text or messages, with `completion`, `response`, `answer` or
    `solution`; `context` is joined to the question, options are listed below it. Without an answer it is a prompt."""
    return single(row) if row.name("prompt") else None


def single(row: Row) -> Example:
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
