"""Works through the gaps, largest first, until they are filled, nothing new comes, or the money is spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from finesift.cover.cover import Coverage
from finesift.cover.plan import Plan
from finesift.generate.accept import Judge
from finesift.generate.blind import Blind
from finesift.generate.client import Chat, Unpaid
from finesift.generate.journal import Entry, Journal
from finesift.generate.parse import Malformed, Message
from finesift.generate.tasks import Seen, Task, hash_of, prompt, tasks
from finesift.generate.ways import FROM_ROWS, Made, Source, made, prompt_of, schema_of

#: Requests that are judged together; so many answers in a row, of which fewer than SOME are taken, end a behaviour.
TOGETHER, LOOKED_AT, SOME = 16, 40, 0.1
#: Requests at the same time.
AT_ONCE = 8

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Asked:
    """count: requests at most; None: no limit. budget: money at most. prices: of a million tokens, in and out."""

    count: int | None = None
    budget: float | None = None
    prices: tuple[float, float] = (0.0, 0.0)
    temperature: float = 0.9
    seed: int = 17
    at_once: int = AT_ONCE
    way: str = "new"


@dataclass
class Yield:
    """What came of one behaviour. why: what ended it."""

    behaviour: str
    wanted: int
    asked: int = 0
    accepted: int = 0  # rows that show it, whatever they were asked for
    elsewhere: int = 0  # of what was asked, rows that were accepted for another behaviour that lacked some
    lost: int = 0  # asked and cut off by a kill, or never answered
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    rejected: dict[str, int] = field(default_factory=dict)
    why: str = "not begun"

    @property
    def filled(self) -> bool:
        return self.accepted >= self.wanted


@dataclass(frozen=True)
class Generated:
    """accepted and rejected: rows as written. yields: by behaviour, the largest gap first. stopped: why, in words."""

    accepted: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    yields: list[Yield]
    stopped: str
    blind: Blind | None = None
    structured: bool = True  # the server took the schema of an answer, or was not asked
    counted: bool = True  # the server counted the tokens; else they are estimated

    @property
    def cost(self) -> float:
        return sum(one.cost for one in self.yields)

    def as_dict(self) -> dict[str, Any]:
        return {
            "stopped": self.stopped,
            "accepted": len(self.accepted),
            "rejected": len(self.rejected),
            "cost": round(self.cost, 6),
            "structured": self.structured,
            "tokens_counted": self.counted,
            "behaviours": [asdict(one) for one in self.yields],
            "blind_spots": None if self.blind is None else self.blind.as_dict(),
        }


@dataclass
class Generation:
    """Rows for a plan's gaps.

    seeds: by behaviour, id and request of clean rows near it. texts: prompts by name, unfilled. sources: by behaviour,
    the real rows that a way begins with.
    """

    plan: Plan
    covered: Coverage
    seeds: dict[str, list[tuple[str, str]]]
    judge: Judge
    chat: Chat
    journal: Journal
    texts: dict[str, str]
    asked: Asked
    sources: dict[str, list[Source]] = field(default_factory=dict)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    stopped: str = ""
    _spent: float = 0.0
    _requests: int = 0
    _dearest: float = 0.0  # of the requests so far: what the next may cost
    _yields: dict[str, Yield] = field(default_factory=dict)

    def run(self, tell: Tell | None = None) -> Generated:
        """Works through the gaps, the largest first."""
        gaps = sorted(self.covered.missed, key=lambda have: -have.missing)
        total = sum(have.missing for have in gaps)
        places = {one.name: place for place, one in enumerate(self.plan.behaviour)}
        self._yields = {have.name: Yield(have.name, have.missing) for have in gaps}
        for name, found in self._yields.items():
            for _ in self.work(places[name], found):
                if tell:
                    tell("generating", min(total, len(self.accepted)), total)
            if self.stopped:
                break
        stopped = self.stopped or "every gap was worked through"
        return Generated(
            self.accepted,
            self.rejected,
            [*self._yields.values()],
            stopped,
            structured=self.chat.structured,
            counted=self.chat.counted,
        )

    def work(self, place: int, found: Yield) -> Iterator[None]:
        """Batches of tasks for one behaviour, until it is filled, nothing new comes, or everything stops."""
        behaviour = self.plan.behaviour[place]
        given = [request for _, request in self.seeds.get(behaviour.name, [])]
        real = self.sources.get(behaviour.name, []) if self.asked.way in FROM_ROWS else None
        coming = tasks(
            behaviour, self.covered, self.plan, given, first=place, seed=self.asked.seed, sources=real
        )
        fresh: list[bool] = []
        seen = Seen()
        while not found.filled:
            size = min(TOGETHER, max(1, found.wanted - found.accepted))
            batch = [*islice(coming, self._allowed(size))]
            if not batch:
                found.why = self.stopped or "every real row that fits was used"
                return
            answers = self._answers(batch, seen, found)
            fresh += self._judged(batch, answers, seen, found)
            yield
            recent = fresh[-LOOKED_AT:]
            if len(recent) == LOOKED_AT and sum(recent) < SOME * LOOKED_AT:
                found.why = f"of the last {LOOKED_AT} answers {sum(recent)} were new and right"
                return
        found.why = "filled"

    def _allowed(self, size: int) -> int:
        """How many of so many requests may still be made."""
        if self.asked.count is not None:
            size = min(size, self.asked.count - self._requests)
            if size <= 0:
                self.stopped = f"{self._requests:,} requests were made, as many as were asked for"
        if self.asked.budget is not None and size > 0:
            left = self.asked.budget - self._spent
            # The first one shows what a request costs.
            affordable = 1 if not self._requests else int(left / self._dearest) if self._dearest else size
            size = min(size, affordable) if left > 0 else 0
            if size <= 0:
                self.stopped = f"the budget of {self.asked.budget:g} is spent: {self._spent:.4f}"
        return max(0, size)

    def _answers(self, batch: Sequence[Task], seen: Seen, found: Yield) -> list[Entry]:
        answered = self.asked.way != "answer"
        prompts = [
            prompt(task, self._text(task), seen.for_(task.persona), answers=answered) for task in batch
        ]
        with ThreadPoolExecutor(self.asked.at_once) as pool:
            entries = list(pool.map(self._ask, batch, prompts))
        for entry in entries:
            cost = (
                entry.prompt_tokens * self.asked.prices[0] + entry.completion_tokens * self.asked.prices[1]
            ) / 1e6
            self._spent += cost
            self._dearest = max(self._dearest, cost)
            self._requests += 1
            found.asked += 1
            found.lost += entry.answer is None and not entry.completion_tokens
            found.prompt_tokens += entry.prompt_tokens
            found.completion_tokens += entry.completion_tokens
            found.cost += cost
        return entries

    def _ask(self, task: Task, said: str) -> Entry:
        known = self.journal.known.get(task.number)
        if known is not None:
            return known
        self.journal.asked(task.number)
        try:
            answer = self.chat.ask(
                [{"role": "user", "content": said}],
                temperature=self.asked.temperature,
                seed=task.number,
                response_format=schema_of(self.asked.way),
            )
        except Unpaid as e:
            self.journal.refused(task.number, str(e))
            raise
        entry = Entry(answer.text, answer.prompt_tokens, answer.completion_tokens, answer.finish_reason)
        self.journal.answered(task.number, entry)
        return entry

    def _judged(
        self, batch: Sequence[Task], entries: Sequence[Entry], seen: Seen, found: Yield
    ) -> list[bool]:
        rows: list[tuple[Task, Entry, Made]] = []
        taken = []
        for task, entry in zip(batch, entries, strict=True):
            try:
                if entry.answer is None:
                    raise Malformed("no answer came")
                rows.append((task, entry, made(self.asked.way, entry.answer, task.source)))
            except Malformed as e:
                self._reject(task, entry, None, _unread(entry, e), found)
                # What a kill cut off says nothing of the model.
                if entry.answer is not None:
                    taken.append(False)
        verdicts = self.judge.judge(
            [one.messages for *_, one in rows],
            [task.behaviour.name for task, *_ in rows],
            [task.source.id if task.source else None for task, *_ in rows],
            lacking=self._lacking(found.behaviour),
        )
        for (task, entry, row), verdict in zip(rows, verdicts, strict=True):
            taken.append(verdict.reason is None)
            if verdict.reason is not None:
                self._reject(task, entry, row.messages, verdict.reason, found)
                if verdict.reason.startswith(("duplicate", "paraphrase")):
                    seen.again.append(row.messages[0]["content"])
                continue
            self._yields[verdict.behaviour].accepted += 1
            found.elsewhere += verdict.behaviour != found.behaviour
            seen.taken.append((task.persona, row.messages[0]["content"]))
            self.accepted.append(
                {**row.row(), **self._about(task, verdict.behaviour), "rouge_l": verdict.rouge}
            )
        return taken

    def _lacking(self, asked: str) -> set[str]:
        """Other behaviours that a row may count for. What is made from a real row stays with that row's behaviour."""
        if self.asked.way in FROM_ROWS:
            return set()
        return {name for name, one in self._yields.items() if name != asked and not one.filled}

    def _reject(
        self, task: Task, entry: Entry, messages: list[Message] | None, reason: str, found: Yield
    ) -> None:
        kind = reason.split(":", 1)[0]
        found.rejected = dict(Counter(found.rejected) + Counter({kind: 1}))
        self.rejected.append(
            {
                "why": reason,
                "answer": entry.answer,
                "messages": messages,
                **self._about(task, task.behaviour.name),
            }
        )

    def _text(self, task: Task) -> str:
        return self.texts[prompt_of(self.asked.way, task.behaviour)]

    def _about(self, task: Task, shows: str) -> dict[str, Any]:
        """Where a row is from: enough to trace it, and to make it again."""
        near = {request: id_ for id_, request in self.seeds.get(task.behaviour.name, [])}
        return {
            "synthetic": True,
            "generator": self.chat.model,
            "generator_host": self.chat.host,
            "generator_way": self.asked.way,
            "generator_prompt": hash_of(self._text(task)),
            "generator_seeds": [near[seed] for seed in task.seeds if seed in near],
            "generator_task": task.number,
            "behaviour": shows,
            **({} if shows == task.behaviour.name else {"generator_asked_for": task.behaviour.name}),
            **{f"cell_{name}": value for name, value in task.cell.items()},
        }


def _unread(entry: Entry, fault: Malformed) -> str:
    """Why an answer is no row."""
    if entry.answer is None and not entry.completion_tokens:
        return str(fault)
    if entry.finish_reason == "length":
        return f"cut off: it ended at the server's limit of tokens, after {entry.completion_tokens:,}"
    if entry.finish_reason == "content_filter":
        return "filtered: the server withheld it"
    return f"malformed: {fault}"


def write(found: Generated, out: Path) -> list[str]:
    """Writes accepted.jsonl, rejected.jsonl and report.json into the folder of the journal; returns their names."""
    for name, rows in (("accepted.jsonl", found.accepted), ("rejected.jsonl", found.rejected)):
        (out / name).write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    (out / "report.json").write_bytes(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2) + b"\n")
    return ["accepted.jsonl", "rejected.jsonl", "report.json"]
