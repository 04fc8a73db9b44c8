"""The corpus: what was read, as frames, and the views that checks ask for.

    examples    one row per input row that could be read
    turns       one row per message; (example, turn) is its key
    originals   one row per input row, as its bytes came in
    unreadable  one row per input row that could not be read, with the reason
    notes       one row per thing that reading did to an example or found odd about it
    rendered    one row per example, once the chat template has been applied: its tokens, and those trained
    problems    one row per thing that the proof of the loss mask found wrong with an example
    held_out    one row per item of the evaluations that must share nothing with training
    near        one row per pair of examples that are nearly the same, once they have been compared
    alike       one row per pair of examples that ask the same in other words, once they have been compared by meaning
    planned     one row per example and behaviour of the recipe's plan that it is of, once it has been compared with one

Everything between reading and writing works on these frames. Python objects exist at the door only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import orjson
import polars as pl
import xxhash
from numpy.typing import NDArray

ROLES = ("system", "developer", "user", "assistant", "tool")
PARTS = ("messages", "chosen", "rejected")

Role: pl.DataType = pl.Enum(ROLES)
Part: pl.DataType = pl.Enum(PARTS)

EXAMPLES = pl.Schema(
    {
        "example": pl.UInt32,  # number of the row in the input, from 0, over all files
        "id": pl.String,  # hash of the content; see `identify`
        "source": pl.String,  # the file, as the user named it
        "row": pl.UInt32,  # line (JSONL, CSV) or record number (the rest), from 1
        "shape": pl.String,  # messages, alpaca, sharegpt, prompt_completion, preference, kto, text, …
        "tools": pl.String,  # JSON list of tool schemas, or null
        "label": pl.Boolean,  # KTO: was the answer wanted? else null
        "extra": pl.String,  # JSON object of all fields that no other column holds, or null
    }
)
TURNS = pl.Schema(
    {
        "example": pl.UInt32(),
        "part": Part,  # a preference pair shares "messages" and differs in "chosen" and "rejected"
        "turn": pl.UInt32(),  # from 0, through all parts of the example
        "role": Role,
        "content": pl.String(),  # null where the message has none (a message that only calls tools)
        "reasoning": pl.String(),
        "tool_calls": pl.String(),  # JSON text, never a struct: merged schemas invent nulls
        "tool_call_id": pl.String(),
        "name": pl.String(),
        "train": pl.Boolean(),  # the data's own word on whether this message is trained; null: no word
        "media": pl.String(),  # JSON: pictures, recordings and files in their places, with keys; see `media_keys`
    }
)
ORIGINALS = pl.Schema({"example": pl.UInt32, "raw": pl.Binary})
RENDERED = pl.Schema(
    {
        "example": pl.UInt32,
        "tokens": pl.UInt32,  # of the rendered conversation; of a pair, its longer side; null: not counted
        "trained": pl.UInt32,  # of them, how many the loss sees; of a pair, of the side that has fewer
        "error": pl.String,  # why the chat template refuses the conversation, else null
    }
)
PROBLEMS = pl.Schema(
    {
        "example": pl.UInt32,
        "turn": pl.UInt32,  # null: about the whole example
        "problem": pl.String,  # a name; see `finesift.chat.proof.KINDS`
        "score": pl.Float32,  # 0 to 1: how sure it is that training suffers
        "message": pl.String,
    }
)
HELD_OUT = pl.Schema(
    {
        "set": pl.String,  # the name that the recipe gives the evaluation
        "item": pl.UInt32,  # its line or record number, from 1
        "question": pl.String,  # all that is asked, in one text; without the options to choose from
        "options": pl.String,  # those, one to a line, or null
        "answer": pl.String,  # the reference answer, or null
    }
)
NEAR = pl.Schema(
    {
        "example": pl.UInt32,
        "other": pl.UInt32,  # a later example
        "whole": pl.Float32,  # Jaccard similarity of their word n-grams, 0 to 1: without system prompts,
        "prompt": pl.Float32,  # of all before the last answer,
        "answer": pl.Float32,  # and of the last answer
        "differs": pl.String,  # what makes them say different things though they are alike; null: nothing seen
    }
)
ALIKE = pl.Schema(
    {
        "example": pl.UInt32,
        "other": pl.UInt32,  # a later example
        "prompt": pl.Float32,  # cosine of the static vectors of what both ask,
        "sentence": pl.Float32,  # and of a sentence model's vectors; null: it was not asked
        "score": pl.Float32,  # how likely both ask the same, 0 to 1
        "answer": pl.Float32,  # how alike the answers are in meaning, 0 to 1; halved where a number or name differs
        "common": pl.Float32,  # the share of both prompts' words that more than 3 % of all prompts have
    }
)
PLANNED = pl.Schema(
    {
        "example": pl.UInt32,
        "behaviour": pl.String,  # a behaviour of the plan that the row surely is of
        "sure": pl.Float32,  # 0 to 1
        "wanted": pl.String,  # what the plan wants a good answer to do: answer, ask, refuse, escalate, call TOOL
        "outcome": pl.String,  # what the answer does, see `finesift.cover.attributes.NAMES`
        "fits": pl.Boolean,
    }
)
EDITS = pl.Schema(
    {
        "example": pl.UInt32,
        "turn": pl.UInt32,
        "before": pl.String,  # what the message said when it was read
        "after": pl.String,  # what a person corrected it to
        "by": pl.String,
        "why": pl.String,
    }
)
REDACTIONS = pl.Schema(
    {
        "placeholder": pl.String,  # [EMAIL_1]
        "kind": pl.String,  # see `finesift.secret.formats.KINDS`
        "value": pl.String,  # as it was first met; never written into a run
        "times": pl.UInt32,  # places in which it was replaced
    }
)
UNREADABLE = pl.Schema(
    {
        "source": pl.String,
        "row": pl.UInt32,
        "raw": pl.Binary,
        "error": pl.String,
        "hint": pl.String,
    }
)
NOTES = pl.Schema(
    {
        "example": pl.UInt32,
        "kind": pl.String,  # repair: nothing is lost by it; lossy_repair: the recipe asked; competing_fields
        "message": pl.String,
    }
)

#: The text of a message, "" where it has none.
text = pl.col("content").fill_null("")
#: What tells a message's pictures, recordings and files from others: hashes of their bytes, or references; else null.
media_keys = pl.col("media").str.json_path_match("$.keys")
is_answer = pl.col("role") == "assistant"
is_prompt = pl.col("role").is_in(["user", "tool"])
is_instruction = pl.col("role").is_in(["system", "developer"])

# Turns are sorted, so a neighbour is a matter of one row; windows over each example cost ten times as much.
_same_before = (pl.col("example") == pl.col("example").shift(1)) & (pl.col("part") == pl.col("part").shift(1))
_same_after = (pl.col("example") == pl.col("example").shift(-1)) & (
    pl.col("part") == pl.col("part").shift(-1)
)
#: Whether a message is the last of its part of the example.
ends_part = ~_same_after.fill_null(False)
#: Whether a message is the last of its example.
ends_example = (pl.col("example") != pl.col("example").shift(-1)).fill_null(True)


def previous(column: pl.Expr) -> pl.Expr:
    """The value of the message before, in the same part of the same example; null for the first."""
    return pl.when(_same_before).then(column.shift(1))


def narrowed(rows: pl.LazyFrame, *conditions: pl.Expr) -> pl.LazyFrame:
    """The rows that meet all conditions, of which each is asked only about rows that meet those before it.

    Put the cheap ones first. Filters one after the other would be merged into one, and all of it evaluated on all rows.
    """
    for condition in conditions:
        rows = rows.filter(condition).map_batches(lambda frame: frame, predicate_pushdown=False)
    return rows


def answers(turns: pl.LazyFrame) -> pl.LazyFrame:
    """The assistant's messages, with `asked`: the text of the last user message before them, else ""."""
    if "asked" not in turns.collect_schema():
        turns = with_questions(turns)
    return turns.filter(is_answer)


def with_questions(turns: pl.LazyFrame) -> pl.LazyFrame:
    """`turns` with `asked`, see `answers`: to be made once where several are to ask for it."""
    last = pl.when(pl.col("role") == "user").then(text).forward_fill().over("example")
    columns = {"asked": last.fill_null("")}
    # What `match.signs` found in a message it found in the question.
    if "signs" in turns.collect_schema():
        signs = pl.when(pl.col("role") == "user").then("signs").forward_fill().over("example")
        columns["asked_signs"] = signs.fill_null(0)
    return turns.with_columns(**columns)


def thoughts(turns: pl.LazyFrame) -> pl.LazyFrame:
    """`answers` that have reasoning, with that for their content."""
    thinking = answers(turns).filter(pl.col("reasoning").str.len_bytes() > 0)
    return thinking.with_columns(content="reasoning").drop("signs", strict=False)


def said(name: str) -> pl.Expr:
    """What a row's own field says, as text; null where it has none. For frames with `extra`."""
    has = pl.col("extra").str.contains(f'"{name}":', literal=True)
    return pl.when(has).then(pl.col("extra")).str.json_path_match(f"$.{name}")


def is_synthetic() -> pl.Expr:
    """Whether a row says of itself that a model wrote it."""
    return said("synthetic").str.to_lowercase().is_in(["true", "1", "yes"]).fill_null(False)


# Joins fields and messages in what is hashed: control characters that text does not contain by accident.
_FIELD, _MESSAGE = "\x1f", "\x1e"

_STRAIGHT = dict.fromkeys("“”„«»", '"') | dict.fromkeys("‘’", "'") | dict.fromkeys("‐‑–—", "-")


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


def identify(examples: pl.DataFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """Fills `id`: 16 hexadecimal digits of XXH3 over the messages, tools and label.

    An identical later row gets the suffix -2, -3, … in input order. Fields kept in `extra` do not count, so
    adding a column to the data renames no row; nor does the file or the place in it.
    """
    return number_copies(examples.with_columns(digests(examples, turns)))


def digests(examples: pl.DataFrame, turns: pl.DataFrame) -> pl.Series:
    """The id of each example without the suffix of a copy. Needs nothing but the rows it is given.

    XXH3 over the UTF-8 bytes of the contents, one after the other, under a seed that holds the rest: the part,
    role and length of each turn in its place, the other texts of a turn, and the example's tools and label.
    """
    data, offsets = _utf8(turns["content"])
    lengths = np.diff(offsets) + 1
    lengths[turns["content"].is_null().to_numpy()] = 0
    kind = turns["part"].to_physical().to_numpy() * np.uint64(256) + turns["role"].to_physical().to_numpy()
    mixed = spread(turns["turn"].to_numpy().astype(np.uint64) << np.uint64(32) | kind) ^ lengths.astype(
        np.uint64
    )
    told = ("reasoning", "tool_calls", "tool_call_id", "name", "media")
    if turns["media"].null_count() < turns.height:
        turns = turns.with_columns(media=media_keys)
    mixed = spread(mixed) ^ _xxh3(_joined(turns, told))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(spread(mixed), dtype=np.uint64)])
    first, last = _turns_of(examples["example"].to_numpy(), turns["example"].to_numpy())
    seeds = sums[last] - sums[first] ^ _xxh3(_joined(examples, ("tools", "label")))
    ids = [
        xxhash.xxh3_64_hexdigest(data[start:end], seed)
        for start, end, seed in zip(
            offsets[first].tolist(), offsets[last].tolist(), seeds.tolist(), strict=True
        )
    ]
    return pl.Series("id", ids, dtype=pl.String)


def number_copies(examples: pl.DataFrame) -> pl.DataFrame:
    """Gives a later example of the same id the suffix -2, -3, …"""
    later = (~pl.col("id").is_first_distinct()).arg_true()
    places = examples.select(later).to_series()
    if places.is_empty():
        return examples
    copied = pl.col("id").is_in(examples["id"].gather(places).implode())
    copies = (
        examples.lazy()
        .select("id", place=pl.int_range(pl.len(), dtype=pl.UInt32))
        .filter(copied)
        .with_columns(copy=pl.int_range(1, pl.len() + 1).over("id"))
        .filter(pl.col("copy") > 1)
        .select("place", id=pl.format("{}-{}", "id", "copy"))
        .collect()
    )
    return examples.with_columns(examples["id"].scatter(copies["place"], copies["id"]))


def _joined(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """The columns as one text per row; null where all of them are."""
    used = [pl.col(name) for name in names if frame[name].null_count() < frame.height]
    if not used:
        return pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    texts = [
        pl.concat_str(pl.lit(column.meta.output_name()), column.cast(pl.String), separator=_FIELD)
        for column in used
    ]
    return frame.select(
        pl.when(pl.any_horizontal(column.is_not_null() for column in used)).then(
            pl.concat_str(texts, separator=_MESSAGE, ignore_nulls=True)
        )
    ).to_series()


def _xxh3(texts: pl.Series) -> NDArray[np.uint64]:
    """XXH3 of each text's UTF-8 bytes, 64 bits; 0 for null."""
    hashes = np.zeros(len(texts), np.uint64)
    if texts.null_count() < len(texts):
        present = texts.is_not_null().to_numpy()
        hashes[present] = [xxhash.xxh3_64_intdigest(text.encode()) for text in texts.drop_nulls()]
    return hashes


def _utf8(texts: pl.Series) -> tuple[memoryview, NDArray[np.int64]]:
    """The bytes of all texts, one after the other, and where each begins, with the end of the last."""
    column = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    return memoryview(data or b""), ends


def _turns_of(
    examples: NDArray[np.uint32], owners: NDArray[np.uint32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the turns of each example begin and end; both are sorted."""
    starts = np.flatnonzero(np.diff(owners, prepend=owners[:1] + 1))
    if len(starts) == len(examples):
        return starts, np.append(starts, len(owners))[1:]
    # Some example has no turns.
    return np.searchsorted(owners, examples, "left"), np.searchsorted(owners, examples, "right")


def spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spreads each number over 64 bits, one to one. Source: Steele, Lea, Flood 2014, SplitMix64."""
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)


def normal(column: pl.Expr = text) -> pl.Expr:
    """Text with the differences left out that do not make it another text.

    NFKC, lower case, one space for any whitespace, straight quotes and hyphens, no sentence punctuation at
    the end of a word. Numbers, operators and signs stay: 1.022 is not 1.032, `x != y` is not `x == y`.
    """
    foreign = column.str.len_bytes() != column.str.len_chars()
    # Only text beyond ASCII pays for NFKC and the quotes; for the rest the branch sees nulls.
    folded = pl.when(foreign).then(column).str.normalize("NFKC").str.replace_many(_STRAIGHT)
    return (
        pl.coalesce(folded, column)
        .str.to_lowercase()
        .str.replace_all(r"[.,;:!?…。、]+(\s|$)", " ")
        .str.replace_all(r"[\s&&[^ ]]\s*| \s+", " ")
        .str.strip_chars()
    )


# Code, markup, paths, units and identifiers: here a space, a sign or a capital can be the whole difference.
_EXACT = r"(?m)```|^[ \t]+\S|[{}\\|<>=_*/#@$^~`]|\p{Ll}\p{Lu}|\b\p{Lu}*\p{Ll}\p{Lu}|:\s*$|\d"
_JOINT = r"([.!?:;,)\]”’\"']) ([\p{L}\"“‘(\[])"
# Words that an answer has at least where spacing does not matter; a token or a name may hold a space of its own.
_PROSE = 4


def spaced(column: pl.Expr = text) -> pl.Expr:
    """Prose with one space for any whitespace; anything else as it is, without the space around it.

    A space that is missing behind a stop joins no words: "Sort these.Red, blue" is "Sort these.\\nRed, blue".
    """
    words = column.str.replace_all(r"\s+", " ").str.strip_chars().str.replace_all(_JOINT, "${1}${2}")
    prose = ~column.str.contains(_EXACT) & (words.str.count_matches(" ", literal=True) >= _PROSE - 1)
    return pl.when(prose).then(words).otherwise(column.str.strip_chars_end().str.strip_chars_start("\r\n"))


# Something to see: spaces, joiners and marks of direction alone are nothing.
visible = text.str.contains(r"[^\s\p{Cf}]")


def prompts(turns: pl.LazyFrame) -> pl.LazyFrame:
    """What the last answer of each conversation answers: columns example, prompt, turn and answer.

    prompt: u64, a hash of all turns before it after `normal`. answer: its text; turn: its number.
    Preference pairs, and conversations that do not end in an answer, are not in it.
    """
    ends = turns.filter(ends_example & is_answer & (pl.col("part") == "messages"))
    before = (
        turns.filter(~ends_example)
        .select(
            "example",
            pl.concat_str(
                pl.col("role").cast(pl.String), normal(), media_keys, separator=_FIELD, ignore_nulls=True
            ),
        )
        .group_by("example", maintain_order=True)
        .agg(prompt=pl.col("role").str.join(_MESSAGE).hash())
    )
    return ends.select("example", "turn", answer=text).join(before, on="example", maintain_order="left")


def content_id(name: str = "id") -> pl.Expr:
    """The id without its copy suffix: equal for identical rows, whatever their order."""
    return pl.col(name).str.head(16)


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


def html_table(rows: Iterable[Sequence[object]]) -> str:
    """A table for notebooks; every cell is escaped."""
    lines = ["".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _json(value: object) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
