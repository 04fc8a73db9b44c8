"""A plain Self-Instruct loop, as Wang et al. 2023 have it, and a model by script with a fixed pool and a habit.

The loop shows eight tasks, six of people and two of its own, takes what comes if its ROUGE-L with all tasks is under
0.7 and its simple rules of length and wording hold, and goes on.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import scripted
from finesift.generate.peers import rouge_l, words_of
from finesift.generate.tasks import personas

PEOPLES, OWN, ALIKE = 6, 2, 0.7
#: Words that Self-Instruct leaves out since a text cannot answer them.
_WORDS = re.compile(r"(?i)\b(?:images?|graphs?|pictures?|files?|maps?|draw|plot|go to)\b")


@dataclass
class Pool:
    """A model that has so many answers, and says some far more often than others: the nth likeliest 1/n as often.

    heeds: how often it does what its prompt asks for: the behaviour, the person who writes, and nothing that the prompt
    shows already. Else it says what it likes best. Each answer is a row of `scripted`, or that row with a greeting, or
    without its second sentence; these are the same answer, by `row`.
    """

    rows: dict[str, list[scripted.Pair]]
    heeds: float
    seed: int
    said: dict[int, str] = field(default_factory=dict)
    rows_said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._all = [(name, row) for name, rows in self.rows.items() for row in rows]
        self._chance.shuffle(self._all)

    def draw(
        self, shown: str, behaviour: str | None = None, persona: str | None = None
    ) -> tuple[str, scripted.Pair]:
        """An answer, and the row that it is."""
        fit = [row for _, row in self._all]
        if self._chance.random() < self.heeds:
            if behaviour is not None:
                fit = self.rows[behaviour]
                people = personas()
                own = people.index(persona) if persona in people else 0
                fit = [row for n, row in enumerate(fit) if n % len(people) == own] or fit
            fit = [row for row in fit if row[0][:60] not in shown] or fit
        request, answer = self._chance.choices(fit, [1 / (n + 1) for n in range(len(fit))])[0]
        self.rows_said.add(request)
        way = self._chance.random()
        said = f"Hello! {request}" if way < 0.2 else request.split(". ")[0] if way < 0.4 else request
        return request, (said, answer)

    def __call__(self, _: int, body: dict) -> str:
        """The same, behind a server: `scripted.Server` asks."""
        text = body["messages"][-1]["content"]
        found = re.search(r"Who writes it: (.+)", text)
        row, said = self.draw(text, scripted.asked_for(body), found[1] if found else None)
        self.said[body["seed"]] = row
        return scripted.said(*said)


def self_instruct(people: Sequence[str], pool: Pool, requests: int, seed: int) -> list[str]:
    """The rows that the loop takes in so many requests; a row that is taken in two forms comes twice."""
    chance = random.Random(seed)
    tasks = [*people]
    words = [words_of(task) for task in tasks]
    taken = []
    for _ in range(requests):
        own = tasks[len(people) :]
        shown = chance.sample(tasks[: len(people)], PEOPLES) + chance.sample(own, min(OWN, len(own)))
        row, (said, _) = pool.draw(json.dumps(shown))
        if not fit(said):
            continue
        new = words_of(said)
        if max(rouge_l(new, other) for other in words) < ALIKE:
            tasks.append(said)
            words.append(new)
            taken.append(row)
    return taken


def fit(said: str) -> bool:
    """Self-Instruct's rules for an instruction: 4 to 150 words, nothing that a text cannot do, a letter first."""
    return (
        3 < len(said.split()) <= 150 and not _WORDS.search(said) and said[0].isascii() and said[0].isalnum()
    )
