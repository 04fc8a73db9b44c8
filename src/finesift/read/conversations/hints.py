"""What the columns of rows that nobody can read may be, by the words of their names.

A hint that is followed trains something, so it never takes the losing side of a pair for an answer, nor an answer for
the prompt; where only that would be left, it names the columns and leaves the choice to a person.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from finesift.read.fields import CONTENT_KEYS, SLOT_OF, folded, is_conversation, mappings, resolve
from finesift.read.options import Options

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
        "tgt truth gold reference expected ideal assistant bot agent gpt summary summaries highlights translation "
        "generated generation a antwort respuesta reponse réponse risposta resposta antwoord ответ 回答 答案 応答"
    ),
    "prompt": (
        "prompt prompts question questions query queries ask asked instruction request requests input inputs src user "
        "human customer client utterance article document problem task title headline body post q frage pregunta "
        "pergunta domanda vraag вопрос 问题 質問"
    ),
}
#: What each shape needs, by slot, in words.
_SHAPES = {
    "a conversation": {"messages": "messages"},
    "a prompt and its answer": {"prompt": "what was asked", "completion": "the answer"},
    "a preference pair": {
        "prompt": "what was asked",
        "chosen": "the answer that was wanted",
        "rejected": "the one that was not",
    },
    "plain text": {"text": "the text"},
}
# Words of the answer that was expected, beside the one that was given.
_WANTED = frozenset(("expected", "reference", "truth", "gold", "ideal"))
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


def reading_of(record: Mapping[str, Any]) -> dict[str, str]:
    """Columns that would make the record readable, in objects within it too; {} where nothing tells them."""
    inner = dict(islice(_paths(record), _MOST_NAMES))
    for found in (_conversation(inner), columns_of(record), columns_of(inner)):
        if found:
            return found
    return {}


def nearest(record: Mapping[str, Any]) -> str:
    """The shape that a record comes nearest to, and what it lacks of it, for an error; "" where it comes near none."""
    slots = {slot for name in _texts(record) if (slot := slot_of(name))} | set(resolve(record, {}).slots)
    has = max(_SHAPES, key=lambda shape: len(slots & _SHAPES[shape].keys()) / len(_SHAPES[shape]))
    needed = _SHAPES[has]
    lacks = [said for slot, said in needed.items() if slot not in slots]
    if len(lacks) == len(needed):
        return ""
    return f"; nearest is {has}, which lacks {' and '.join(lacks)}" if lacks else f"; nearest is {has}"


def hint(record: Mapping[str, Any]) -> str:
    """What to write into the recipe so that rows like this one can be read."""
    if record and all(name.startswith("column_") for name in record):
        said = mappings({"column_1": "prompt", "column_2": "completion"})
        return f"The file has no header. Name its columns by place:  {said}"
    if columns := reading_of(record):
        return f"If that is what it looks like, say so in the recipe:  {mappings(columns)}"
    texts, found = _texts(record), _named(record)
    if not texts:
        inner = {
            name: text for name, text in islice(_paths(record), _MOST_NAMES) if isinstance(text, str) and text
        }
        if not inner and (lists := _lists(record)):
            return (
                f"{_quoted(lists)} may be its rows: write each list into a file of its own, an object a line."
            )
        if not inner:
            return "It holds no text that could be asked or answered. If it is no data, leave the file out."
        texts, found = list(inner), _named(inner)
    if lost := found.get("rejected"):
        return f"{_quoted(lost)} looks like an answer that was not wanted; name the one that was, and what was asked."
    if len(answers := found.get("completion", [])) > 1:
        return _of_answers(answers, found.get("prompt", []))
    if len(texts) == 1:
        return (
            f"If all of it is to be trained, as it is, say so in the recipe:  {mappings({texts[0]: 'text'})}"
        )
    return (
        f"Say in the recipe which of {_quoted(texts or list(record))} was asked and which is the answer:  "
        f"{mappings({'ASKED': 'prompt', 'ANSWER': 'completion'})}"
    )


def _of_answers(answers: list[str], asked: list[str]) -> str:
    """For a row with several answers, of which only a person knows which one is meant."""
    if (
        not asked
        and len(answers) == 2
        and answers[0].rpartition(".")[0] == answers[1].rpartition(".")[0] != ""
    ):
        # Two texts of one object, as a sentence in two languages.
        return (
            f"If the second answers the first:  {mappings({answers[0]: 'prompt', answers[1]: 'completion'})}"
        )
    wanted = [name for name in answers if _WANTED.intersection(re.split(r"[_.\W]+", folded(name)))]
    if len(wanted) == 1 and asked:
        said = mappings({asked[0]: "prompt", wanted[0]: "completion"})
        return f"{_quoted(answers)} all look like answers. To train on the one that was expected:  {said}"
    said = mappings({asked[0] if asked else "ASKED": "prompt", "ANSWER": "completion"})
    return (
        f"{_quoted(answers)} all look like answers. Say in the recipe which is meant, {said}, or, for a pair, map the "
        "better one to chosen and the other to rejected."
    )


def _lists(record: Mapping[str, Any]) -> list[str]:
    """The places of lists of objects."""
    return [
        path
        for path, value in islice(_paths(record), _MOST_NAMES)
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ]


def inner_hint(value: Any, what: str, options: Options) -> str:
    """What to do about a value that is no text: the field within it that may be meant.

    what: the value's name in quotes, or other words for it.
    """
    name = what.strip('"')
    if isinstance(value, dict) and what != name:
        texts = [key for key, text in value.items() if isinstance(text, str) and text]
        best = next(
            (key for key in ("text", "content", "value", "message") if key in texts), (texts or [None])[0]
        )
        slot = SLOT_OF.get(options.columns.get(name, folded(name)))
        if best is not None and slot is not None:
            return f"If its {_quoted([best])} is meant, say so in the recipe:  {mappings({f'{name}.{best}': slot})}"
    if isinstance(value, list) and value and all(isinstance(text, str) for text in value):
        return "Write it as one text, or a row for each."
    return "Write it as one text."


def role_hint(message: Mapping[str, Any]) -> str:
    """For a message that does not say who speaks."""
    names = sorted(_texts(message), key=lambda name: len(str(message[name])))
    if len(names) < 2:
        return 'Write each message as {"role": "user", "content": "…"}.'
    return f"If {_quoted(names[:1])} says who speaks, say so in the recipe:  {mappings({names[0]: 'role'})}"


def content_hint(message: Mapping[str, Any]) -> str:
    """For a message that does not say anything."""
    names = sorted(_texts(message), key=lambda name: len(str(message[name])))
    if not names:
        return "Leave the message out, or write what was said as its content."
    said = mappings({names[-1]: "content"})
    return f"If {_quoted(names[-1:])} is what was said, say so in the recipe:  {said}"


def _conversation(values: Mapping[str, Any]) -> dict[str, str]:
    """The list among the values that is a conversation, and what its messages call role and content."""
    for path, value in values.items():
        if not isinstance(value, list) or not value:
            continue
        if is_conversation(value):
            return {path: "messages"}
        if len(value) < 2 or not all(isinstance(message, dict) for message in value):
            continue
        names = [name for name in value[0] if all(isinstance(m.get(name), str) and m[name] for m in value)]
        # Who speaks is one of few short words, which come again; what is said is long.
        speakers = [
            n for n in names if len({m[n] for m in value}) <= 3 and max(len(m[n]) for m in value) <= 20
        ]
        said = max((n for n in names if n not in speakers), key=lambda n: len(value[0][n]), default=None)
        if len(speakers) == 1 and said is not None:
            return {path: "messages", speakers[0]: "role"} | (
                {} if said in CONTENT_KEYS else {said: "content"}
            )
    return {}


def _paths(record: Mapping[str, Any], above: str = "", depth: int = 3) -> Iterator[tuple[str, Any]]:
    """Values by their path, into objects, not into lists."""
    for name, value in record.items():
        if "." in name or not isinstance(name, str):
            continue
        if isinstance(value, dict) and depth:
            yield from _paths(value, f"{above}{name}.", depth - 1)
        else:
            yield f"{above}{name}", value


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
