"""Providers that train from a file that is uploaded: their documented layouts, which change without notice."""

from __future__ import annotations

import re
from typing import Any

import orjson

from finesift.export.layouts import marked_lines
from finesift.export.messages import parsed, plain
from finesift.export.rows import Record, Row
from finesift.export.target import Files, Setting, target

_CHAT = ("system", "several", "uneven")
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Words that a prompt must not begin with: Nova's own marks.
_RESERVED = ("User:", "Bot:", "Assistant:", "System:", "<image>", "<video>", "[EOS]")


def _openai_limits(row: Row) -> str | None:
    names = [tool.get("function", tool).get("name") or "" for tool in row.tools]
    if bad := [name for name in names if not _TOOL_NAME.fullmatch(name)]:
        return f"the tool name {bad[0][:40]!r} is not letters, digits, _ and -, up to 64"
    return f"{len(names)} tools, of at most 128" if len(names) > 128 else None


def _bedrock_limits(row: Row) -> str | None:
    for message in row.messages:
        said = message.get("content") or ""
        if message["role"] != "assistant" and said.startswith(_RESERVED):
            return f"a prompt begins with {next(word for word in _RESERVED if said.startswith(word))}, a reserved word"
    return None


def _openai(row: Row) -> Record:
    made: Record = {"messages": [plain(message, flag="weight") for message in row.messages]}
    return made | ({"tools": row.tools} if row.tools else {})


def _preference(row: Row) -> Record:
    given: Record = {"messages": [plain(message) for message in row.messages]}
    return {
        "input": given | ({"tools": row.tools} if row.tools else {}),
        "preferred_output": [plain(message) for message in row.chosen],
        "non_preferred_output": [plain(message) for message in row.rejected],
    }


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "developer", "tools", "untrained"),
    least=10,
    most=512_000_000,
    limits=_openai_limits,
    source="OpenAI, supervised fine-tuning guide",
)
def openai(row: Row) -> Record:
    """OpenAI, supervised fine-tuning."""
    return _openai(row)


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "developer", "tools", "untrained"),
    write=marked_lines,
    least=10,
    most=512_000_000,
    limits=_openai_limits,
    note="a byte order mark begins the file, as Azure asks for",
    source="Azure OpenAI, customize a model with fine-tuning, read in 2026-11",
)
def azure(row: Row) -> Record:
    """Azure OpenAI, supervised fine-tuning."""
    return _openai(row)


@target(
    kinds=("preference",),
    carries=("system", "tools", "uneven", "several"),
    least=10,
    note="one answer on each side",
    source="OpenAI, direct preference optimization guide",
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
    carries=("system", "developer"),
    config=_grader,
    least=10,
    limits=_openai_limits,
    note="a grader compares with the answer; the one in grader.json looks for its very words: choose your own",
    source="OpenAI, reinforcement fine-tuning guide",
)
def openai_rft(row: Row) -> Record:
    """OpenAI, reinforcement fine-tuning: a prompt, and the answer to compare with."""
    return {
        "messages": [plain(message) for message in row.messages[:-1]],
        "reference_answer": row.messages[-1].get("content") or "",
    }


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "tools", "untrained"),
    source="Together AI, data preparation",
)
def together(row: Row) -> Record:
    """Together AI, conversations."""
    return _openai(row)


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "tools", "untrained"),
    least=3,
    source="Fireworks AI, supervised fine-tuning",
)
def fireworks(row: Row) -> Record:
    """Fireworks AI, conversations."""
    return _openai(row)


@target(
    kinds=("conversation",),
    carries=(*_CHAT, "tools", "untrained"),
    note="ids of tool calls are nine letters or digits",
    source="Mistral AI, text fine-tuning, and mistral-finetune",
)
def mistral(row: Row) -> Record:
    """Mistral AI, instructions and function calls."""
    record = _openai(row)
    ids: dict[str, str] = {}
    for message in record["messages"]:
        for call in message.get("tool_calls", ()):
            call["id"] = ids.setdefault(call["id"], f"{len(ids):09d}")
        if (given := message.get("tool_call_id")) is not None:
            message["tool_call_id"] = ids.setdefault(given, f"{len(ids):09d}")
    return record


@target(
    kinds=("conversation",),
    carries=("system", "several", "tools"),
    note="the roles are user and model; a system prompt stands apart",
    source="Google, supervised tuning data for Gemini on Vertex AI, page of 2025-09",
)
def gemini(row: Row) -> Record:
    """Google Gemini on Vertex AI, supervised tuning."""
    made: Record = {}
    contents: list[Record] = []
    names: dict[str, str] = {}
    for message in row.messages:
        if message["role"] == "system":
            made["systemInstruction"] = {"role": "system", "parts": [{"text": message["content"] or ""}]}
            continue
        parts: list[Record] = []
        if message["role"] == "tool":
            name = message.get("name") or names.get(message.get("tool_call_id", ""), "tool")
            parts.append(
                {"functionResponse": {"name": name, "response": _object(message.get("content") or "")}}
            )
        elif message.get("content"):
            parts.append({"text": message["content"]})
        for call in message.get("tool_calls") or ():
            function = call.get("function", call)
            names[call.get("id", "")] = function["name"]
            arguments = function.get("arguments", {})
            parts.append({"functionCall": {"name": function["name"], "args": _object(arguments)}})
        role = "model" if message["role"] == "assistant" else "user"
        contents.append({"role": role, "parts": parts or [{"text": ""}]})
    made["contents"] = contents
    if row.tools:
        declared = [tool.get("function", tool) for tool in row.tools]
        made["tools"] = [{"functionDeclarations": declared}]
    return made


@target(
    kinds=("conversation",),
    carries=("system", "several"),
    least=8,
    note="fine-tuned Nova models call no tools",
    limits=_bedrock_limits,
    source="Amazon Nova user guide, preparing data, schema bedrock-conversation-2024",
)
def bedrock(row: Row) -> Record:
    """Amazon Bedrock, Nova models."""
    system = [{"text": m["content"] or ""} for m in row.messages if m["role"] == "system"]
    said = [
        {"role": m["role"], "content": [{"text": m["content"] or ""}]}
        for m in row.messages
        if m["role"] != "system"
    ]
    return {
        "schemaVersion": "bedrock-conversation-2024",
        **({"system": system} if system else {}),
        "messages": said,
    }


@target(
    kinds=("conversation",),
    carries=("system", "several"),
    least=2,
    source="Cohere, preparing chat fine-tuning data",
)
def cohere(row: Row) -> Record:
    """Cohere, chat fine-tuning."""
    roles = {"system": "System", "user": "User", "assistant": "Chatbot"}
    return {"messages": [{"role": roles[m["role"]], "content": m["content"] or ""} for m in row.messages]}


def _object(value: Any) -> Any:
    """Google takes objects only: any other value stands under `result`."""
    found = parsed(value) if isinstance(value, str) else value
    return found if isinstance(found, dict) else {"result": found}
