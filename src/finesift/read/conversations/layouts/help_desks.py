"""Tickets of help desks: what a customer wrote first, and what followed."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.layouts import Load, Record, layout

_STAFF = frozenset(("admin", "bot", "team", "operator", "agent", "ai"))
_CUSTOMERS = frozenset(("user", "lead", "contact", "visitor", "end-user", "customer"))


@layout(
    "Intercom conversation",
    reads={
        "source": {"body": "Name a reef.", "author": {"type": "user"}},
        "conversation_parts": {
            "conversation_parts": [
                {"part_type": "comment", "body": "Ningaloo.", "author": {"type": "admin"}},
            ]
        },
    },
    leaves={"source": {"body": "Name a reef."}, "conversation_parts": 2},
)
def intercom(record: Record, _load: Load) -> Record | None:
    """`source` is what was written first, `conversation_parts` what followed: users and leads ask, admins and bots
    answer. Internal notes and parts without a body stay as `parts_left_out`; HTML stays as it is."""
    parts, source = record.get("conversation_parts"), record.get("source")
    listed = parts.get("conversation_parts") if isinstance(parts, dict) else parts
    if not isinstance(source, dict) or not isinstance(listed, list) or "messages" in record:
        return None
    turns = [(one, _intercom_message(one)) for one in [source, *listed]]
    messages = [message for _, message in turns if message]
    if turns[0][1] is None or len(messages) < 2:
        return None
    aside = [one for one, message in turns if message is None]
    return _ticket(record, ("source", "conversation_parts"), messages, aside)


@layout(
    "Zendesk ticket",
    reads={
        "ticket": {"requester_id": 1, "subject": "Reefs"},
        "comments": [
            {"author_id": 1, "body": "Name a reef.", "public": True},
            {"author_id": 2, "body": "Ningaloo.", "public": True},
        ],
    },
    leaves={"comments": [{"author_id": 1, "body": "Name a reef."}]},
)
def zendesk(record: Record, _load: Load) -> Record | None:
    """`comments` with `author_id`: that of the ticket's `requester_id` asks, all others answer. Comments that are not
    `public` stay as `parts_left_out`."""
    ticket, listed = record.get("ticket", record), record.get("comments")
    asks = ticket.get("requester_id") if isinstance(ticket, dict) else None
    if asks is None or not isinstance(listed, list) or not listed or "messages" in record:
        return None
    if not all(
        isinstance(one, dict) and isinstance(one.get("body"), str) and "author_id" in one for one in listed
    ):
        return None
    said = [one for one in listed if one.get("public") is not False and one["body"]]
    messages = [
        {
            **_rest(one, ("author_id", "body", "public")),
            "role": _role(one["author_id"] == asks),
            "content": one["body"],
        }
        for one in said
    ]
    return (
        _ticket(record, ("comments",), messages, [one for one in listed if one not in said])
        if messages
        else None
    )


def _ticket(record: Record, used: tuple[str, ...], messages: list[Record], aside: list[Any]) -> Record:
    return {"messages": messages, **_rest(record, used), **({"parts_left_out": aside} if aside else {})}


def _intercom_message(part: Any) -> Record | None:
    """A part as a message; None for a note, and for what says nothing."""
    if not isinstance(part, dict) or not isinstance(part.get("body"), str) or not part["body"]:
        return None
    author = part.get("author")
    kind = author.get("type") if isinstance(author, dict) else None
    if (
        not isinstance(kind, str)
        or kind not in _STAFF | _CUSTOMERS
        or part.get("part_type") in ("note", "note_and_reopen")
    ):
        return None
    return {**_rest(part, ("body", "author")), "role": _role(kind in _CUSTOMERS), "content": part["body"]}


def _role(asks: bool) -> str:
    return "user" if asks else "assistant"


def _rest(record: Record, used: tuple[str, ...]) -> Record:
    return {name: value for name, value in record.items() if name not in used}
