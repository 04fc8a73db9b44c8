"""What a row gives its chat template besides the messages."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.layouts import Load, Record, layout

_SETTINGS = "chat_template_kwargs"


@layout(
    "settings of the template",
    reads={
        "messages": [
            {"role": "user", "content": "Name a reef."},
            {"role": "assistant", "content": "Ningaloo."},
        ],
        _SETTINGS: {"custom_instructions": "Be brief.", "enable_thinking": False},
    },
    leaves={"messages": [{"role": "user", "content": "Name a reef."}], _SETTINGS: {"enable_thinking": False}},
)
def template_settings(record: Record, load: Load) -> Record | None:
    """`chat_template_kwargs` with `custom_instructions` or `system_message` (SmolTalk2), which is the system prompt
    where the row has none, and `xml_tools` or `tools`, which are the tools. Other settings stay there."""
    given = record.get(_SETTINGS)
    if not isinstance(given, dict) or not isinstance(messages := record.get("messages"), list):
        return None
    rest, found = dict(given), {}
    told = any(isinstance(m, dict) and m.get("role") in ("system", "developer") for m in messages)
    system = next(
        (n for n in ("custom_instructions", "system_message") if isinstance(given.get(n), str) and given[n]),
        None,
    )
    if system and not told and "system" not in record:
        found["system"] = rest.pop(system)
    tools = next((n for n in ("xml_tools", "tools") if given.get(n)), None)
    if tools and "tools" not in record and (schemas := _schemas(given[tools], load)):
        found["tools"] = schemas
        del rest[tools]
    if not found:
        return None
    return {**{n: v for n, v in record.items() if n != _SETTINGS}, **found, _SETTINGS: rest}


def _schemas(tools: Any, load: Load) -> list[Any]:
    """Tool schemas, which may stand as JSON text each; nothing where one of them is none."""
    if not isinstance(tools, list):
        return []
    try:
        schemas = [load(tool) if isinstance(tool, str) else tool for tool in tools]
    except ValueError:
        return []
    return schemas if all(isinstance(schema, dict) for schema in schemas) else []
