"""Questions with options to choose from: rendered with them, and the answer in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from finesift.read.fields import folded

LETTERS = "ABCDEFGHIJ"
_LISTS = ("choices", "options", "endings", "candidates")
_ONE = re.compile(r"(?:(?:choice|option|ending|answer)_?([0-9]|[a-j])|([a-j]))")
_KEYS = (
    "answer_key",
    "answerkey",
    "correct_answer",
    "correct_option",
    "label",
    "answer_index",
    "answer_idx",
    "gold",
)


def options_of(record: Mapping[str, Any], taken: set[str]) -> tuple[list[str], dict[str, str]]:
    """The fields that hold the options, and the options by their letter; nothing where there are none."""
    for name, value in record.items():
        if name in taken or folded(name) not in _LISTS:
            continue
        texts, labels = _listed(value)
        if texts:
            return [name], dict(zip(labels, texts, strict=True))
    single: dict[str, tuple[str, str]] = {}
    for name, value in record.items():
        if name not in taken and isinstance(value, str) and (match := _ONE.fullmatch(folded(name))):
            single[(match[1] or match[2]).upper()] = (name, value)
    first = "A" if "A" in single else next((digit for digit in "01" if digit in single), None)
    if first is None:
        return [], {}
    run = LETTERS if first == "A" else "0123456789"[int(first) :]
    keys = [key for key, expected in zip(sorted(single), run, strict=False) if key == expected]
    if len(keys) < 2:
        return [], {}
    letters = dict(zip(LETTERS, (single[key][1] for key in keys), strict=False))
    return [single[key][0] for key in keys], letters


def key_of(record: Mapping[str, Any], taken: set[str]) -> str | None:
    """The field that says which option is right, where it is called so."""
    return next((name for name in record if name not in taken and folded(name) in _KEYS), None)


def chosen_letter(answer: Any, options: Mapping[str, str]) -> str | None:
    """The letter of the option that an answer means: its letter, its text, or its number from 0; else None."""
    letters = list(options)
    if isinstance(answer, bool):
        return None
    if isinstance(answer, str):
        said = answer.strip()
        bare = said.strip("()[]. ").upper()
        if bare in options:
            return bare
        same = [letter for letter, text in options.items() if text.strip() == said]
        if same:
            return same[0] if len(same) == 1 else None
        if not said.isdecimal() or len(said) > 2:
            return None
        answer = int(said)
    if isinstance(answer, float) and answer.is_integer():
        answer = int(answer)
    return letters[answer] if isinstance(answer, int) and 0 <= answer < len(letters) else None


def listing(options: Mapping[str, str]) -> str:
    return "\n".join(f"{letter}. {text}" for letter, text in options.items())


def _listed(value: Any) -> tuple[list[str], list[str]]:
    """Texts and letters of a list, of an object by letter, or of Hugging Face's {"text": […], "label": […]}."""
    labels: list[str] | None = None
    if isinstance(value, dict):
        if isinstance(value.get("text"), list) and isinstance(value.get("label"), list):
            labels, value = [str(label).upper() for label in value["label"]], value["text"]
        elif all(len(key) == 1 for key in value):
            labels, value = [key.upper() for key in value], list(value.values())
    if not isinstance(value, list) or not 2 <= len(value) <= len(LETTERS):
        return [], []
    texts = [
        text if isinstance(text, str) else str(text) for text in value if isinstance(text, (str, int, float))
    ]
    if len(texts) != len(value):
        return [], []
    if labels is None or len(set(labels)) != len(texts):
        labels = list(LETTERS[: len(texts)])
    return texts, labels
