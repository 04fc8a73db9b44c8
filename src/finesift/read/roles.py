"""What others call the roles."""

from __future__ import annotations

import re
from collections.abc import Mapping

from finesift.errors import UsageError
from finesift.tables import ROLES

KNOWN: dict[str, str] = {
    **{role: role for role in ROLES},
    **dict.fromkeys(("human", "prompter", "customer"), "user"),
    **dict.fromkeys(("gpt", "chatgpt", "bot", "chatbot", "model", "bard", "bing", "ai"), "assistant"),
    **dict.fromkeys(("function", "observation", "tool_response", "tool_result", "ipython"), "tool"),
    **dict.fromkeys(("function_call", "tool_call"), "assistant"),
}
#: Roles whose content is a tool call in JSON.
CALLERS = ("function_call", "tool_call")


# What a role's name speaks of, the first that fits; it is only a hint, so none of these is mapped unasked.
_SPEAKS_OF = {
    "tool": "tool tools function api environment env execution executor interpreter result results code plugin",
    "system": "system instruction instructions persona setting policy profile background",
    "user": "user human context document documents knowledge passage passages retrieval memory input question asker "
    "student patient client caller speaker1 person query",
}


def likely(name: str) -> str:
    """The role that a name nobody knows most likely means, for a hint."""
    if name.isdecimal():
        return "assistant" if name == "1" else "user"
    words = set(re.split(r"[\W_]+", name[:60].lower()))
    return next((role for role, known in _SPEAKS_OF.items() if words & set(known.split())), "assistant")


def check_roles(roles: Mapping[str, str]) -> None:
    """Raises UsageError for a role that is mapped to something that is none."""
    for name, role in roles.items():
        if role not in ROLES:
            raise UsageError(f'roles: "{name}" is mapped to "{role}"; roles are {", ".join(ROLES)}.')
