"""Fields that nobody took though their names say that they change what is trained."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from finesift.read.conversations import train_flags
from finesift.read.conversations.labels import wanted
from finesift.read.conversations.thoughts import is_switch
from finesift.read.fields import SLOT_OF, folded

# Words of a name that say so whatever the value is, and those that do where the value is a text, a list or an object.
_FLAGS = frozenset(
    re.split(
        " ",
        "label labels loss mask masks masked train trainable weight weights desirable undesirable",
    )
)
# These do where the value is a verdict, whatever the name ends in.
_JUDGES = frozenset(("feedback", "thumbs", "thumb", "upvoted", "downvoted"))
# These do where the value is a yes.
_LEFT_OUT = frozenset(re.split(" ", "exclude excluded skip skipped ignore ignored discard discarded drop"))
_TEXTS = frozenset(
    re.split(
        " ",
        "system instruction instructions preamble prompt prompts history context tool tools function "
        "functions call calls reasoning thought thoughts thinking rationale cot choice choices option "
        "options answer answers output outputs response responses completion completions reply solution "
        "chosen rejected preferred dispreferred reject loser losing worse worst winner winning "
        "persona demonstration example truth gold ideal annotation summary highlight passage "
        "message messages conversation conversations image "
        "images picture pictures video videos audio audios steps documents passages turns dialogue dialog",
    )
)
_PARTED = re.compile(r"[_.]+")
# What an object of settings or metadata may hold that belongs to the conversation.
_PARTS = frozenset(("system", "instructions", "tools", "history"))
# What a name ends in where the field is about such a thing, not the thing.
_ABOUT = frozenset(
    re.split(
        " ",
        "id ids count counts length len tokens token type types name names source sources model models "
        "lang language date time timestamp at url urls path paths hash md5 sha version score scores "
        "author format category categories topic difficulty level index idx num number cost usage ms "
        "latency license origin dataset file generator by method quality rank rating ratings fingerprint "
        "config size words chars domain tag tags key keys style intent status embedding embeddings "
        "logprobs temperature mode provider region reason",
    )
)


def is_telling(name: str, value: Any) -> bool:
    """Whether a field that was not used may change what is trained."""
    if value is None or value in ("", [], {}) or folded(name) in ("tool_choice", "id"):
        return False
    words = [word for word in _PARTED.split(folded(name)) if word]
    if is_switch(value) and not _FLAGS & set(words) and "reasoning" in words:
        return False
    if not _JUDGES.isdisjoint(words) and wanted(value) is not None:
        return True
    if not words or words[-1] in _ABOUT or words[-1].isdigit():
        return False
    if not _FLAGS.isdisjoint(words):
        return True
    if words[-1] in _LEFT_OUT or words[0] in _LEFT_OUT:
        return wanted(value) is True
    return isinstance(value, (str, list, dict)) and any(
        word in _TEXTS or word.removesuffix("s") in _TEXTS for word in words
    )


def is_verdict(name: str, value: Any) -> bool:
    """Whether a field says that something was wanted, or that it was not."""
    return SLOT_OF.get(folded(name)) == "label" and wanted(value) is not None


@lru_cache(maxsize=4096)
def _is_part(name: str) -> bool:
    return not _PARTS.isdisjoint(_PARTED.split(folded(name)))


@lru_cache(maxsize=4096)
def _may_judge(name: str) -> bool:
    return SLOT_OF.get(folded(name)) == "label" or _is_part(name) or folded(name) in train_flags.NAMES


def may_hide_verdicts(value: Any) -> bool:
    """Whether the names within an object are such that `hidden_verdicts` may find some."""
    return type(value) is dict and any(map(_may_judge, value))


def hidden_verdicts(name: str, value: Any) -> list[str]:
    """The places within an unused object that say whether something was wanted or is trained, `metadata.thumbs`."""
    if not isinstance(value, dict):
        return []
    return [
        f"{name}.{inner}"
        for inner, said in value.items()
        if is_verdict(inner, said) or train_flags.trains(inner, said) is False
    ]


def hidden_parts(name: str, value: Any) -> list[str]:
    """The places within an unused object that by their names belong to the conversation, `metadata.system_prompt`."""
    if not isinstance(value, dict):
        return []
    return [f"{name}.{inner}" for inner, held in value.items() if _is_part(inner) and is_telling(inner, held)]


def unread(rest: dict[str, Any], used: set[str], said: set[str]) -> list[str]:
    """The names among `rest` that a person should know of.

    used: names that were understood though they stay in `rest`. said: texts of the conversation, which a field may
    repeat.
    """
    return [
        name
        for name, value in rest.items()
        if name not in used
        and is_telling(name, value)
        and not (isinstance(value, str) and value.strip() in said)
    ]
