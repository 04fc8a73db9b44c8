"""A first plan from the data: what it asks for by groups, and what such an assistant usually meets besides."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import numpy as np
import polars as pl

from finesift.cover.plan import Behaviour, Plan
from finesift.cover.requests import requests
from finesift.embed.clusters import clusters
from finesift.embed.encoder import Embed, Vectors
from finesift.select.facility import coverage, facility_location

#: Examples of each behaviour; groups at most, unless somebody says so.
EXAMPLES, MOST = 8, 30
#: Longer requests make no examples that a person reads.
LONGEST = 300
#: A proposal of which the data holds rows this near is there already.
THERE = 0.62

#: Kinds of assistants that edges.toml knows.
KINDS = ("support", "coding", "extraction", "tools", "chat")
# An example goes into a file that is passed around: none with an address or a number of somebody's.
_PRIVATE = re.compile(r"@|\d{5,}")


def edges(kind: str) -> list[Behaviour]:
    """What an assistant of a kind usually meets beside the everyday, as proposals. kind: of KINDS."""
    raw = tomllib.loads((files("finesift.cover") / "edges.toml").read_text("utf-8"))
    return [Behaviour(**one, minimum=20, proposal=True) for one in raw[kind]]


def draft(
    turns: pl.DataFrame,
    examples: pl.DataFrame,
    embed: Embed,
    *,
    kind: str | None = None,
    most: int | None = None,
) -> Plan:
    """A plan of the groups that the data has, and of edge behaviours that it lacks, as proposals.

    turns and examples: of the corpus. kind: of KINDS; None: tools where rows have them, else support where most texts
    sound like it, else chat. most: groups at most.
    """
    asked = requests(turns)
    texts = asked["text"].to_list()
    vectors = embed(texts)
    count = min(most or MOST, max(2, round((len(texts) / 2) ** 0.5))) if texts else 0
    behaviours: list[Behaviour] = []
    for group in clusters(vectors, texts, count):
        # The most typical ones are alike: those that stand for the group are spread over its nearer half.
        fit = np.array([row for row in group.rows if _readable(texts[row])], np.int64)
        readable = fit[: max(EXAMPLES, len(fit) // 2)]
        chosen = facility_location(vectors[readable], EXAMPLES).rows
        name = group.name.replace(" ", "_")
        taken = {one.name for one in behaviours}
        behaviours.append(
            Behaviour(
                name=name if name not in taken else f"{name}_{len(taken) + 1}",
                about=f"Requests about {', '.join(group.name.split())}.",
                examples=list(dict.fromkeys(" ".join(texts[row].split()) for row in readable[chosen])),
                minimum=max(1, len(group.rows) // 2),
            )
        )
    chosen_kind = kind or _kind(turns, examples)
    return Plan(behaviour=behaviours + _proposals(chosen_kind, vectors, embed, behaviours))


def _proposals(kind: str, vectors: Vectors, embed: Embed, known: list[Behaviour]) -> list[Behaviour]:
    """The edges of a kind that the data does not hold."""
    names = {one.name for one in known}
    return [
        edge
        for edge in edges(kind)
        if edge.name not in names and coverage(embed(edge.examples), vectors) < THERE
    ]


def _readable(text: str) -> bool:
    return len(text) <= LONGEST and not _PRIVATE.search(text)


def _kind(turns: pl.DataFrame, examples: pl.DataFrame) -> str:
    if examples.height and examples["tools"].null_count() * 2 < examples.height:
        return "tools"
    said = turns.filter(pl.col("role") == "user")["content"].drop_nulls()
    if not len(said):
        return "chat"
    shop = said.str.contains(
        r"(?i)\b(?:order|refund|account|delivery|parcel|invoice|subscription|card|cancel|return)\b"
    ).mean()
    code = said.str.contains(
        r"(?i)```|\b(?:function|python|javascript|sql|code|class|script|bug|error)\b"
    ).mean()
    if isinstance(shop, float) and shop >= 0.15:
        return "support"
    return "coding" if isinstance(code, float) and code >= 0.4 else "chat"
