"""What providers publish of their layouts, as tables: a row that breaks one is left out before a provider refuses it.

Each table names the page and when it was read. They are of messages in OpenAI's form, which most have; of Google's,
Amazon's and Cohere's form `hosted` writes, the tables are of the row before it is written so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from finesift.export.pictures import picture_of, pictures
from finesift.export.rows import Record, Row

_CHAT = ("system", "user", "assistant")
#: Where no limit is published.
ANY = 1_000_000


@dataclass(frozen=True)
class Published:
    """One layout. page, read: where it is from, and when. roles: of messages. alternate: user and assistant take turns,
    tools' results standing with the user's. fields: of an assistant's message, beside role and content.

    tool_name, call_id, name: what a function, a call and a speaker may be called, in full. tools: how many.
    pictures: how many of a row, at which schemes, of which types, up to how many bytes. reserved: what no prompt may
    hold. both: whether an answer may have text and calls.
    """

    page: str
    read: str = "2026-11"
    roles: tuple[str, ...] = _CHAT
    alternate: bool = False
    tool_name: str = r"[A-Za-z0-9_-]{1,64}"
    call_id: str = r"(?s:.+)"
    name: str = r"[^\s<|\\/>]{1,64}"
    tools: int = 128
    pictures: int = 0
    schemes: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    bytes: int = 10_000_000
    reserved: tuple[str, ...] = ()
    both: bool = True
    empty: bool = True

    def breaks(self, row: Row) -> str | None:
        """Which rule a row breaks, in words, or None."""
        for rule in (self._roles, self._order, self._names, self._calls, self._pictures, self._words):
            if why := rule(row):
                return why
        return None

    def _roles(self, row: Row) -> str | None:
        unknown = [m["role"] for m in row.all_messages if m["role"] not in self.roles]
        return f"a message has the role {unknown[0]}, of {', '.join(self.roles)}" if unknown else None

    def _order(self, row: Row) -> str | None:
        said = [m["role"] for m in row.messages if m["role"] != "system"]
        if not said:
            return "it has no message but the system's"
        if self.alternate:
            turns = ["user" if role == "tool" else role for role in said]
            twice = any(
                a == b and not (said[n] == said[n + 1] == "tool") for n, (a, b) in enumerate(pairwise(turns))
            )
            if twice or turns[0] != "user":
                return "user and assistant do not take turns, the user first"
        if any(m["role"] == "system" for m in row.messages[1:]):
            return "a system prompt stands behind other messages"
        if not self.empty and any(_is_empty(m) for m in row.all_messages):
            return "a message is empty"
        return None

    def _names(self, row: Row) -> str | None:
        tools = [tool.get("function", tool).get("name") for tool in row.tools]
        called = [call.get("function", call).get("name") for m in row.all_messages for call in _calls(m)]
        for name in (*tools, *called):
            if not isinstance(name, str) or not re.fullmatch(self.tool_name, name):
                return f"the tool name {str(name)[:40]!r} is not of the form {self.tool_name}"
        if len(tools) > self.tools:
            return f"{len(tools)} tools, of at most {self.tools}"
        for message in row.all_messages:
            name = message.get("name")
            if name is not None and message["role"] != "tool" and not re.fullmatch(self.name, name):
                return f"the name {name[:40]!r} of a speaker is not of the form {self.name}"
        return None

    def _calls(self, row: Row) -> str | None:
        open_: list[str] = []
        for message in row.messages:
            if message["role"] == "tool":
                given = message.get("tool_call_id")
                if given not in open_:
                    return "a tool's result belongs to no call before it"
                open_.remove(given)
                continue
            if open_:
                return "a call has no result, and the conversation goes on"
            calls = list(_calls(message))
            if calls and message.get("content") and not self.both:
                return "an answer has text and calls, of which it may have one"
            open_ = [str(call.get("id")) for call in calls]
            if len(set(open_)) < len(open_):
                return "two calls of a message have one id"
            if bad := [one for one in open_ if not re.fullmatch(self.call_id, one)]:
                return f"the id {bad[0][:40]!r} of a call is not of the form {self.call_id}"
        return None

    def _pictures(self, row: Row) -> str | None:
        if not row.media:
            return None
        found = pictures(row.all_messages) or []
        if any(picture_of(p) for m in row.all_messages if m["role"] != "user" for p in _list(m)):
            return "a picture stands in a message that is not the user's"
        if len(found) > self.pictures:
            return f"{len(found)} pictures, of at most {self.pictures}"
        for one in found:
            if one.scheme not in self.schemes:
                return f"a picture at a {one.scheme}: address, of {', '.join(f'{s}:' for s in self.schemes)}"
            # What an address without an ending leads to is not known here.
            if (one.kind and one.kind not in self.types) or (
                not one.kind and one.scheme in ("data", "gs", "s3")
            ):
                return f"a picture of the type {one.kind or 'unknown'}, of {', '.join(self.types)}"
            if one.size > self.bytes:
                return f"a picture of {one.size:,} bytes, of at most {self.bytes:,}"
        return None

    def _words(self, row: Row) -> str | None:
        for message in row.messages if self.reserved else ():
            text = message.get("content") or ""
            if message["role"] != "assistant" and isinstance(text, str):
                for word in self.reserved:
                    if word in text:
                        return f"a prompt holds {word}, a reserved word"
        return None


def _calls(message: Record) -> list[Record]:
    return message.get("tool_calls") or []


def _list(message: Record) -> list[Record]:
    content = message.get("content")
    return content if isinstance(content, list) else []


def _is_empty(message: Record) -> bool:
    content = message.get("content")
    return not (content.strip() if isinstance(content, str) else content) and not _calls(message)


_TOOLS = (*_CHAT, "tool")
_LOOKED_AT = ("image/png", "image/jpeg", "image/webp")

OPENAI = Published(
    "OpenAI, API reference, FineTuneChatRequestInput (OpenAPI 2.3.0), and the vision fine-tuning guide",
    roles=_TOOLS,
    pictures=10,
    schemes=("http", "https", "data"),
    types=_LOOKED_AT,
)
AZURE = Published(
    "Microsoft Foundry, fine-tuning and vision fine-tuning",
    roles=_TOOLS,
    pictures=64,
    schemes=("http", "https", "data"),
    types=_LOOKED_AT,
)
OPENAI_PREFERENCE = Published(
    "OpenAI, direct preference optimization guide, and FineTunePreferenceRequestInput", roles=_TOOLS
)
OPENAI_RFT = Published(
    "OpenAI, FineTuneReinforcementRequestInput (OpenAPI 2.3.0), and Microsoft Foundry, reinforcement fine-tuning",
    empty=False,
)
TOGETHER = Published(
    "Together AI, data preparation, function-calling fine-tuning, and preference fine-tuning",
    roles=_TOOLS,
    alternate=True,
)
FIREWORKS = Published(
    "Fireworks AI, supervised fine-tuning of text and of vision, and direct preference optimization",
    roles=_TOOLS,
    pictures=ANY,
    schemes=("data",),
    types=("image/png", "image/jpeg"),
)
MISTRAL = Published(
    "Mistral AI, text fine-tuning, and mistral-finetune's README",
    roles=_TOOLS,
    call_id=r"[A-Za-z0-9]{9}",
    both=False,
)
GEMINI = Published(
    "Google Cloud, prepare supervised fine-tuning data for Gemini models, and tune function calling",
    roles=_TOOLS,
    alternate=True,
    tool_name=r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}",
    pictures=ANY,
    schemes=("gs", "http", "https"),
    types=(*_LOOKED_AT, "image/heic", "image/heif"),
    empty=False,
)
BEDROCK = Published(
    "Amazon Nova user guide, preparing data for fine-tuning understanding models, and Amazon Bedrock, supervised "
    "fine-tuning on Nova 2.0",
    alternate=True,
    reserved=("User:", "Bot:", "Assistant:", "System:", "<image>", "<video>", "[EOS]"),
    pictures=ANY,
    schemes=("s3",),
    types=("image/png", "image/jpeg", "image/gif", "image/webp"),
    empty=False,
)
COHERE = Published("Cohere, preparing the chat fine-tuning data", alternate=True, empty=False)
