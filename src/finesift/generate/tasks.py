"""What is asked for: a behaviour, a cell of attributes, a persona, drawn so that variety is planned, not hoped for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import numpy as np

from finesift.cover.cover import Coverage
from finesift.cover.plan import Behaviour, Plan
from finesift.errors import UsageError
from finesift.generate.ways import Source

#: Seeds that stand in a prompt, and earlier requests that it asks not to repeat.
SEEDS, SEEN = 3, 8
_GOOD = {
    "answer": "answers it, correctly and to the point",
    "ask": "asks back for the one thing that is missing, and guesses nothing",
    "refuse": "declines, says why in a sentence, and offers what can be done instead",
    "escalate": "hands it to a person, says so, and keeps the customer informed",
    "call": "says which action is needed, and what it needs for it",
}


@dataclass(frozen=True)
class Task:
    """number: from 0, over all behaviours. cell: attribute and value, of those that are rarest."""

    number: int
    behaviour: Behaviour
    cell: dict[str, str]
    persona: str
    seeds: list[str]
    source: Source | None = None


def personas() -> list[str]:
    """The packaged people and situations, one to a line."""
    text = (files("finesift.generate") / "personas.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def template(folder: Path | None = None, name: str = "new") -> str:
    """A prompt by name: the packaged one, or that of a folder. Raises UsageError where that has none."""
    if folder is None:
        return (files("finesift.generate") / "prompts" / f"{name}.txt").read_text("utf-8")
    try:
        return (folder / f"{name}.txt").read_text("utf-8")
    except OSError as e:
        raise UsageError(
            f"{folder} has no {name}.txt ({e.strerror}).",
            hint="`finesift generate --show-prompt` prints the packaged one to begin with.",
        ) from e


def tasks(
    behaviour: Behaviour,
    covered: Coverage,
    plan: Plan,
    seeds: Sequence[str],
    *,
    first: int,
    seed: int,
    sources: Sequence[Source] | None = None,
) -> Iterator[Task]:
    """Tasks for a behaviour, numbered from `first` in steps of the plan's behaviours: one for each source, if there are
    any, else without end.

    Personas come without replacement, and so do cells, the emptiest first; then both begin again in another order.
    """
    chance = np.random.default_rng([seed, first])
    people, number = personas(), first
    cells = _cells(behaviour, covered, plan)
    left = None if sources is None else iter(sources)
    while True:
        order = chance.permutation(len(people))
        for turn, at in enumerate(order):
            given = [*seeds] or behaviour.examples
            some = chance.permutation(len(given))[:SEEDS]
            cell = cells[turn % len(cells)] if cells else {}
            source = None if left is None else next(left, None)
            if left is not None and source is None:
                return
            yield Task(number, behaviour, cell, people[at], [given[n] for n in some], source)
            number += len(plan.behaviour)


def _cells(behaviour: Behaviour, covered: Coverage, plan: Plan) -> list[dict[str, str]]:
    """Values of the plan's attributes that a request can be asked for, rarest first."""
    cells = []
    for attribute in plan.attributes:
        if attribute in ("outcome", "tools", "turns"):
            continue
        counts: Mapping[str, int] = covered.cells.get(attribute, {}).get(behaviour.name, {})
        cells += [(rows, attribute, value) for value, rows in counts.items()]
    return [{attribute: value} for _, attribute, value in sorted(cells, key=lambda cell: cell[0])]


@dataclass
class Seen:
    """Requests of one behaviour that a model should not write again. taken: with who wrote each. again: what it wrote
    though it was there, the latest last."""

    taken: list[tuple[str, str]] = field(default_factory=list)
    again: list[str] = field(default_factory=list)

    def for_(self, persona: str) -> list[str]:
        """At most SEEN: what this person wrote, what came again, and the latest. Asked alike, a model answers alike."""
        own = [request for who, request in self.taken if who == persona][-SEEN // 2 :]
        some = [
            *reversed(own),
            *reversed(self.again[-SEEN // 2 :]),
            *(said for _, said in reversed(self.taken)),
        ]
        return list(dict.fromkeys(some))[:SEEN]


def prompt(task: Task, text: str, seen: Sequence[str], *, answers: bool = True) -> str:
    """The prompt of a task. seen: requests of the behaviour that are there already. answers: of the source, too."""
    one = task.behaviour
    wanted = one.wants.split(" ", 1)[0]
    cell = ", ".join(f"{value} ({attribute})" for attribute, value in task.cell.items()) or "any"
    return text.format(
        behaviour=one.name.replace("_", " "),
        about=one.about or one.name.replace("_", " "),
        good=_GOOD[wanted],
        cell=cell,
        persona=task.persona,
        source=task.source.shown(answers=answers) if task.source else "",
        seeds="\n".join(f"- {' '.join(said.split())[:400]}" for said in task.seeds) or "- (none)",
        seen="\n".join(f"- {' '.join(said.split())[:200]}" for said in seen[:SEEN]) or "- (none)",
    )


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
