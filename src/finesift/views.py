"""What checks and comparisons look at: expressions over the tables, and tables that follow from them."""

from __future__ import annotations

import polars as pl

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
FIELD, MESSAGE = "\x1f", "\x1e"

_STRAIGHT = dict.fromkeys("“”„«»", '"') | dict.fromkeys("‘’", "'") | dict.fromkeys("‐‑–—", "-")


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
                pl.col("role").cast(pl.String), normal(), media_keys, separator=FIELD, ignore_nulls=True
            ),
        )
        .group_by("example", maintain_order=True)
        .agg(prompt=pl.col("role").str.join(MESSAGE).hash())
    )
    return ends.select("example", "turn", answer=text).join(before, on="example", maintain_order="left")
