"""Messages as token ids and labels, by the chat_template.jinja beside this file: what stands in its `{% generation %}`
is trained. It needs transformers, and a fast tokenizer."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

Record = dict[str, Any]

IGNORED = -100
TEMPLATE = Path(__file__).with_name("chat_template.jinja")


def conversation(row: Record) -> tuple[list[Record], list[Any] | None]:
    """The messages and tools of a row as a template takes them: arguments as objects, and nothing that is null."""
    tools = row.get("tools")
    tools = json.loads(tools) if isinstance(tools, str) and tools else tools
    return [_message(given) for given in row["messages"]], tools or None


def _message(given: Record) -> Record:
    message = {name: value for name, value in given.items() if value is not None and name != "train"}
    if "reasoning_content" in message:
        # Templates ask for it under either name.
        message["thinking"] = message["reasoning_content"]
    if "tool_calls" in message:
        message["tool_calls"] = [_call(call) for call in message["tool_calls"]]
    return message


def _call(given: Record) -> Record:
    function = dict(given["function"])
    with contextlib.suppress(TypeError, ValueError):  # an object already, or text that is no JSON
        function["arguments"] = json.loads(function["arguments"])
    return {name: value for name, value in given.items() if value is not None} | {"function": function}


def labels(ids: Sequence[int], marked: Sequence[bool], messages: Sequence[Record]) -> list[int]:
    """The ids that are trained: those that are marked, but for answers that say `train: false`.

    Raises ValueError where it cannot be told which of the marked ones those answers are.
    """
    runs: list[list[int]] = []
    for trained, run in groupby(range(len(ids)), lambda at: bool(marked[at])):
        if trained:
            runs.append(list(run))
    answers = [message.get("train") for message in messages if message["role"] == "assistant"]
    if False in answers:
        if len(runs) != len(answers):
            raise ValueError("which answer is not to be trained cannot be told")
        runs = [run for run, train in zip(runs, answers, strict=True) if train is not False]
    made = [IGNORED] * len(ids)
    for kept in runs:
        for at in kept:
            made[at] = int(ids[at])
    return made


def encoded(tokenizer: Any, row: Record) -> tuple[list[int], list[int]]:
    """The token ids of a row, and their labels: IGNORED where a token is not trained."""
    template = TEMPLATE.read_text("utf-8") if TEMPLATE.exists() else ""
    if "endgeneration" not in template:
        raise FileNotFoundError(
            f"{TEMPLATE} is to mark what is trained: `finesift template FOLDER --patched` writes it"
        )
    messages, tools = conversation(row)
    made = tokenizer.apply_chat_template(
        messages, tools=tools, chat_template=template, return_dict=True, return_assistant_tokens_mask=True
    )
    ids, marked = list(made["input_ids"]), made["assistant_masks"]
    found = labels(ids, marked, row["messages"])
    if not any(label != IGNORED for label in found):
        raise ValueError(f"nothing of the row {row.get('id')} would be trained")
    return ids, found


def rows(file: str | Path, tokenizer: Any = None) -> list[Record]:
    """The rows of a file, {"input_ids", "labels"} each, whether it holds messages or those; none of a file that is not
    there."""
    if not Path(file).exists():
        return []
    with Path(file).open(encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    made = []
    for row in read:
        if "input_ids" not in row:
            row["input_ids"], row["labels"] = encoded(tokenizer, row)
        made.append({"input_ids": row["input_ids"], "labels": row["labels"]})
    return made
