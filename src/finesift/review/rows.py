"""One row with everything that a person needs to decide on it, read by lazy scans: a run may have millions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import xxhash

from finesift.corpus import Corpus
from finesift.recipe import Recipe
from finesift.report.places import short_names, shown
from finesift.report.shared import Spans, different_spans, shared_spans
from finesift.review.journal import Entry
from finesift.review.order import PLANNED
from finesift.run import Run
from finesift.tables import EXAMPLES, ORIGINALS, UNREADABLE

# Characters sent of one text; what is cut is said.
LONGEST = 40_000
# Other rows shown beside this one, and characters of a row in a list.
MOST_OTHERS, GLANCE = 4, 140

#: A text in pieces: what marks them is the number of a finding, or "same" and "different".
Pieces = list[tuple[str, list[Any]]]
Edits = dict[int, tuple[str, Entry]]


@dataclass(frozen=True)
class Other:
    """A row or a held-out item beside the one that is looked at."""

    place: str
    text: str


@dataclass(frozen=True)
class Rows:
    """The tables of a run, for looking at single rows that are not sealed."""

    run: Run
    recipe: Recipe

    def scan(self, name: str) -> pl.LazyFrame:
        return pl.scan_parquet(self.run.path / "tables" / f"{name}.parquet")

    def views(
        self, about: Sequence[dict[str, Any]], edits: dict[str, Edits], *, blind: bool
    ) -> list[dict[str, Any]]:
        """The rows as the page shows them. about: rows of `Order.rows`. blind: without what the tool thinks of them."""
        numbers = pl.Series([one["example"] for one in about], dtype=pl.UInt32)
        mine = pl.col("example").is_in(numbers.implode())
        examples = self.scan("examples").filter(mine)
        facts = {one["example"]: one for one in examples.collect().iter_rows(named=True)}
        whys = dict(self.scan("decisions").filter(mine).select("example", "why").collect().iter_rows())
        turns = self._by_example("turns", mine)
        findings = {} if blind else self._found(dict(zip(numbers, (one["id"] for one in about), strict=True)))
        behaviours = self._planned(mine)
        others = self._others({f["other"] for several in findings.values() for f in several if f["other"]})
        return [
            self._view(
                one,
                facts[one["example"]],
                whys.get(one["example"]),
                turns.get(one["example"], []),
                findings.get(one["example"], []),
                others,
                edits.get(one["id"], {}),
                blind=blind,
            )
            | {"behaviours": behaviours.get(one["example"], [])}
            for one in about
        ]

    def _planned(self, which: pl.Expr) -> dict[int, list[dict[str, str]]]:
        """The behaviours of rows and the cells that they stand in, the surest first, by example."""
        if not (self.run.path / "tables" / f"{PLANNED}.parquet").is_file():
            return {}
        found: dict[int, list[dict[str, str]]] = {}
        rows = self.scan(PLANNED).filter(which).sort("sure", "behaviour", descending=[True, False]).collect()
        for example, name, cell in rows.select("example", "behaviour", "cell").iter_rows():
            found.setdefault(example, []).append({"name": shown(name), "cell": shown(cell or "")})
        return found

    @cached_property
    def _short(self) -> dict[str, str]:
        return short_names(self.scan("examples").select(pl.col("source").unique()).collect()["source"])

    def _by_example(self, name: str, which: pl.Expr) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = {}
        for one in (
            self.scan(name)
            .filter(which)
            .collect()
            .sort("example", "turn", nulls_last=True)
            .iter_rows(named=True)
        ):
            found.setdefault(one["example"], []).append(one)
        return found

    def _found(self, ids: dict[int, str]) -> dict[int, list[dict[str, Any]]]:
        """Findings about these rows, and those of other rows that name them: a doubtful pair sends both to review."""
        numbers = {id_: example for example, id_ in ids.items()}
        here = pl.col("example").is_in(pl.Series([*ids], dtype=pl.UInt32).implode())
        all_ = self.scan("findings").filter(here | pl.col("other").is_in([*numbers])).collect()
        finders = all_.filter(pl.col("other").is_in([*numbers]))["example"].implode()
        named = (
            self.scan("examples").filter(pl.col("example").is_in(finders)).select("example", "id").collect()
        )
        names = dict(named.iter_rows())
        found: dict[int, list[dict[str, Any]]] = {}
        for one in all_.sort("example", "turn", nulls_last=True).iter_rows(named=True):
            if one["example"] in ids:
                found.setdefault(one["example"], []).append(one)
        for one in all_.iter_rows(named=True):
            example = numbers.get(one["other"] or "")
            finder = names.get(one["example"])
            if example is None or finder is None:
                continue
            known = {(f["check"], f["other"]) for f in found.get(example, ())}
            if (one["check"], finder) not in known:
                turned = one | {"other": finder, "turn": None, "start": None, "end": None}
                found.setdefault(example, []).append(turned)
        return found

    def _others(self, names: set[str]) -> dict[str, Other]:
        """Rows, by id, and held-out items, by NAME:ITEM, as far as they may be looked at."""
        if not names:
            return {}
        rows = self.scan("examples").filter(pl.col("id").is_in(list(names)))
        found = {}
        if (some := rows.select("example", "id", "source", "row").collect()).height:
            turns = self._by_example("turns", pl.col("example").is_in(some["example"].implode()))
            found = {
                id_: Other(f"{self._short[source]}:{row}", _said(turns[example]))
                for example, id_, source, row in some.iter_rows()
                if example in turns
            }
        name = pl.format("{}:{}", "set", "item")
        text = pl.concat_str("question", "options", "answer", separator="\n\n", ignore_nulls=True)
        items = self.scan("held_out").select(name=name, text=text).filter(pl.col("name").is_in(list(names)))
        return found | {name: Other(name, text) for name, text in items.collect().iter_rows()}

    def _view(
        self,
        about: dict[str, Any],
        facts: dict[str, Any],
        why: str | None,
        turns: list[dict[str, Any]],
        findings: list[dict[str, Any]],
        others: dict[str, Other],
        edits: Edits,
        *,
        blind: bool,
    ) -> dict[str, Any]:
        told = (
            None
            if blind
            else {"fate": about["fate"], "outcome": about["outcome"], "check": about["check"], "why": why}
        )
        return {
            "id": about["id"],
            "version": version(about["id"], edits),
            "source": self._short[facts["source"]],
            "file": shown(facts["source"]),
            "row": facts["row"],
            "shape": facts["shape"],
            "tokens": facts["tokens"],
            "tools": facts["tools"] and shown(facts["tools"][:LONGEST]),
            "label": facts["label"],
            "extra": facts["extra"] and shown(facts["extra"][:LONGEST]),
            "synthetic": about["synthetic"],
            "decided": told,
            "messages": [self._message(turn, findings, edits, blind=blind) for turn in turns],
            "findings": [
                self._finding(
                    number, one, turns, others, again=one["other"] in {f["other"] for f in findings[:number]}
                )
                for number, one in enumerate(findings)
                if one["message"] is not None
            ],
        }

    def _message(
        self, turn: dict[str, Any], findings: list[dict[str, Any]], edits: Edits, *, blind: bool
    ) -> dict[str, Any]:
        content = turn["content"] or ""
        edited = edits.get(turn["turn"])
        spans = [
            (number, one["start"], one["end"])
            for number, one in enumerate(findings)
            if one["turn"] == turn["turn"] and one["start"] is not None and not edited
        ]
        text = edited[0] if edited else content
        return {
            "turn": turn["turn"],
            "part": turn["part"],
            "role": turn["role"],
            "pieces": pieces(text, spans),
            "cut": max(0, len(text) - LONGEST),
            "text": text if len(text) <= LONGEST else None,  # for editing; a text that is cut cannot be
            # That somebody mended a text is their mark on it.
            "before": content[:LONGEST] if edited and not blind else None,
            "edited_by": edited[1].by if edited and not blind else None,
            "reasoning": turn["reasoning"] and shown(turn["reasoning"][:LONGEST]),
            "tool_calls": turn["tool_calls"] and shown(turn["tool_calls"][:LONGEST]),
            "name": turn["name"],
        }

    def _finding(
        self,
        number: int,
        one: dict[str, Any],
        turns: list[dict[str, Any]],
        others: dict[str, Other],
        *,
        again: bool,
    ) -> dict[str, Any]:
        limit = self.recipe.limit(one["check"])
        beside, other = None, others.get(one["other"] or "")
        if number < MOST_OTHERS and not again and other is not None:
            mine = _said([t for t in turns if one["turn"] in (None, t["turn"])])[:LONGEST]
            theirs = other.text[:LONGEST]
            held_out = ":" in one["other"]
            spans = (shared_spans if held_out else different_spans)(mine, theirs)
            mark = "same" if held_out else "different"
            beside = {
                "mark": mark,
                "mine": _marked(mine, spans[0], mark),
                "other": _marked(theirs, spans[1], mark),
            }
        return {
            "number": number,
            "check": one["check"],
            "score": round(one["score"], 3),
            "review": limit.review,
            "set_aside": limit.set_aside,
            "turn": one["turn"],
            "message": shown(one["message"]),
            "other": one["other"] and shown(one["other"]),
            "place": shown(other.place) if other else None,
            "beside": beside,
        }

    def glances(self, examples: Iterable[int]) -> dict[int, str]:
        """How rows end, by example: the last thing asked, and the answer to it, which is what is decided on."""
        numbers = pl.Series(list(examples), dtype=pl.UInt32)
        text = pl.col("content").fill_null("").sort_by("turn")
        asked = pl.col("role").sort_by("turn") == "user"
        ends = (
            self.scan("turns")
            .filter(pl.col("example").is_in(numbers.implode()))
            .group_by("example")
            .agg(asked=text.filter(asked).last().fill_null(""), answer=text.last())
            .collect()
        )
        return {
            example: shown(
                f"{asked[:GLANCE]} → {answer[:GLANCE]}" if asked and asked != answer else answer[:GLANCE]
            )
            for example, asked, answer in ends.select("example", "asked", "answer").iter_rows()
        }

    def conversations(self, examples: pl.Series) -> dict[int, tuple[list[dict[str, str]], int]]:
        """role and content of the messages, and the row's number in its file, by example."""
        mine = pl.col("example").is_in(examples.implode())
        lines = dict(self.scan("examples").filter(mine).select("example", "row").collect().iter_rows())
        return {
            example: ([{"role": t["role"], "content": t["content"] or ""} for t in turns], lines[example])
            for example, turns in self._by_example("turns", mine).items()
        }

    def raw(self, example: int) -> str:
        """The row as it came in, where the run holds it or its file still lies there; else as it was read."""
        facts = self.scan("examples").filter(pl.col("example") == example).collect().row(0, named=True)
        for name in ("set_aside.jsonl", "review.jsonl"):
            if (line := _line_with(self.run.path / name, facts["id"])) is not None:
                return line
        turns = self.scan("turns").filter(pl.col("example") == example).sort("turn").collect().to_dicts()
        messages = [
            {k: v for k, v in turn.items() if v is not None and k not in ("example", "turn")}
            for turn in turns
        ]
        read = {"messages": messages, "tools": _json(facts["tools"]), "extra": _json(facts["extra"])}
        return orjson.dumps(
            {k: v for k, v in read.items() if v is not None}, option=orjson.OPT_INDENT_2
        ).decode()

    def corpus(self, example: int, edits: Edits) -> Corpus:
        """The one row, as it is with its corrections."""
        this = pl.col("example") == example
        turns = self.scan("turns").filter(this).collect().sort("turn")
        for turn, (content, _) in edits.items():
            turns = turns.with_columns(
                content=pl.when(pl.col("turn") == turn).then(pl.lit(content)).otherwise("content")
            )
        examples = self.scan("examples").filter(this).select(EXAMPLES.names()).collect()
        return Corpus(examples, turns, ORIGINALS.to_frame(), UNREADABLE.to_frame())


def version(id_: str, edits: Edits) -> str:
    """Names what a row says now: its id, until somebody corrects it."""
    if not edits:
        return id_
    said = "\x1f".join(f"{turn}\x1e{text}" for turn, (text, _) in sorted(edits.items()))
    return f"{id_}+{xxhash.xxh3_64_hexdigest(said.encode())}"


def pieces(text: str, spans: Sequence[tuple[Any, int, int]]) -> Pieces:
    """The text, cut wherever a span begins or ends; each piece with the marks of the spans over it."""
    text = text[:LONGEST]
    edges = sorted({0, len(text), *(min(at, len(text)) for _, start, end in spans for at in (start, end))})
    return [
        (shown(text[start:end]), [mark for mark, low, high in spans if low <= start and end <= high])
        for start, end in pairwise(edges)
    ]


def _said(turns: Sequence[dict[str, Any]]) -> str:
    """The texts of messages; what the system says is left out where others say something: it is seldom what differs."""
    people = [turn for turn in turns if turn["role"] not in ("system", "developer")]
    return "\n\n".join(turn["content"] or "" for turn in people or turns)


def _marked(text: str, spans: Spans, mark: str) -> Pieces:
    return pieces(text, [(mark, start, end) for start, end in spans])


def _json(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


def _line_with(path: Path, id_: str) -> str | None:
    """The original of the row with this id in a file of reasoned rows."""
    try:
        with path.open("rb") as file:
            for line in file:
                if id_.encode() in line[:200]:
                    found = orjson.loads(line)
                    if found.get("id") == id_:
                        original = found.get("original", found)
                        return orjson.dumps(original, option=orjson.OPT_INDENT_2).decode()
    except (OSError, orjson.JSONDecodeError):
        return None
    return None
