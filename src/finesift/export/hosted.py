"""Providers that train from a file that is uploaded, by the layouts that they publish (`published`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from finesift.export.layouts import marked_lines
from finesift.export.messages import call_of, parsed, plain
from finesift.export.pictures import Picture, parts_of, picture_of
from finesift.export.published import (
    AZURE,
    BEDROCK,
    COHERE,
    FIREWORKS,
    GEMINI,
    MISTRAL,
    OPENAI,
    OPENAI_PREFERENCE,
    OPENAI_RFT,
    TOGETHER,
)
from finesift.export.rows import Record, Row
from finesift.export.target import Files, Setting, target

_CHAT = ("system", "several")


def linked(row: Row) -> Row:
    """The row with an id for every call and for every result, which providers ask for: those without get the next, in
    the order of the calls."""
    messages: list[Record] = []
    waiting: list[Record] = []
    number = 0
    for message in row.messages:
        if calls := message.get("tool_calls"):
            waiting = []
            for call in calls:
                waiting.append(call_of(call, number, text=True))
                number += 1
            message = message | {"tool_calls": waiting}
            waiting = list(waiting)
        elif message["role"] == "tool" and waiting:
            known = [call for call in waiting if call["id"] == message.get("tool_call_id")]
            named = [call for call in waiting if call["function"]["name"] == message.get("name")]
            first = (known or ([] if message.get("tool_call_id") else named or waiting))[:1]
            for call in first:
                waiting.remove(call)
                message = message | {"tool_call_id": call["id"]}
        messages.append(message)
    return replace(row, messages=messages)


def _said(message: Record, flag: str | None = "weight") -> Record:
    """A message in OpenAI's form, pictures too."""
    made = plain(message, flag=flag)
    if message["role"] == "tool":
        made.pop("name", None)  # the call has it
    if isinstance(message.get("content"), list):
        made["content"] = [_part(part) for part in message["content"]]
    return made


def _part(part: Record) -> Record:
    picture = picture_of(part)
    if picture is None:
        return {"type": "text", "text": part["text"]}
    address = {"url": picture.address} | ({"detail": picture.detail} if picture.detail else {})
    return {"type": "image_url", "image_url": address}


def _openai(row: Row) -> Record:
    made: Record = {"messages": [_said(message) for message in linked(row).messages]}
    return made | ({"tools": _declared(row)} if row.tools else {})


def _openai_alone(row: Row) -> Record:
    """With what OpenAI's own page has beside messages and tools."""
    said = row.tools and row.parallel is not None
    return _openai(row) | ({"parallel_tool_calls": row.parallel} if said else {})


def _declared(row: Row) -> list[Record]:
    return [tool if "function" in tool else {"type": "function", "function": tool} for tool in row.tools]


def _preference(row: Row) -> Record:
    given: Record = {"messages": [_said(message, None) for message in linked(row).messages]}
    return {
        "input": given | ({"tools": _declared(row)} if row.tools else {}),
        "preferred_output": [_said(message, None) for message in row.chosen],
        "non_preferred_output": [_said(message, None) for message in row.rejected],
    }


def _one_each(row: Row) -> str | None:
    if any(len(side) != 1 for side in (row.chosen, row.rejected)):
        return "a side of the pair is not one message"
    return None


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "uneven", "names", "tools", "untrained", "pictures"),
    least=10,
    most=512_000_000,
    given=linked,
    published=OPENAI,
    note="OpenAI takes jobs of those who had fine-tuned before, and is ending it",
)
def openai(row: Row) -> Record:
    """OpenAI, supervised fine-tuning."""
    return _openai_alone(row)


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "uneven", "names", "tools", "untrained", "pictures"),
    write=marked_lines,
    least=10,
    most=512_000_000,
    note="a byte order mark begins the file, as Azure asks for",
    given=linked,
    published=AZURE,
)
def azure(row: Row) -> Record:
    """Azure OpenAI, supervised fine-tuning."""
    return _openai_alone(row)


@target(
    kinds=("preference",),
    carries=("system", "tools", "uneven", "several", "names"),
    least=10,
    limits=_one_each,
    given=linked,
    published=OPENAI_PREFERENCE,
)
def openai_preference(row: Row) -> Record:
    """OpenAI and Azure, direct preference optimization."""
    return _preference(row)


def _grader(_: Setting) -> Files:
    grader = {
        "type": "string_check",
        "name": "the reference answer",
        "input": "{{sample.output_text}}",
        "reference": "{{item.reference_answer}}",
        "operation": "ilike",
    }
    return {"grader.json": orjson.dumps(grader, option=orjson.OPT_INDENT_2).decode() + "\n"}


@target(
    kinds=("conversation",),
    carries=("system", "names", "pictures"),
    config=_grader,
    least=10,
    note="a grader compares with the answer; the one in grader.json looks for its very words: choose your own",
    published=OPENAI_RFT,
)
def openai_rft(row: Row) -> Record:
    """OpenAI and Azure, reinforcement fine-tuning: a prompt, and the answer to compare with."""
    return {
        "messages": [_said(message) for message in row.messages[:-1]],
        "reference_answer": row.messages[-1].get("content") or "",
    }


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "tools", "untrained"),
    most=100_000_000_000,
    given=linked,
    published=TOGETHER,
)
def together(row: Row) -> Record:
    """Together AI, conversations."""
    return _openai(row)


@target(
    kinds=("preference",),
    carries=(*_CHAT, "tools", "uneven"),
    limits=_one_each,
    given=linked,
    published=OPENAI_PREFERENCE,
)
def together_preference(row: Row) -> Record:
    """Together AI, preference pairs."""
    return _preference(row)


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "uneven", "tools", "untrained", "pictures"),
    least=3,
    given=linked,
    published=FIREWORKS,
)
def fireworks(row: Row) -> Record:
    """Fireworks AI, conversations."""
    return _openai(row)


@target(
    kinds=("preference",),
    carries=(*_CHAT, "uneven"),
    least=3,
    limits=_one_each,
    given=linked,
    published=FIREWORKS,
)
def fireworks_preference(row: Row) -> Record:
    """Fireworks AI, preference pairs."""
    return _preference(row)


def _nine(row: Row) -> Row:
    """The row with ids of nine digits for its calls."""
    found = linked(row)
    ids: dict[str, str] = {}
    messages = []
    for message in found.messages:
        made = dict(message)
        if calls := made.get("tool_calls"):
            made["tool_calls"] = [c | {"id": ids.setdefault(c["id"], f"{len(ids):09d}")} for c in calls]
        if (given := made.get("tool_call_id")) is not None:
            made["tool_call_id"] = ids.setdefault(given, f"{len(ids):09d}")
        messages.append(made)
    return replace(found, messages=messages)


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "uneven", "tools", "untrained"),
    note="ids of tool calls are nine digits",
    most=512_000_000,
    given=_nine,
    published=MISTRAL,
)
def mistral(row: Row) -> Record:
    """Mistral AI, instructions and function calls."""
    return _openai(_nine(row))


def _typed(row: Row) -> str | None:
    """Google asks for the type of every picture."""
    found = [picture_of(part) for message in row.messages for part in parts_of(message)]
    return "a picture whose type its address does not tell" if any(p and not p.kind for p in found) else None


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "tools", "pictures"),
    note="the roles are user and model; a system prompt stands apart",
    most=1_000_000_000,
    limits=_typed,
    given=linked,
    published=GEMINI,
)
def gemini(row: Row) -> Record:
    """Google Gemini on Vertex AI, supervised tuning."""
    made: Record = {}
    contents: list[Record] = []
    names: dict[str, str] = {}
    before = ""
    for message in linked(row).messages:
        role = message["role"]
        if role == "system":
            made["systemInstruction"] = {"role": "system", "parts": [{"text": message["content"] or ""}]}
            continue
        parts = [_google_part(part) for part in parts_of(message)]
        if role == "tool":
            name = names.get(message.get("tool_call_id", "")) or message.get("name") or "tool"
            parts = [{"functionResponse": {"name": name, "response": _object(message.get("content") or "")}}]
        for call in message.get("tool_calls") or ():
            function = call["function"]
            names[call["id"]] = function["name"]
            parts.append({"functionCall": {"name": function["name"], "args": _object(function["arguments"])}})
        # The results of calls that were made at once stand together.
        if role == before == "tool":
            contents[-1]["parts"] += parts
        else:
            contents.append({"role": "model" if role == "assistant" else "user", "parts": parts})
        before = role
    made["contents"] = contents
    if row.tools:
        made["tools"] = [{"functionDeclarations": [tool.get("function", tool) for tool in row.tools]}]
    return made


def _google_part(part: Record) -> Record:
    picture = picture_of(part)
    if picture is None:
        return {"text": part["text"]}
    return {"fileData": {"mimeType": picture.kind, "fileUri": picture.address}}


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "pictures"),
    least=8,
    note="fine-tuned Nova models call no tools; pictures lie in the bucket of the data",
    published=BEDROCK,
)
def bedrock(row: Row) -> Record:
    """Amazon Bedrock, Nova models."""
    system = [{"text": m["content"]} for m in row.messages if m["role"] == "system"]
    said = [
        {"role": m["role"], "content": [_amazon_part(part) for part in parts_of(m)]}
        for m in row.messages
        if m["role"] != "system"
    ]
    return {
        "schemaVersion": "bedrock-conversation-2024",
        **({"system": system} if system else {}),
        "messages": said,
    }


def _amazon_part(part: Record) -> Record:
    picture: Picture | None = picture_of(part)
    if picture is None:
        return {"text": part["text"]}
    source = {"s3Location": {"uri": picture.address}}
    return {"image": {"format": picture.kind.removeprefix("image/"), "source": source}}


@target(
    kinds=("conversation",),
    carries=_CHAT,
    least=2,
    published=COHERE,
    note="Cohere has ended fine-tuning on 2025-09-15; the layout is kept for those who train it elsewhere",
)
def cohere(row: Row) -> Record:
    """Cohere, chat fine-tuning."""
    roles = {"system": "System", "user": "User", "assistant": "Chatbot"}
    return {"messages": [{"role": roles[m["role"]], "content": m["content"]} for m in row.messages]}


def _object(value: Any) -> Any:
    """Google takes objects only: any other value stands under `result`."""
    found = parsed(value) if isinstance(value, str) else value
    return found if isinstance(found, dict) else {"result": found}
