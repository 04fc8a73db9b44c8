"""Generation measured against a model by script: what is let through, what it costs, and how varied it is.

    python benchmarks/generate.py planted      2,000 answers with sins on purpose
    python benchmarks/generate.py varied       different rows accepted, beside plain Self-Instruct on the same pool

Needs the extras [semantic] and [generate]. The server is scripted.py, on loopback.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import scripted
from finesift.cover.plan import Plan
from finesift.embed.load import embedder
from finesift.generate.client import Chat
from finesift.generate.loop import Asked, Generated
from finesift.generate.of_run import generate_for
from finesift.pipeline import prep
from finesift.recipe import Recipe
from finesift.run import Run
from self_instruct import Pool, self_instruct

#: Of 20 answers so many are of a kind; the rest is valid.
SINS = {"copy": 6, "restated": 2, "refusal": 2, "malformed": 1, "number": 1}
#: Rows of each behaviour that the set has; money for a million tokens, in and out.
HAS, PRICES = 40, (0.5, 1.5)
#: Rows of each behaviour in the pool of `varied`.
POOL = 120


@dataclass
class Writer:
    """A script with sins in exact shares: of each 20 answers as many of a kind as `sins` says, in a drawn order.

    kinds: by the seed that a request carries, what it was answered with. sources: what copies copy.
    """

    have: dict[str, list[scripted.Pair]]
    coming: dict[str, list[scripted.Pair]]
    sins: dict[str, int]
    seed: int = 7
    kinds: dict[int, str] = field(default_factory=dict)
    sources: dict[int, str] = field(default_factory=dict)
    _due: list[str] = field(default_factory=list)
    _given: list[scripted.Pair] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._restated = scripted.restatements(self.seed)

    def __call__(self, _: int, body: dict) -> str:
        if not self._due:
            self._due = [kind for kind, count in self.sins.items() for _ in range(count)]
            self._due += ["valid"] * (20 - len(self._due))
            self._chance.shuffle(self._due)
        kind = self._due.pop()
        behaviour = scripted.asked_for(body)
        assert behaviour is not None
        self.kinds[body["seed"]] = kind
        return self._answer(kind, behaviour, body["seed"])

    def _answer(self, kind: str, behaviour: str, number: int) -> str:
        chance = self._chance
        if kind == "restated":
            if not self._restated:
                self._restated = scripted.restatements(self.seed + 1)
            return scripted.said(self._restated.pop(), self._told(behaviour))
        if kind in ("copy", "number"):
            # Of the set, or of what was said some batches ago.
            earlier = self._given[:-40]
            request, answer = chance.choice(
                earlier if earlier and chance.random() < 0.5 else self.have[behaviour]
            )
            self.sources[number] = request
            if kind == "number":
                return scripted.said(scripted.another_number(request, chance), answer)
            change = chance.choice(
                (str, str.upper, lambda text: f"Hello! {text}", lambda text: text.rstrip("?.") + "!")
            )
            return scripted.said(change(request), answer)
        if kind in ("refusal", "malformed"):
            request, answer = chance.choice(self.coming[behaviour])
            if kind == "malformed":
                return chance.choice(scripted.MALFORMED).format(request, answer)
            # Where a refusal is wanted, the sin is to comply.
            refusing = scripted.BEHAVIOURS[behaviour][1] == "refuse"
            return scripted.said(request, chance.choice(scripted.COMPLIES if refusing else scripted.REFUSALS))
        request, answer = self.coming[behaviour].pop()
        self._given.append((request, answer))
        return scripted.said(request, answer)

    def _told(self, behaviour: str) -> str:
        return self._chance.choice(self.have[behaviour])[1]


def shop(
    folder: Path, seed: int = 7
) -> tuple[Run, dict[str, list[scripted.Pair]], dict[str, list[scripted.Pair]]]:
    """A run of the shop's rows with held-out items; the rows that it has, and those that are still to come."""
    both = {name: [*scripted.rows(name, seed)] for name in scripted.BEHAVIOURS}
    have = {name: rows[:HAS] for name, rows in both.items()}
    coming = {name: rows[HAS:] for name, rows in both.items()}
    lines = [scripted.said(*row) for rows in have.values() for row in rows]
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    held = [json.dumps({"question": question}) for question, *_ in scripted.HELD]
    (folder / "held.jsonl").write_text("\n".join(held) + "\n", "utf-8")
    recipe = {
        "data": {"train": [str(folder / "rows.jsonl")]}, "split": {"validation": 0, "test": 0},
        "held_out": {"desk": str(folder / "held.jsonl")}, "model": {"count_tokens": False},
    }  # fmt: skip
    return prep(Recipe.parse(recipe), folder / "run"), have, coming


def generated(
    folder: Path, sins: dict[str, int], minimum: int, *, seed: int = 7, **asked: object
) -> tuple[Generated, Writer, scripted.Server, float]:
    """A generation against the script, what it was answered with, and seconds of processor time."""
    run, have, coming = shop(folder, seed)
    writer = Writer(have, coming, sins, seed)
    server = scripted.Server(writer)
    plan = Plan.model_validate(scripted.plan(minimum))
    try:
        began = time.process_time()
        found = generate_for(
            run, plan, Chat(server.url, "script"), embedder(None), folder / "out",
            Asked(prices=PRICES, at_once=4, **asked),
        )  # fmt: skip
        return found, writer, server, time.process_time() - began
    finally:
        server.close()


def by_kind(found: Generated, writer: Writer) -> dict[str, tuple[int, int, Counter[str]]]:
    """By kind of answer: given, accepted, and what the others were rejected for.

    A copy of what was itself rejected copies nothing: it is counted as "first".
    """
    have = {request for rows in writer.have.values() for request, _ in rows}
    taken: Counter[str] = Counter()
    for row in found.accepted:
        kind = writer.kinds[row["generator_task"]]
        source = writer.sources.get(row["generator_task"])
        if source is not None and source not in have:
            writer.kinds[row["generator_task"]] = kind = f"{kind}, first"
        taken[kind] += 1
        have.add(row["messages"][0]["content"])
    reasons: dict[str, Counter[str]] = {}
    for row in found.rejected:
        reasons.setdefault(writer.kinds[row["generator_task"]], Counter())[row["why"].split(":")[0]] += 1
    return {
        kind: (count, taken[kind], reasons.get(kind, Counter()))
        for kind, count in Counter(writer.kinds.values()).items()
    }


def planted(count: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        found, writer, server, seconds = generated(Path(name), SINS, HAS + 200, seed=seed, count=count)
        left = [
            (row["why"], row["messages"])
            for row in found.rejected
            if writer.kinds[row["generator_task"]] == "valid"
        ]
    print(f"{'answers':12}{'given':>8}{'accepted':>10}  rejected for")
    for kind, (given, taken, reasons) in sorted(by_kind(found, writer).items(), key=lambda one: -one[1][0]):
        why = ", ".join(f"{reason} {rows}" for reason, rows in reasons.most_common(6))
        print(f"{kind:12}{given:8}{taken:10}  {why}")
    print(f"\n{'behaviour':14}{'wanted':>8}{'asked':>8}{'accepted':>10}{'tokens':>10}{'money':>10}  ended")
    for one in found.yields:
        tokens = one.prompt_tokens + one.completion_tokens
        print(
            f"{one.behaviour:14}{one.wanted:8}{one.asked:8}{one.accepted:10}{tokens:10}{one.cost:10.4f}  {one.why}"
        )
    paid = sum(a * b for a, b in zip(server.tokens, PRICES, strict=True)) / 1e6
    print(
        f"\nthe server counted {paid:.4f}, the report says {found.cost:.4f}; {seconds:.0f} s of processor time"
    )
    other = [row for row in found.accepted if "generator_asked_for" in row]
    print(f"accepted for another behaviour than asked: {len(other)}")
    for row in other[:8]:
        print(f"  {row['generator_asked_for']} as {row['behaviour']}: {row['messages'][0]['content'][:110]}")
    for row in found.accepted:
        if writer.kinds[row["generator_task"]] not in ("valid", "copy, first", "number, first"):
            print(f"  {writer.kinds[row['generator_task']]}, accepted: {row['messages'][0]['content']}")
    for why, messages in left[:12]:
        print(f"  valid, rejected: {why}  |  {messages and messages[0]['content'][:110]}")


def varied(count: int, seed: int) -> None:
    """Rows of the pool that were accepted, each once, of so many requests; how often one was accepted again; and how
    many different ones the model said at all, which no loop can exceed."""
    print(
        f"{'heeds':>6}  {'loop':14}{'requests':>9}{'accepted':>9}{'different':>10}{'share':>8}{'again':>7}{'said':>7}"
    )
    for heeds in (0.0, 0.5, 1.0):
        with tempfile.TemporaryDirectory() as name:
            run, have, coming = shop(Path(name), seed)
            rows = {behaviour: some[:POOL] for behaviour, some in coming.items()}
            pool = Pool(rows, heeds, seed)
            server = scripted.Server(pool)
            try:
                found = generate_for(
                    run, Plan.model_validate(scripted.plan(HAS + count // len(rows))), Chat(server.url, "script"),
                    embedder(None), Path(name) / "out", Asked(count=count, at_once=1),
                )  # fmt: skip
            finally:
                server.close()
        asked = sum(one.asked for one in found.yields)
        ours = [pool.said[row["generator_task"]] for row in found.accepted]
        people = [request for some in have.values() for request, _ in some]
        plain = Pool(rows, heeds, seed)
        theirs = self_instruct(people, plain, asked, seed)
        for loop, taken, said in (("finesift", ours, pool), ("Self-Instruct", theirs, plain)):
            different = len(set(taken))
            print(
                f"{heeds:6.1f}  {loop:14}{asked:9}{len(taken):9}{different:10}{different / max(1, asked):8.3f}"
                f"{len(taken) - different:7}{len(said.rows_said):7}", flush=True,
            )  # fmt: skip
        for one in found.yields:
            print(f"        {one.behaviour}: asked {one.asked}, {one.rejected}, {one.why}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["planted", "varied"])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args(arguments)
    {"planted": planted, "varied": varied}[given.what](given.count, given.seed)


if __name__ == "__main__":
    main()
