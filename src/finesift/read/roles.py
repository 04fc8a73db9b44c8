"""What others call the roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import orjson

from finesift.corpus import ROLES
from finesift.errors import UsageError
from finesift.read.fields import toml_key
from finesift.read.record import Unreadable, kind_of

if TYPE_CHECKING:
    from finesift.read.turn import Reading

KNOWN: dict[str, str] = {
    **{role: role for role in ROLES},
    **dict.fromkeys(("human", "prompter", "customer"), "user"),
    **dict.fromkeys(("gpt", "chatgpt", "bot", "chatbot", "model", "bard", "bing", "ai"), "assistant"),
    **dict.fromkeys(("function", "observation", "tool_response", "tool_result", "ipython"), "tool"),
    **dict.fromkeys(("function_call", "tool_call"), "assistant"),
}
#: Roles whose content is a tool call in JSON.
CALLERS = ("function_call", "tool_call")


def role_of(given: object, where: str, reading: Reading) -> str:
    """One of ROLES; the recipe's own names come first. Raises Unreadable for a name that nobody knows."""
    if not isinstance(given, str):
        raise Unreadable(f"{where} has {kind_of(given)} for its role; known roles are {', '.join(ROLES)}")
    role = reading.options.roles.get(given) or KNOWN.get(given) or KNOWN.get(given.strip().lower())
    if role is None:
        shown = given if len(given) <= 40 else f"{given[:40]}…"
        raise Unreadable(
            f"{where} has role {orjson.dumps(shown).decode()}; known roles are {', '.join(ROLES)}",
            f'Map it in the recipe:  roles = {{ {toml_key(shown)} = "assistant" }}',
        )
    if role != given:
        reading.note("repair", f'role "{given}" read as {role}')
    return role


def check_roles(roles: Mapping[str, str]) -> None:
    """Raises UsageError for a role that is mapped to something that is none."""
    for name, role in roles.items():
        if role not in ROLES:
            raise UsageError(f'roles: "{name}" is mapped to "{role}"; roles are {", ".join(ROLES)}.')
