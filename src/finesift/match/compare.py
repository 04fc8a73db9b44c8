"""Which examples are near one another: as a whole, in their prompts, in their answers, and what tells them apart."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.corpus import Corpus
from finesift.ids import content_id
from finesift.match.guard import (
    IDENTIFIERS,
    NAMES,
    NEGATIONS,
    NUMBER_WORDS,
    NUMBERS,
    OPENING,
    OPERATORS,
    OPPOSITES,
    UNITS,
)
from finesift.match.near import LEAST_WORDS, distinct, near_pairs, similarities
from finesift.match.texts import Texts
from finesift.tables import NEAR
from finesift.views import ends_example, is_answer, is_instruction, media_keys, normal, spaced, text

# Words that a text must have to be looked for. Prompts and answers of a few words are shared by examples that have
# nothing to do with one another.
VIEWS = ("whole", "prompt", "answer")
LEAST = {"whole": LEAST_WORDS, "prompt": 20, "answer": 20}
# Pairs to look at in each view: so many, and so many for each example. Every one may become a finding, and nobody reads
# millions; rows that are truly alike meet under rarer keys than those that fill one template.
CANDIDATES, CANDIDATES_EACH = 500_000, 10
# Alike in every view from here on; what is alike as a whole but not in a view differs in that view.
NEAR_ENOUGH, SAME_WORDS = 0.5, 0.7
# n-grams that more rows than this share are taken for a template: rows are told apart by what fills it.
TEMPLATE = 30


def compare(corpus: Corpus, *, ngram: int = 5) -> tuple[pl.DataFrame, dict[str, int]]:
    """Pairs of examples with a Jaccard similarity of at least 0.5 as a whole, or in their prompts or answers.

    Texts are compared as sets of word n-grams. The whole is all messages but system prompts; the answer is the last
    message if it is the assistant's, of a preference pair both sides; the prompt is the rest. Of examples that are
    the same to the letter only the first is compared. Returns the frame NEAR, sorted, and for
    each view how many examples met only the longest of those that share a key with them (see `Pairs.capped`).
    """
    examples = corpus.examples.filter(content_id().is_first_distinct())["example"].to_numpy()
    views = views_of(corpus.turns, examples)
    keys, capped = np.empty(0, np.uint64), {}
    budget = CANDIDATES + CANDIDATES_EACH * len(examples)
    for name, view in views.items():
        found = near_pairs(view, ngram=ngram, least=LEAST[name], budget=budget)
        keys = distinct(np.append(keys, found.left.astype(np.uint64) << np.uint64(32) | found.right))
        capped[name] = found.capped
    left, right = (keys >> np.uint64(32)).astype(np.uint32), keys.astype(np.uint32)
    columns = {name: halved(*similarities(view, left, right, ngram=ngram)) for name, view in views.items()}
    alike = are_alike(columns)
    beyond = np.ones(len(left), np.float32)
    beyond[alike], _ = similarities(views["whole"], left[alike], right[alike], ngram=ngram, common=TEMPLATE)
    near = pl.DataFrame(
        {"example": examples[left], "other": examples[right], **columns, "alike": alike, "beyond": beyond}
    )
    return with_differences(near, corpus), capped


def halved(similarity: NDArray[np.float32], short: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Of a few words, one that differs changes everything: only equals count in full."""
    return np.where(short & (similarity < 1), similarity / 2, similarity)


def are_alike(columns: dict[str, NDArray[np.float32]]) -> NDArray[np.bool_]:
    """bool [pairs]: which are alike in every view."""
    found: NDArray[np.bool_] = np.minimum.reduce([columns[name] for name in VIEWS]) >= NEAR_ENOUGH
    return found


def views_of(turns: pl.DataFrame, examples: NDArray[np.uint32]) -> dict[str, Texts]:
    """The views of these examples, in their order."""
    said = (
        turns.lazy()
        .filter(~is_instruction)
        .select(
            "example",
            text=pl.concat_str(
                "content", "reasoning", "tool_calls", pl.lit(""), separator="\n", ignore_nulls=True
            ),
            answers=(pl.col("part") != "messages") | (ends_example & is_answer),
        )
        .collect()
    )
    texts, owners = Texts.of(said["text"]), said["example"].to_numpy()
    first = np.searchsorted(owners, examples, "left")
    last = np.searchsorted(owners, examples, "right")
    answers = np.concatenate([[0], np.cumsum(said["answers"].to_numpy())])
    # Answers stand at the end of an example, so their number says where they begin.
    middle = last - (answers[last] - answers[first])
    return {
        "whole": texts.spans(first, last),
        "prompt": texts.spans(first, middle),
        "answer": texts.spans(middle, last),
    }


def with_differences(near: pl.DataFrame, corpus: Corpus) -> pl.DataFrame:
    """NEAR from its views, `alike` and `beyond` (what is left once templates are taken out). Only pairs that are alike
    in every view are looked at closely. A question about another picture is another question, whatever its words, so
    pairs that carry different pictures or files are left out."""
    near = _about_the_same(near, corpus.turns)
    looked_at = (
        near.lazy()
        .filter("alike")
        .select(pl.concat_list("example", "other").alias("example"))
        .explode("example")
        .unique()
    )
    spoken = (
        corpus.turns.lazy()
        .join(looked_at, on="example", how="semi", maintain_order="left")
        .group_by("example", maintain_order=True)
        .agg(
            pl.concat_str(text, pl.col("tool_calls").fill_null(""))
            .filter(~is_instruction)
            .str.join("\n")
            .alias("text"),
            spaced().filter(~is_instruction).str.join("\n").hash().alias("letters"),
            normal().filter(is_instruction).str.join("\n").alias("the system prompt"),
        )
        .join(corpus.examples.lazy().select("example", "tools", "label"), on="example", maintain_order="left")
        .select(
            "example",
            "the system prompt",
            pl.col("tools").alias("the tools"),
            pl.col("label").cast(pl.String).alias("the label"),
            **{
                "a number": _occurrences(pl.col("text"), f"{NUMBERS}|{NUMBER_WORDS}"),
                "a unit": _occurrences(pl.col("text"), UNITS),
                "a negation": _occurrences(pl.col("text"), NEGATIONS),
                "an opposite": _occurrences(pl.col("text"), OPPOSITES),
                "an identifier": _occurrences(pl.col("text"), IDENTIFIERS),
                "an operator": _occurrences(pl.col("text"), OPERATORS),
                "a name": _occurrences(pl.col("text").str.replace_all(OPENING, " "), NAMES),
            },
            letters=pl.col("letters"),
        )
        .collect()
    )
    classes = [name for name in spoken.columns[1:] if name != "letters"]
    both = near.join(spoken, on="example", how="left", maintain_order="left").join(
        spoken, left_on="other", right_on="example", how="left", suffix=" of other", maintain_order="left"
    )
    differs = pl.coalesce(
        [pl.when(pl.col(name).ne_missing(pl.col(f"{name} of other"))).then(pl.lit(name)) for name in classes]
    )
    # All words are the same, so what differs are capitals, signs and layout: in code and units, everything.
    letters = pl.when(
        (pl.min_horizontal(VIEWS) == 1) & (pl.col("letters") != pl.col("letters of other"))
    ).then(pl.lit("case, signs or layout"))
    template = pl.when(pl.col("beyond") < NEAR_ENOUGH).then(
        pl.lit("what fills a template that many rows share")
    )
    apart = pl.when(pl.col("whole") >= SAME_WORDS).then(
        pl.when(pl.col("prompt") < NEAR_ENOUGH)
        .then(pl.lit("the prompt"))
        .when(pl.col("answer") < NEAR_ENOUGH)
        .then(pl.lit("the answer"))
    )
    told = pl.when("alike").then(pl.coalesce(differs, letters, template)).otherwise(apart)
    return both.with_columns(differs=told).select(NEAR.names()).cast(NEAR)


def _about_the_same(near: pl.DataFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """The pairs whose sides carry the same pictures, recordings and files, most often none."""
    if turns["media"].null_count() == turns.height:
        return near
    held = (
        turns.lazy()
        .drop_nulls("media")
        .group_by("example", maintain_order=True)
        .agg(carried=media_keys.str.join("\n"))
        .collect()
    )
    sides = near.join(held, on="example", how="left", maintain_order="left").join(
        held, left_on="other", right_on="example", how="left", suffix=" of other", maintain_order="left"
    )
    return sides.filter(pl.col("carried").eq_missing("carried of other")).select(near.columns)


def _occurrences(column: pl.Expr, pattern: str) -> pl.Expr:
    """What in each text matches, in order, as one number."""
    return column.str.extract_all(pattern).list.join("\x1f").str.to_lowercase().hash()
