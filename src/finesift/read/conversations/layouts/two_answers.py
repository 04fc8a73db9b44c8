"""Two answers to one prompt, and a word on which is better."""

from __future__ import annotations

from typing import Any

from finesift.read.conversations.layouts import Load, Record, layout
from finesift.read.records.record import Unreadable

_SIDES = [
    (f"{name}{first}", f"{name}{second}")
    for name in ("response", "response_", "answer_", "completion_", "output_", "conversation_")
    for first, second in (("1", "2"), ("0", "1"), ("a", "b"), ("A", "B"))
]
# Below zero the first, above it the second.
_STRENGTHS = ("overall_preference", "preference_strength")
_INDICES = ("better_response_id", "preferred_index")
_WORDS = ("winner", "preference", "preferred", "choice", "chosen_model", "better")
_FIRST = ("model_a", "a", "response_a", "response1", "response_1", "first", "1", "left")
_SECOND = ("model_b", "b", "response_b", "response2", "response_2", "second", "2", "right")
_TIED = Unreadable("neither answer is called better; a pair needs a better one", "Leave the row out.")


@layout(
    "two answers",
    reads={
        "context": [{"role": "user", "content": "Name a reef."}],
        "response1": "A rock.",
        "response2": "Ningaloo.",
        "overall_preference": 2,
    },
    leaves={"prompt": "Name a reef.", "response1": "A rock.", "response2": "Ningaloo."},
)
def two_answers(record: Record, _load: Load) -> Record | None:
    """`response1` and `response2` with `overall_preference` (HelpSteer3) or `preference_strength`, `response_0` and
    `response_1` with `better_response_id` (PKU-SafeRLHF), `response_a` and `response_b`, or `conversation_a` and
    `conversation_b`, with `winner` (arenas). Where neither is better there is no pair, and the row says so."""
    sides = next((s for s in _SIDES if all(isinstance(record.get(n), (str, list)) for n in s)), None)
    second = _second(record)
    if sides is None or second is None:
        return None
    told, better = second
    if better is None:
        raise _TIED
    rest = {name: value for name, value in record.items() if name not in (*sides, told)}
    if isinstance(rest.get("context"), list) and "prompt" not in rest:
        rest["prompt"] = rest.pop("context")
    return rest | {
        "chosen": record[sides[better]],
        "rejected": record[sides[1 - better]],
        "given_score": record[told],
    }


def _second(record: Record) -> tuple[str, int | None] | None:
    """The field that says which is better, and 1 for the second answer, 0 for the first, None for neither."""
    for name in _STRENGTHS:
        if isinstance(value := record.get(name), (int, float)) and not isinstance(value, bool):
            return name, None if value == 0 else int(value > 0)
    for name in _INDICES:
        if record.get(name) in (0, 1) and not isinstance(record[name], bool):
            return name, int(record[name])
    for name in _WORDS:
        said = _word(record.get(name))
        if said in _FIRST or said in _SECOND:
            return name, int(said in _SECOND)
        if said.startswith("tie"):
            return name, None
    return None


def _word(value: Any) -> str:
    return value.strip().lower() if isinstance(value, str) else ""
