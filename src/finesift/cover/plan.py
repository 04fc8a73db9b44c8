"""The plan: the behaviours that a set is to teach, each with a sentence, examples of requests and a minimum.

[[behaviour]]
name = "refund"
about = "A customer wants money back for an order."
examples = ["I want my money back", "How do I get a refund?", "Refund order 1182, please"]
good = "answer"
kind = "everyday"
minimum = 50
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from finesift.errors import RecipeError
from finesift.recipe import read_toml

GOOD = ("answer", "ask", "refuse", "escalate", "call")
KINDS = ("everyday", "edge", "must_refuse", "must_escalate")
#: With fewer examples than this a behaviour is told from others badly: .62 of rows right from a name alone, .76 from
#: three examples, .82 from ten on BANKING77.
ENOUGH_EXAMPLES = 3


class Behaviour(BaseModel):
    """One behaviour. minimum: rows, or a share of the training rows below 1. weight: how much it matters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    about: str = Field("", max_length=500)
    examples: list[str] = []
    good: str = "answer"
    kind: Literal["everyday", "edge", "must_refuse", "must_escalate"] = "everyday"
    minimum: float = Field(1, ge=0)
    weight: float = Field(1, gt=0)
    proposal: bool = False

    @field_validator("minimum", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        """A share as people write it: "10%"."""
        if isinstance(value, str):
            share = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value)
            if not share or not 0 < float(share[1]) < 100:
                raise ValueError(f'{value!r} is neither a number of rows nor a share such as 0.1 or "10%"')
            return float(share[1]) / 100
        return value

    @field_validator("good")
    @classmethod
    def _known(cls, value: str) -> str:
        if value.split(" ", 1)[0] not in GOOD:
            raise ValueError(f"{value!r} is none of {', '.join(GOOD)} (call TOOL)")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.about.strip() and not self.examples:
            raise ValueError(f"{self.name} has neither a sentence (about) nor examples")
        return self

    @property
    def wants(self) -> str:
        """What a good answer does: as the kind demands, else as the plan says."""
        return {"must_refuse": "refuse", "must_escalate": "escalate"}.get(self.kind, self.good)

    def texts(self) -> list[str]:
        """What stands for it: its sentence and its examples."""
        return [text for text in (self.about or self.name.replace("_", " "), *self.examples) if text.strip()]

    def wanted(self, rows: int) -> int:
        """The minimum in rows, of so many training rows."""
        return round(self.minimum * rows) if self.minimum < 1 else round(self.minimum)


class Plan(BaseModel):
    """behaviour: as in the file. attributes: by which behaviours are crossed; see `attributes.NAMES`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    behaviour: list[Behaviour]
    attributes: list[str] = ["tone", "clarity", "turns"]

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        names = [one.name for one in self.behaviour]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two behaviours are called {', '.join(twice)}")
        if not names:
            raise ValueError("the plan has no behaviour")
        return self

    def texts(self) -> tuple[list[str], NDArray[np.int32]]:
        """All texts that stand for behaviours, and the behaviour of each, from 0."""
        each = [one.texts() for one in self.behaviour]
        owners = np.repeat(np.arange(len(each), dtype=np.int32), [len(texts) for texts in each])
        return [text for texts in each for text in texts], owners

    def shared(self) -> list[tuple[str, str, str]]:
        """Pairs of behaviours with an example in common, and that example: requests like it are of neither surely."""
        first: dict[str, str] = {}
        found = []
        for one in self.behaviour:
            for text in one.examples:
                other = first.setdefault(" ".join(text.split()).casefold(), one.name)
                if other != one.name:
                    found.append((other, one.name, text))
        return found

    @classmethod
    def load(cls, path: str | Path) -> Plan:
        """Reads a plan. Raises RecipeError where it is none, with the place and what was expected."""
        from finesift.cover.attributes import NAMES

        hint = "Draft one, and change it:  finesift plan raw/*.jsonl -o behaviours.toml"
        if not Path(path).exists():
            raise RecipeError(f"{path}: cannot be read (no such file).", hint=hint)
        raw, _ = read_toml(path, hint=hint)
        try:
            plan = cls.model_validate(raw)
        except ValidationError as e:
            raise RecipeError(f"{path}: " + "\n".join(_explained(e, raw))) from e
        for name in plan.attributes:
            if name not in NAMES:
                raise RecipeError(
                    f"{path}: no attribute is called {name}.", hint=f"Known: {', '.join(NAMES)}."
                )
        return plan

    def to_toml(self) -> str:
        """The plan as a file, proposals marked."""
        lines = [f"attributes = {json.dumps(self.attributes)}"]
        for one in self.behaviour:
            lines += ["", "[[behaviour]]"]
            if one.proposal:
                lines.append(
                    "# A proposal: the data holds no such row that was found. Change it, or leave it out."
                )
            for name, value in one.model_dump(exclude_defaults=True).items():
                shown = int(value) if isinstance(value, float) and value == int(value) else value
                # What JSON leaves as it is and TOML forbids.
                said = json.dumps(shown, ensure_ascii=False).replace("\x7f", "\\u007f")
                lines.append(f"{name} = {said}")
        return "\n".join(lines) + "\n"


def _explained(error: ValidationError, raw: dict[str, Any]) -> Iterator[str]:
    for fault in error.errors():
        place = list(fault["loc"])
        if len(place) > 1 and place[0] == "behaviour" and isinstance(place[1], int):
            given = raw["behaviour"][place[1]]
            named = given.get("name") if isinstance(given, dict) else None
            place[:2] = [f"behaviour {named or place[1] + 1}"]
        yield f"{'.'.join(map(str, place)) or 'the plan'}: {fault['msg'].removeprefix('Value error, ')}."
