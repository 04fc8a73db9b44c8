"""The corpus: what was read, as the frames of `finesift.tables`, with the rows of any examples to be had by number.

Everything between reading and writing works on these frames. Python objects exist at the door only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import polars as pl

from finesift.ids import identify
from finesift.notebook import html_table
from finesift.tables import (
    ALIKE,
    EXAMPLES,
    HELD_OUT,
    NEAR,
    NOTES,
    ORIGINALS,
    PARTS,
    PROBLEMS,
    REDACTIONS,
    RENDERED,
    TURNS,
    UNREADABLE,
)
from finesift.views import text

PLANNED = pl.Schema(
    {
        "example": pl.UInt32,
        "behaviour": pl.String,  # a behaviour of the plan that the row surely is of
        "sure": pl.Float32,  # 0 to 1
        "wanted": pl.String,  # what the plan wants a good answer to do: answer, ask, refuse, escalate, call TOOL
        "outcome": pl.String,  # what the answer does, see `finesift.cover.attributes.NAMES`
        "fits": pl.Boolean,
        "cell": pl.String,  # where it stands in what crosses the behaviours: "tone plain, turns single"
    }
)


@dataclass(frozen=True)
class Corpus:
    """Every row of the input, understood or not. Frames are sorted by `example` (and `turn`)."""

    examples: pl.DataFrame
    turns: pl.DataFrame
    originals: pl.DataFrame
    unreadable: pl.DataFrame
    rendered: pl.DataFrame = field(default_factory=RENDERED.to_frame)
    held_out: pl.DataFrame = field(default_factory=HELD_OUT.to_frame)
    notes: pl.DataFrame = field(default_factory=NOTES.to_frame)
    near: pl.DataFrame = field(default_factory=NEAR.to_frame)
    alike: pl.DataFrame = field(default_factory=ALIKE.to_frame)
    problems: pl.DataFrame = field(default_factory=PROBLEMS.to_frame)
    planned: pl.DataFrame = field(default_factory=PLANNED.to_frame)
    redactions: pl.DataFrame = field(default_factory=REDACTIONS.to_frame)

    @property
    def rows(self) -> int:
        """Rows read: those understood and those not."""
        return self.examples.height + self.unreadable.height

    def _repr_html_(self) -> str:
        """For notebooks: what there is, and the first rows. Texts are cut and escaped."""
        counts = [
            ("rows", self.rows),
            ("unreadable", self.unreadable.height),
            ("messages", self.turns.height),
        ]
        shapes = self.examples["shape"].value_counts(sort=True)
        counts += [(f"rows of shape {shape}", rows) for shape, rows in shapes.iter_rows()]
        shown = self.turns.filter(pl.col("example").is_in(self.examples["example"].head(3).implode()))
        said = shown.head(6).select("example", "role", text.str.slice(0, 200))
        return html_table(counts) + html_table(said.iter_rows())

    @classmethod
    def of(cls, chats: Iterable[Mapping[str, Any]]) -> Corpus:
        """A corpus from Python objects: for tests, notebooks and the examples of checks.

        Each chat has "messages", or "messages", "chosen" and "rejected", and may have "tools", "label" and
        "extra", "tokens" or "error" as if it had been rendered, "held_out", a list of items ("question", "answer",
        "options"), "notes", a list of {"kind", "message"} as if it had been read, "problems", a list of {"turn",
        "problem", "message"} as if its mask had been proved, and "planned", a list of {"behaviour", "wanted",
        "outcome", "fits"} as if it had been compared with a plan.
        Files, odd shapes and malformed rows are the business of `finesift.read`.
        """
        examples, turns, originals, rendered = [], [], [], []
        notes: list[dict[str, Any]] = []
        problems: list[dict[str, Any]] = []
        held_out: list[dict[str, Any]] = []
        planned: list[dict[str, Any]] = []
        for number, chat in enumerate(chats):
            turn = 0
            for part in PARTS:
                for message in chat.get(part, ()):
                    turns.append(_turn(number, part, turn, message))
                    turn += 1
            examples.append(
                {
                    "example": number,
                    "source": "memory",
                    "row": number + 1,
                    "shape": "preference" if "chosen" in chat else "messages",
                    "tools": _json(chat.get("tools")),
                    "label": chat.get("label"),
                    "extra": _json(chat.get("extra")),
                }
            )
            originals.append({"example": number, "raw": orjson.dumps(chat)})
            notes += [{"example": number, **note} for note in chat.get("notes", ())]
            held_out += [
                {"set": "exam", "item": len(held_out) + 1, **item} for item in chat.get("held_out", ())
            ]
            rendered.append(
                {"example": number, **{key: chat.get(key) for key in RENDERED if key != "example"}}
            )
            problems += [{"example": number, "score": 0.5, **problem} for problem in chat.get("problems", ())]
            planned += [{"example": number, "sure": 0.9, **one} for one in chat.get("planned", ())]
        frame = pl.DataFrame(turns, schema=TURNS)
        return cls(
            identify(pl.DataFrame(examples, schema=EXAMPLES), frame),
            frame,
            pl.DataFrame(originals, schema=ORIGINALS),
            UNREADABLE.to_frame(),
            pl.DataFrame(rendered, schema=RENDERED),
            pl.DataFrame(held_out, schema=HELD_OUT),
            pl.DataFrame(notes, schema=NOTES),
            problems=pl.DataFrame(problems, schema=PROBLEMS),
            planned=pl.DataFrame(planned, schema=PLANNED),
        )

    @property
    def tables(self) -> dict[str, pl.LazyFrame]:
        """The tables that checks ask for by name."""
        return {
            "turns": self.turns.lazy(),
            "examples": self.examples.lazy(),
            "rendered": self.rendered.lazy(),
            "held_out": self.held_out.lazy(),
            "notes": self.notes.lazy(),
            "near": self.near.lazy(),
            "alike": self.alike.lazy(),
            "problems": self.problems.lazy(),
            "planned": self.planned.lazy(),
        }

    def only(self, examples: pl.Series) -> Corpus:
        """These examples, by number, with all that is known of each of them; what concerns several is left out."""

        def of_these(table: pl.DataFrame) -> pl.DataFrame:
            return table.filter(pl.col("example").is_in(examples.implode()))

        return Corpus(
            of_these(self.examples),
            of_these(self.turns),
            of_these(self.originals),
            UNREADABLE.to_frame(),
            of_these(self.rendered),
            self.held_out,
            of_these(self.notes),
            problems=of_these(self.problems),
            planned=of_these(self.planned),
        )

    def batches(self, rows: int = 65_536) -> Iterator[Corpus]:
        """Corpora of `rows` examples each; slices, no copies."""
        for offset in range(0, self.examples.height, rows):
            examples = self.examples.slice(offset, rows)
            ends = examples["example"][0], examples["example"][-1]

            def within(table: pl.DataFrame, ends: tuple[int, int] = ends) -> pl.DataFrame:
                start = table["example"].search_sorted(ends[0], side="left")
                stop = table["example"].search_sorted(ends[1], side="right")
                return table.slice(start, stop - start)

            yield Corpus(
                examples,
                within(self.turns),
                within(self.originals),
                UNREADABLE.to_frame(),
                within(self.rendered),
                self.held_out,
                within(self.notes),
                problems=within(self.problems),
                planned=within(self.planned),
            )


def chat(
    *contents: str | Mapping[str, Any],
    system: str | None = None,
    tools: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """A conversation for tests and examples: texts alternate user and assistant; a mapping is a message."""
    messages: list[Mapping[str, Any]] = [] if system is None else [{"role": "system", "content": system}]
    for number, content in enumerate(contents):
        role = "assistant" if number % 2 else "user"
        messages.append({"role": role, "content": content} if isinstance(content, str) else content)
    return {"messages": messages} | ({"tools": list(tools)} if tools else {})


def pair(prompt: str, chosen: str, rejected: str) -> dict[str, Any]:
    """A preference pair for tests and examples."""
    return {
        "messages": [{"role": "user", "content": prompt}],
        "chosen": [{"role": "assistant", "content": chosen}],
        "rejected": [{"role": "assistant", "content": rejected}],
    }


def _turn(example: int, part: str, turn: int, message: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "example": example,
        "part": part,
        "turn": turn,
        "role": message["role"],
        "content": message.get("content"),
        "reasoning": message.get("reasoning"),
        "tool_calls": _json(message.get("tool_calls")),
        "tool_call_id": message.get("tool_call_id"),
        "name": message.get("name"),
        "train": message.get("train"),
        "media": _json(message.get("media")),
    }


def _json(value: object) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
