"""What a row says about which of its messages are trained, under the names that trainers use for it.

axolotl: `train`, `training`, `weight`, `train_detail`; ms-swift: `loss`; OpenAI: `weight`; NeMo: `mask` with the
name of a role; others: `loss_mask`, `masked`, `trainable`, for a message or as a list for the row.
"""

from __future__ import annotations

import re
from typing import Any

from finesift.read.conversations.labels import weight
from finesift.read.conversations.turn import Turn
from finesift.read.fields import folded
from finesift.read.roles import KNOWN

_TRAINED = frozenset(
    re.split(
        " ",
        "train training trainable trained train_on loss loss_mask loss_masks loss_weight loss_weights weight weights "
        "train_mask assistant_masks",
    )
)
_MASKED = frozenset(("mask", "masks", "masked", "is_masked", "ignore_loss"))
NAMES = _TRAINED | _MASKED


def trains(name: str, value: Any) -> bool | None:
    """Whether a message with this field is trained; None where the field does not say it in a way we know."""
    name, given = folded(name), weight(value)
    if name not in NAMES or given is None:
        return None
    return (given > 0) is (name in _TRAINED)


def flag_row(record: dict[str, Any], taken: set[str], turns: list[Turn]) -> set[str]:
    """Sets `train` of the turns by the fields of their row; returns the names of those that were understood."""
    used = set()
    for name, value in record.items():
        if name not in taken and folded(name) in NAMES and _flag(folded(name), value, turns):
            used.add(name)
    return used


def _flag(name: str, value: Any, turns: list[Turn]) -> bool:
    answers = [turn for turn in turns if turn.role == "assistant"]
    roles = _roles(value) if name in _MASKED else None
    if roles is not None:
        for turn in turns:
            if turn.role in roles:
                turn.train = False
        return True
    if isinstance(value, list) and len(value) in (len(turns), len(answers)):
        said = [trains(name, entry) for entry in value]
        if None in said:
            return False
        for turn, trained in zip(turns if len(value) == len(turns) else answers, said, strict=True):
            # A list that marks prompts as untrained says what is so anyhow.
            if turn.role == "assistant" or trained:
                turn.train = trained
        return True
    given = weight(value)
    if given not in (0, 1):
        return False
    if trains(name, value) is False:
        for turn in answers:
            turn.train = False
    return True


def _roles(value: Any) -> set[str] | None:
    """The roles that a mask names, or None where it names something else."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return None
    roles = {KNOWN.get(name.strip().lower()) for name in names}
    return None if None in roles else {role for role in roles if role}
