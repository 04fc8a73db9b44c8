"""What others call the roles."""

from __future__ import annotations

from collections.abc import Mapping

from finesift.corpus import ROLES
from finesift.errors import UsageError

KNOWN: dict[str, str] = {
    **{role: role for role in ROLES},
    **dict.fromkeys(("human", "prompter", "customer"), "user"),
    **dict.fromkeys(("gpt", "chatgpt", "bot", "chatbot", "model", "bard", "bing", "ai"), "assistant"),
    **dict.fromkeys(("function", "observation", "tool_response", "tool_result", "ipython"), "tool"),
    **dict.fromkeys(("function_call", "tool_call"), "assistant"),
}
#: Roles whose content is a tool call in JSON.
CALLERS = ("function_call", "tool_call")


def check_roles(roles: Mapping[str, str]) -> None:
    """Raises UsageError for a role that is mapped to something that is none."""
    for name, role in roles.items():
        if role not in ROLES:
            raise UsageError(f'roles: "{name}" is mapped to "{role}"; roles are {", ".join(ROLES)}.')
