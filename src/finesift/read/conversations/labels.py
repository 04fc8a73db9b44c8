"""Whether an answer was wanted: what others write for yes and no, and their word on what is trained."""

from __future__ import annotations

import re
from typing import Any

_YES = re.split(
    " ",
    "true 1 1.0 +1 yes y good desirable desired positive pos up thumbs_up thumbsup thumb_up upvote "
    "upvoted like liked correct right accepted accept approved chosen preferred pass passed win 👍",
)
_NO = re.split(
    " ",
    "false 0 0.0 -1 -1.0 no n bad undesirable undesired negative neg down thumbs_down thumbsdown "
    "thumb_down downvote downvoted dislike disliked incorrect wrong rejected reject disapproved fail "
    "failed lose loss 👎",
)
_WANTED = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}


def wanted(value: Any) -> bool | None:
    """Yes or no in any of its spellings; None for anything else, a number but 1, 0 and -1 too."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return bool(value > 0) if value in (1, 0, -1) else None
    if isinstance(value, str):
        said = value.strip().lower()
        return _WANTED.get(said, _WANTED.get(said.replace(" ", "_").replace("-", "_")))
    return None


def weight(value: Any) -> float | None:
    """How much of the loss a message has: a number, true or false, or one of these as text; else None."""
    if isinstance(value, str):
        said = value.strip().lower()
        if said in ("true", "false"):
            return float(said == "true")
        try:
            value = float(said)
        except ValueError:
            return None
    return float(value) if isinstance(value, (bool, int, float)) and value == value else None
