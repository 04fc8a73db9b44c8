"""Reading comprehension: a question, its passage, and answers as lists."""

from __future__ import annotations

from finesift.read.conversations.layouts import Load, Record, layout


@layout(
    "SQuAD",
    reads={"question": "Name a reef.", "context": "Ningaloo is a reef.", "answers": {"text": ["Ningaloo"]}},
    leaves={"question": "Name a reef.", "answers": {"ids": [3]}},
)
def squad(record: Record, _load: Load) -> Record | None:
    """`answers.text` is a list: the first is the answer, all stay in `answers`."""
    answers = record.get("answers")
    if "question" not in record or "answer" in record:
        return None
    texts = answers.get("text") if isinstance(answers, dict) else answers
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        return None
    rest = {name: value for name, value in record.items() if name != "answers"}
    kept = {"reference_texts": answers} if len(texts) > 1 or isinstance(answers, dict) else {}
    return {**rest, "answer": texts[0], **kept}
