"""The JSON schema of a recipe, by which editors complete, explain and check one as it is written."""

from __future__ import annotations

from typing import Any

from finesift.recipe import LIMITS, Limit, Recipe
from finesift.registry import load_checks

DRAFT = "http://json-schema.org/draft-07/schema#"  # what editors of TOML read


def schema() -> dict[str, Any]:
    """JSON schema, draft 7: every section and setting with its default and reason, and every check by name."""
    made = Recipe.model_json_schema()
    definitions = _draft_7(made.pop("$defs"))
    made = _draft_7(made)
    names = sorted({*LIMITS, *load_checks()})
    limit = {"$ref": "#/definitions/Limit"}
    made["properties"]["limits"] = {
        "type": "object",
        "description": "scores, 0 to 1, at which a finding acts",
        "additionalProperties": False,
        "properties": {
            name: {"allOf": [limit], "description": LIMITS[name][1], "default": _limit(name)}
            if name in LIMITS
            else limit
            for name in names
        },
    }
    made["properties"]["checks"] = {
        "type": "object",
        "description": Recipe.model_fields["checks"].description,
        "additionalProperties": False,
        "properties": {
            name: {"anyOf": [{"type": "boolean"}, {"type": "object"}], "description": _first_line(name)}
            for name in names
        },
    }
    made["properties"]["gate"]["properties"] = {
        name: {"type": "number", "minimum": 0} for name in ("unreadable", "set_aside", "review", *names)
    }
    return {"$schema": DRAFT, **made, "title": "A recipe of Finesift", "definitions": definitions}


def _limit(name: str) -> dict[str, Any]:
    found: Limit = LIMITS[name][0]
    return found.model_dump(exclude_none=True)


def _first_line(name: str) -> str:
    declared = load_checks().get(name)
    return "" if declared is None else declared.what


def _draft_7(value: Any) -> Any:
    """Names of draft 2020-12 as draft 7 has them."""
    if isinstance(value, dict):
        return {
            key: given.replace("#/$defs/", "#/definitions/") if key == "$ref" else _draft_7(given)
            for key, given in value.items()
        }
    return [_draft_7(one) for one in value] if isinstance(value, list) else value
