"""The ways in which a row is asked for, and what becomes of an answer.

new          a request and its answer; for behaviours that must refuse, one that has to be declined
reformulate  a real row as another person would put it; it names the row, so both stay on one side of a split
answer       an answer for a real request that lacks a good one
continue     a real conversation, one request and answer longer
pair         a request with a better and a flawed answer, and the flaw by name
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from finesift.cover.cover import Coverage
from finesift.cover.plan import Behaviour
from finesift.generate.parse import SCHEMA, Malformed, Message, block, parsed
from finesift.run import Run

WAYS = ("new", "reformulate", "answer", "continue", "pair")
#: Ways that begin with a real row.
FROM_ROWS = ("reformulate", "answer", "continue")
#: Characters of a flaw's name.
FLAW = 300
_TOLD = {"type": "string"}


@dataclass(frozen=True)
class Source:
    """A real row: id, and its messages, which alternate between user and assistant."""

    id: str
    messages: list[Message]

    def shown(self, *, answers: bool = True) -> str:
        some = self.messages if answers else self.messages[:1]
        return "\n".join(f"{one['role']}: {one['content']}" for one in some)


@dataclass(frozen=True)
class Made:
    """What came of an answer. messages: as they are judged. more: fields of the row beside them."""

    messages: list[Message]
    more: dict[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """As it is written: of a pair the answers stand apart from what they answer."""
        if "rejected" not in self.more:
            return {"messages": self.messages, **self.more}
        return {"messages": self.messages[:-1], "chosen": self.messages[-1:], **self.more}


def prompt_of(way: str, behaviour: Behaviour) -> str:
    """The name of the prompt, without .txt."""
    return "refuse" if way == "new" and behaviour.wants == "refuse" else way


def schema_of(way: str) -> dict[str, Any]:
    """What an answer is to be, for servers that take a schema."""
    schema: dict[str, Any] = copy.deepcopy(SCHEMA)
    if way == "pair":
        inner = schema["json_schema"]["schema"]
        inner["properties"] |= {"rejected": _TOLD, "flaw": _TOLD}
        inner["required"] = ["messages", "rejected", "flaw"]
    return schema


def made(way: str, answer: str | None, source: Source | None) -> Made:
    """What an answer says, as a row. Raises Malformed where it is not what was asked for."""
    messages = parsed(answer)
    if way != "new" and len(messages) != 2:
        raise Malformed(f"{len(messages)} messages, where two were asked for")
    if way == "pair":
        told = block(answer)
        for name in ("rejected", "flaw"):
            if not (isinstance(said := told.get(name), str) and said.strip()):
                raise Malformed(f"no text for {name}")
        flawed, flaw = told["rejected"], told["flaw"]
        if flawed.split() == messages[-1]["content"].split():
            raise Malformed("the better answer and the flawed one are the same")
        return Made(messages, {"rejected": [{"role": "assistant", "content": flawed}], "flaw": flaw[:FLAW]})
    if source is None:
        return Made(messages)
    if way == "answer":
        # The request is a real one: what the model made of it does not count.
        return Made([source.messages[0], messages[-1]], {"parent_id": source.id})
    if way == "continue":
        return Made([*source.messages, *messages], {"parent_id": source.id})
    return Made(messages, {"parent_id": source.id})


def sources(
    run: Run, covered: Coverage, seeds: Mapping[str, Sequence[tuple[str, str]]], way: str
) -> dict[str, list[Source]]:
    """By behaviour the real rows to begin with; each is used once.

    For answers, rows whose answer is not what the plan wants; else clean rows of the behaviour. Only conversations of
    plain messages that alternate, and none of validation, of the test set or of a held-out set.
    """
    if way not in FROM_ROWS:
        return {}
    if way == "answer":
        wanted = {one.id: one.behaviour for one in covered.mismatches}
    else:
        wanted = {id_: name for name, some in seeds.items() for id_, _ in some}
    trained = run.table("splits").filter(pl.col("fate") == "train").select("example")
    rows = (
        run.table("turns")
        .join(trained, on="example", how="semi", maintain_order="left")
        .join(run.table("examples").select("example", "id"), on="example", maintain_order="left")
        .filter(pl.col("id").is_in(list(wanted)))
        .group_by("id", maintain_order=True)
        .agg("role", "content", plain=(pl.col("tool_calls").is_null() & (pl.col("part") == "messages")).all())
    )
    found: dict[str, list[Source]] = {}
    for id_, roles, contents, plain in rows.iter_rows():
        alternates = list(roles) == [("user", "assistant")[n % 2] for n in range(len(roles))]
        if plain and alternates and len(roles) % 2 == 0 and all(contents):
            messages = [{"role": r, "content": c} for r, c in zip(roles, contents, strict=True)]
            found.setdefault(wanted[id_], []).append(Source(id_, messages))
    return found
