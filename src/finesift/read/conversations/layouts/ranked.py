"""Answers with ranks or scores: pairs of a better and a worse one."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from finesift.read.conversations.layouts import Load, Record, layout
from finesift.read.records.record import Unreadable

_PROMPTS = ("prompt", "instruction", "question", "query")
_LISTS = ("answers", "completions", "responses", "candidates", "generations", "outputs")
_TEXTS = ("answer", "response", "completion", "text", "content", "output")
# The first is better by a lower number.
_NUMBERS = ("rank", "overall_score", "score", "rating", "reward")
_TIED = Unreadable(
    "all answers have the same rank or score; a pair needs a better one",
    "Leave the row out, or keep one answer as its completion.",
)


@layout(
    "ranked answers",
    reads={
        "prompt": "Name a reef.",
        "answers": [{"answer": "Ningaloo.", "rank": 1}, {"answer": "A rock.", "rank": 2}],
    },
    leaves={"prompt": "Name a reef.", "answers": [{"answer": "Ningaloo."}, {"answer": "Belize."}]},
)
def ranked_answers(record: Record, _load: Load) -> list[Record] | None:
    """A prompt with a list of answers that each have a `rank` (Nectar), an `overall_score` (UltraFeedback), `score`,
    `rating` or `reward`. The best is chosen against the worst; with `data.pairs = "all"` each better one against each
    worse one. The whole list stays with the first pair as `answers_by_rank`."""
    prompt = next((name for name in _PROMPTS if name in record), None)
    listed = next((name for name in _LISTS if _scored(record.get(name))), None)
    if prompt is None or listed is None or "chosen" in record:
        return None
    answers = record[listed]
    scored = sorted(_scored(answers), key=lambda one: -one[0])
    if scored[0][0] == scored[-1][0]:
        raise _TIED
    best = (scored[0], scored[-1])
    others = [(a, b) for a, b in combinations(scored, 2) if a[0] != b[0] and (a, b) != best]
    rest = {name: value for name, value in record.items() if name not in (listed, "models")}
    kept = {"answers_by_rank": answers}
    return [
        {
            **rest,
            "chosen": better[1],
            "rejected": worse[1],
            "chosen_score": better[2],
            "rejected_score": worse[2],
        }
        | (kept if number == 0 and len(scored) > 2 else {})
        for number, (better, worse) in enumerate([best, *others])
    ]


def _scored(answers: Any) -> list[tuple[float, str, float]]:
    """How good each answer is, its text, and the number as given; nothing unless every answer says it likewise."""
    if not isinstance(answers, list) or len(answers) < 2 or not all(isinstance(a, dict) for a in answers):
        return []
    number = next((name for name in _NUMBERS if all(_is_number(a.get(name)) for a in answers)), None)
    text = next((name for name in _TEXTS if all(isinstance(a.get(name), str) for a in answers)), None)
    if number is None or text is None:
        return []
    sign = -1 if number == "rank" else 1
    return [(sign * float(a[number]), a[text], a[number]) for a in answers]


def _is_number(value: Any) -> bool:
    # Integers of more digits than a float holds are no scores.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15
