"""What the columns of rows that nobody can read may be, by the words of their names.

A hint that is followed trains something, so it never takes the losing side of a pair for an answer, nor an answer for
the prompt; where only that would be left, it names the columns and leaves the choice to a person.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from finesift.read.fields import SLOT_OF, folded, mappings

# So many columns are looked at: a row may have thousands.
_MOST_NAMES = 50
# Words of a name and what they make of it; the first line that has one of them decides.
_WORDS = {
    "rejected": (
        "rejected reject loser losing lose lost bad worse worst dispreferred nonpreferred unpreferred negative neg "
        "incorrect wrong disliked unsafe"
    ),
    "chosen": "chosen winner winning win preferred better best good positive pos accepted liked",
    "reasoning": "reasoning thinking thought thoughts rationale cot",
    "system": "system sys preamble persona",
    "completion": (
        "completion completions output outputs response responses respond answer answers reply replies target targets "
        "tgt assistant bot agent gpt summary summaries highlights translation generated generation a antwort "
        "respuesta reponse réponse risposta resposta antwoord ответ 回答 答案 応答"
    ),
    "prompt": (
        "prompt prompts question questions query queries ask asked instruction request requests input inputs src user "
        "human customer client utterance article document problem task title headline body post q frage pregunta "
        "pergunta domanda vraag вопрос 问题 質問"
    ),
}
_MEANS = {word: slot for slot, words in reversed(_WORDS.items()) for word in words.split()}
_ORDER = {slot: place for place, slot in enumerate(_WORDS)}


@lru_cache(maxsize=4096)
def slot_of(name: str) -> str | None:
    """The slot that a column's name speaks of; None where it speaks of none."""
    name = folded(name[:60])
    words = [word for word in re.split(r"[_.\W]+", name) if word]
    told = {_MEANS[word] for word in words if word in _MEANS}
    # One letter means something where it is the whole name.
    if len(words) > 1:
        told -= {_MEANS[word] for word in words if len(word) == 1 and word in _MEANS} - {
            _MEANS[word] for word in words if len(word) > 1 and word in _MEANS
        }
    if told:
        return min(told, key=_ORDER.__getitem__)
    close = difflib.get_close_matches(name, SLOT_OF, 1, 0.8)
    return SLOT_OF[close[0]] if close else None


def columns_of(record: Mapping[str, Any]) -> dict[str, str]:
    """Columns that would make the record readable, for the recipe; {} where they cannot be told from their names."""
    found = _named(record)
    won, lost, answers = (found.get(slot, []) for slot in ("chosen", "rejected", "completion"))
    if lost:
        best = won or answers
        sides = {best[0]: "chosen", lost[0]: "rejected"} if best else {}
    elif len(answers) > 1:
        # Which of them is the better one is not for a name to say.
        return {}
    else:
        sides = dict.fromkeys((answers or won)[:1], "completion")
    others = [name for name in _texts(record) if name not in sides and slot_of(name) is None]
    asked = found.get("prompt", []) or (others if len(others) == 1 else [])
    if asked and not sides and not lost and len(others) == 1 and others != asked:
        sides = {others[0]: "completion"}
    if not sides or not asked:
        return {}
    rest = {found[slot][0]: slot for slot in ("system", "reasoning") if slot in found}
    return {asked[0]: "prompt", **dict.fromkeys(asked[1:2], "context"), **sides, **rest}


def _named(record: Mapping[str, Any]) -> dict[str, list[str]]:
    """The columns of text by the slot that they speak of."""
    found: dict[str, list[str]] = {}
    for name in _texts(record):
        if slot := slot_of(name):
            found.setdefault(slot, []).append(name)
    return found


def answers_of(record: Mapping[str, Any]) -> dict[str, str]:
    """The column among a row's unread ones that looks like its answer, for the recipe; {} where none does."""
    found = _named(record)
    answers = found.get("completion") or found.get("chosen") or []
    return {answers[0]: "completion"} if len(answers) == 1 else {}


def hint(record: Mapping[str, Any]) -> str:
    """What to write into the recipe so that rows like this one can be read."""
    if columns := columns_of(record):
        return f"If that is what it looks like, say so in the recipe:  {mappings(columns)}"
    if all(isinstance(value, dict) for value in record.values()):
        return "It looks like a file about data, not like rows of data. Leave it out."
    texts, found = _texts(record), _named(record)
    if lost := found.get("rejected"):
        return f"{_quoted(lost)} looks like an answer that was not wanted; name the one that was, and what was asked."
    if len(answers := found.get("completion", [])) > 1:
        return f"{_quoted(answers)} all look like answers: write the better one as chosen, the other as rejected."
    if len(texts) == 1:
        return (
            f"If all of it is to be trained, as it is, say so in the recipe:  {mappings({texts[0]: 'text'})}"
        )
    return (
        f"Say in the recipe which of {_quoted(texts or list(record))} was asked and which is the answer:  "
        f"{mappings({'ASKED': 'prompt', 'ANSWER': 'completion'})}"
    )


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name[:40]}"' for name in names[:8])


def _texts(record: Mapping[str, Any]) -> list[str]:
    """The names of columns that hold text, or a list of texts."""
    return [
        name
        for name, value in islice(record.items(), _MOST_NAMES)
        if (isinstance(value, str) and value)
        or (isinstance(value, list) and value and all(isinstance(text, str) for text in value))
    ]
