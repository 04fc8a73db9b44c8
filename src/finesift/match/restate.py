"""Held-out items in other words: found by the rare words that both have, confirmed by what they mean.

    parts        an item is looked for whole and, where it carries a passage, as its question alone
    candidates   items that share rare words, names, numbers and identifiers with a prompt (no model needed)
    confirmed    the cosine of their sentence embeddings, added to how much of their wording they share

Neither is enough alone: words do not tell a restatement from the same topic, and embeddings find everything about one
topic alike. How well both together do is measured by benchmarks/contamination.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.embed.encoder import Encoder
from finesift.match.judge import Judge
from finesift.views import is_prompt, text

#: Candidates per prompt, and items that a word may be in and still bring candidates.
CANDIDATES, RARE = 10, 150
# Of each prompt so many words are looked at, of each item too: what is asked stands near its beginning or its end.
LONGEST = 4000  # characters
# So many letters of a word count: endings do not matter.
STEM = 6
# Items of fewer words ("Who are you?") are restated by chance.
LEAST_WORDS = 4
# What questions are made of in any exam. One with fewer than so many other words ("Which of the following statements is
# true?") says nothing without its options.
TELLING = 2
EXAM = (
    r"^(?:a|about|above|all|an|and|answer|are|as|at|be|below|best|by|choic|choose|comple|consid|correc|descri|do|does|each"
    r"|either|except|false|fill|find|follow|for|from|given|have|how|if|in|incorr|is|it|item|least|likely|most|name|neithe"
    r"|no|none|not|of|on|one|option|or|pick|please|questi|select|senten|some|statem|than|that|the|them|then|there|these"
    r"|they|this|those|to|true|two|under|used|using|was|were|what|when|where|which|who|whose|why|will|with|word|would"
    r"|wrong|you|your)$"
)
# What a pair shares, as a sum: words by their rarity; less where the item's numbers are not in a prompt that has others
# (another exercise of the same kind); less the fewer telling words are shared (a few make a topic, not a question).
# One choice for all kinds of items, so that it holds for others too; see benchmarks/README.md.
BY_WORDS, BY_CONTAINMENT, BY_NUMBERS, BY_FEW = 0.2, 0.45, 0.2, 1.0
# Where this sum and the cosine of the embeddings mean even odds, and how steeply odds change.
EVEN, STEEP = 0.77, 20.0
# The same for the sum alone, where there is no encoder.
EVEN_BY_WORDS, STEEP_BY_WORDS = 0.25, 30.0
# Scores below this are not given.
LEAST_SCORE = 0.1
# A judge is asked from here on, about so many pairs at most. Of a score that it denies so much is left; what it affirms
# is as good as certain.
DOUBT, JUDGED, DENIED, AFFIRMED = 0.5, 500, 0.1, 0.95
# A pair whose sum is less is not worth an embedding.
WORTH = -0.15
# Nor are those of a prompt of which the packaged token vectors of no pair are nearer than this below what the model's
# would have to be. With 0.1 the figures of restated MMLU items are those without it; of restated HumanEval tasks that
# reach the limit for review each is above that by 0.03 at least.
MARGIN = 0.1
# A question behind a passage is an item of its own as well: from so many words in all, on a last line of so many words.
PASSAGE, ASKED = 60, 5

_VALUES = {
    "half": "0.5", "two": "2", "twice": "2", "double": "2", "three": "3", "triple": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "dozen": "12",
}  # fmt: skip
_NUMBER = rf"\d+(?:[.,]\d+)*|\b(?:{'|'.join(_VALUES)})\b"

FOUND = pl.Schema(
    {
        "example": pl.UInt32,
        "turn": pl.UInt32,
        "set": pl.String,
        "item": pl.UInt32,
        "score": pl.Float32,  # how likely it is a restatement, 0 to 1
        "words": pl.Float32,  # the share of the item's rare words that the prompt has, 0 to 1
        "cosine": pl.Float32,  # of the embeddings; null: there is no encoder
        "judged": pl.Boolean,  # what a judge says; null: it was not asked, or did not say
    }
)

#: A pair of a prompt and an item that is looked at closely.
LOOKED_AT = pl.Schema(
    {
        "bare": pl.Boolean,
        "example": pl.UInt32,
        "turn": pl.UInt32,
        "text": pl.String,
        "number": pl.UInt32,
        "cosine_of_words": pl.Float64,
        "contained": pl.Float64,
        "telling": pl.UInt32,
        "shared": pl.Float64,
    }
)

# A text of English letters, but for a few.
_ENGLISH = r"^(?:[\x00-\x7f]+[^\x00-\x7f]{0,3})*$"
_CAMEL = r"(\p{Ll})(\p{Lu})"
# What a piece of code is for stands in its docstring or in its comments.
_COMMENT = re.compile(
    r'"""(.*?)"""|\'\'\'(.*?)\'\'\'|/\*+(.*?)\*/|((?:^[ \t]*(?://|#)[^\n]*\n)+)', re.DOTALL | re.MULTILINE
)
_EXAMPLE = re.compile(r">>>|@param|@example|\n\s*(?:[Ee]xamples?|For example)\b")
_MARGIN = re.compile(r"^[ \t]*(?:\*|//|#)+", re.MULTILINE)


def restated(
    turns: pl.DataFrame,
    held_out: pl.DataFrame,
    encoder: Encoder | None,
    *,
    judge: Judge | None = None,
    budget: int = 4_000,
    progress: Callable[[int, int], None] | None = None,
) -> pl.DataFrame:
    """One row of FOUND per example and set: the item that it likeliest restates, with a score of at least LEAST_SCORE.

    turns: the columns of TURNS. budget: texts to embed at most; the prompts that share most with an item come first.
    judge: is asked about pairs of even odds and better, 500 at most.
    """
    prompts = prompts_of(turns).with_row_index("row")
    items = _items(held_out)
    near = _sharing(candidates(prompts, items), prompts, items)
    return _judged_by(near, prompts, items, encoder, judge, budget, progress)


def counted(turns: pl.DataFrame, held_out: pl.DataFrame) -> pl.DataFrame:
    """term and rows: in how many prompts each word of the items is; "" stands for all prompts. See `worth_looking`."""
    prompts = prompts_of(turns).with_row_index("row")
    terms = _terms(prompts, "row").join(_terms(_items(held_out), "number").select("term").unique(), on="term")
    return pl.concat(
        [
            terms.group_by("term").agg(rows=pl.len()),
            pl.DataFrame({"term": [""], "rows": [prompts.height]}, {"term": pl.String, "rows": pl.UInt32}),
        ]
    )


def worth_looking(
    turns: pl.DataFrame, held_out: pl.DataFrame, counts: pl.DataFrame, encoder: Encoder | None, *, budget: int
) -> pl.DataFrame:
    """The pairs of some rows that `restated` of all would look at, and perhaps more, as LOOKED_AT.

    counts: of `counted`, added up over all rows.
    """
    prompts = prompts_of(turns).with_row_index("row")
    items = _items(held_out)
    near = _sharing(candidates(prompts, items, counts), prompts, items)
    if encoder is None:
        near = _by_words(near).filter(_score >= LEAST_SCORE).select(near.columns)
    else:
        near = _worth_asking(near, prompts, items, encoder)
        # What is not within the budget here is not within it among more.
        near = _within(near.sort("shared", "row", "number", descending=[True, False, False]), budget)
    return near.join(prompts, on="row", maintain_order="left").select(LOOKED_AT.names()).cast(LOOKED_AT)


def restated_among(
    looked_at: pl.DataFrame,
    held_out: pl.DataFrame,
    encoder: Encoder | None,
    *,
    judge: Judge | None = None,
    budget: int = 4_000,
) -> pl.DataFrame:
    """`restated`, from all that `worth_looking` left of the parts of a corpus."""
    keys = ["bare", "example", "turn"]
    prompts = looked_at.select(*keys, "text").unique(keys).sort(keys).with_row_index("row")
    near = looked_at.drop("text").join(prompts, on=keys)
    return _judged_by(near.drop(keys), prompts, _items(held_out), encoder, judge, budget, None)


def prompts_of(turns: pl.DataFrame) -> pl.DataFrame:
    """bare, example, turn and text of what is asked. Plain text has no prompt: all of it is looked at, as `bare`."""
    asked = turns.filter(is_prompt & (text.str.len_bytes() > 0))
    bare = turns.join(
        turns.filter(is_prompt).select("example"), on="example", how="anti", maintain_order="left"
    )
    both = [asked.with_columns(bare=pl.lit(False)), bare.with_columns(bare=pl.lit(True))]
    return (
        pl.concat(both)
        .filter(pl.col("content").is_not_null())
        .select("bare", "example", "turn", text=pl.col("content").str.slice(0, LONGEST))
    )


def _by_words(near: pl.DataFrame) -> pl.DataFrame:
    return near.with_columns(
        cosine=pl.lit(None, pl.Float32), logit=STEEP_BY_WORDS * (pl.col("shared") - EVEN_BY_WORDS)
    )


def _judged_by(
    near: pl.DataFrame,
    prompts: pl.DataFrame,
    items: pl.DataFrame,
    encoder: Encoder | None,
    judge: Judge | None,
    budget: int,
    progress: Callable[[int, int], None] | None,
) -> pl.DataFrame:
    """The pairs that are restatements, as FOUND."""
    if encoder is None:
        scored = _by_words(near)
    else:
        near = _worth_asking(near, prompts, items, encoder)
        near = _within(near.sort("shared", "row", "number", descending=[True, False, False]), budget)
        cosines = _cosines(near, prompts, items, encoder, progress)
        scored = near.with_columns(cosine=pl.Series(cosines, dtype=pl.Float32)).with_columns(
            logit=STEEP * (pl.col("cosine") + pl.col("shared") - EVEN)
        )
    best = (
        scored.with_columns(score=_score, words="contained")
        .filter(pl.col("score") >= LEAST_SCORE)
        .join(prompts, on="row")
        .join(items.select("number", "set", "item", "asked"), on="number")
        .sort("logit", "set", "item", "turn", descending=[True, False, False, False])
        # Items on one topic are alike: the likeliest is named.
        .unique(["example", "set"], keep="first", maintain_order=True)
        .with_columns(judged=pl.lit(None, pl.Boolean))
    )
    if judge:
        best = _judged(best, judge)
    return best.sort("example", "set", "item").select(FOUND.names()).cast(FOUND)


# The odds; however alike two short texts are, a few words prove little: two that tell something give 0.9 at most.
_score = pl.min_horizontal(
    1 / (1 + (-pl.col("logit")).exp()), 1 - 0.3 / (1 + pl.col("telling").cast(pl.Float64))
)


def _judged(best: pl.DataFrame, judge: Judge) -> pl.DataFrame:
    """The pairs, the likeliest first, with the judge's word and the score that follows from it."""
    asked = best.filter(pl.col("score") >= DOUBT).head(JUDGED)
    said = pl.Series(judge.same(list(asked.select("text", "asked").iter_rows())), dtype=pl.Boolean)
    word = said.extend_constant(None, best.height - asked.height)
    score = pl.col("score")
    return best.with_columns(judged=word).with_columns(
        score=pl.when("judged")
        .then(pl.max_horizontal(score, AFFIRMED))
        .when(~pl.col("judged"))
        .then(score * DENIED)
        .otherwise(score)
    )


def _items(held_out: pl.DataFrame) -> pl.DataFrame:
    """number, set, item, text (the question; with its options where it says too little) and asked (with them).

    A question behind a passage has a row of its own: asked without the passage, it shares little with the whole.
    """
    asked = pl.concat_str("question", "options", separator="\n", ignore_nulls=True)
    whole = held_out.select("set", "item", "options", "question")
    line = pl.col("question").str.strip_chars().str.split("\n").list.last().str.strip_chars()
    alone = whole.filter(
        (pl.col("question").str.count_matches(r"\w+") >= PASSAGE)
        & ~pl.col("question").str.contains(r"\bdef \w|\"\"\"|[{};]\s*\n|```")
    ).with_columns(question=line)
    alone = alone.filter(pl.col("question").str.count_matches(r"\w+").is_between(ASKED, PASSAGE))
    items = pl.concat([whole, alone]).select("set", "item", "question", asked=asked).with_row_index("number")
    told = (
        _terms(items.select("number", text="question"), "number")
        .filter(~pl.col("term").str.contains(EXAM))
        .group_by("number")
        .agg(told=pl.len())
    )
    few = pl.col("told").fill_null(0) < TELLING
    return (
        items.join(told, on="number", how="left", maintain_order="left")
        .with_columns(text=pl.when(few).then("asked").otherwise("question"))
        .filter(pl.col("text").str.count_matches(r"\w+") >= LEAST_WORDS)
        # A question that says too little and has no options is restated by chance.
        .filter(~few | (pl.col("asked") != pl.col("question")))
        .select("set", "item", pl.col("text", "asked").str.slice(0, LONGEST))
        .with_row_index("number")
    )


def candidates(
    prompts: pl.DataFrame, items: pl.DataFrame, counts: pl.DataFrame | None = None
) -> pl.DataFrame:
    """For each prompt the items that share most of its rare words: row, number, cosine_of_words, contained, telling.

    Words count by their inverse document frequency over prompts and items. cosine_of_words: of the two sets, 0 to 1;
    contained: the share of the item's words that the prompt has; telling: how many both have that not every exam has.
    counts: `counted` over all prompts, where these are some of them.
    """
    said, held = _terms(prompts, "row"), _terms(items, "number")
    if counts is None:
        asked, total = said.group_by("term").agg(rows=pl.len()), prompts.height + items.height
    else:
        asked = counts.filter(pl.col("term") != "")
        total = int(counts.filter(pl.col("term") == "")["rows"].sum()) + items.height
    weights = (
        pl.concat([asked.select("term", "rows"), held.group_by("term").agg(rows=pl.len())])
        .group_by("term")
        .agg(weight=(1 + total / pl.col("rows").sum()).log())
        .join(held.group_by("term").agg(held=pl.len()), on="term")
    )
    # A word that no item has still makes the prompt say something else.
    lengths = said.join(weights.select("term", "weight"), on="term", how="left").with_columns(
        pl.col("weight").fill_null(float(np.log(max(2, total))))
    )
    prompt_norm = lengths.group_by("row").agg(prompt_norm=(pl.col("weight") ** 2).sum().sqrt())
    held = held.join(weights, on="term").with_columns(telling=~pl.col("term").str.contains(EXAM))
    item_norm = held.group_by("number").agg(
        item_norm=(pl.col("weight") ** 2).sum().sqrt(), item_sum=(pl.col("weight") ** 2).sum()
    )
    rare = held.filter(pl.col("held") <= RARE).select("term", "number", "weight")
    parts = []
    # So many prompts at a time, that the pairs stay in memory.
    for start in range(0, prompts.height, 8192):
        some = said.filter(pl.col("row").is_between(start, start + 8191))
        best = (
            some.lazy()
            .join(rare.lazy(), on="term")
            .group_by("row", "number")
            .agg(score=(pl.col("weight") ** 2).sum())
            .join(item_norm.lazy(), on="number")
            .with_columns(pl.col("score") / pl.col("item_norm"))
            .filter(pl.col("score").rank("ordinal", descending=True).over("row") <= CANDIDATES)
            .select("row", "number")
        )
        shared = (
            best.join(some.lazy(), on="row")
            .join(held.lazy().select("number", "term", "weight", "telling"), on=["number", "term"])
            .group_by("row", "number")
            .agg(shared=(pl.col("weight") ** 2).sum(), telling=pl.col("telling").sum())
            .join(prompt_norm.lazy(), on="row")
            .join(item_norm.lazy(), on="number")
            .select(
                "row",
                "number",
                cosine_of_words=pl.col("shared") / (pl.col("prompt_norm") * pl.col("item_norm")),
                contained=pl.col("shared") / pl.col("item_sum"),
                telling="telling",
            )
        )
        parts.append(shared.collect())
    empty = {
        "row": pl.UInt32,
        "number": pl.UInt32,
        "cosine_of_words": pl.Float64,
        "contained": pl.Float64,
        "telling": pl.UInt32,
    }
    return pl.concat([pl.DataFrame(schema=empty), *parts]).sort("row", "number")


def _sharing(near: pl.DataFrame, prompts: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """The pairs that are worth an embedding, with the sum of what they share, `shared`."""
    words = BY_WORDS * pl.col("cosine_of_words") + BY_CONTAINMENT * pl.col("contained")
    near = near.with_columns(shared=words - BY_FEW / (1 + pl.col("telling"))).filter(
        pl.col("shared") >= WORTH
    )
    for key, texts, name in (("row", prompts, "said"), ("number", items, "held")):
        numbers = _numbers(texts.join(near, on=key, how="semi"), key).rename({"numbers": name})
        near = near.join(numbers, on=key, how="left", maintain_order="left")
    said, held = pl.col("said"), pl.col("held")
    lacking = pl.when(said.list.len() > 0, held.list.len() > 0).then(
        held.list.set_difference(said).list.len() / held.list.len()
    )
    return (
        near.with_columns(pl.col("shared") - BY_NUMBERS * lacking.fill_null(0))
        .filter(pl.col("shared") >= WORTH)
        .drop("said", "held")
    )


def _numbers(texts: pl.DataFrame, key: str) -> pl.DataFrame:
    """key and numbers: the distinct numbers of each text, as digits; of code those that say what it is for."""
    coded = pl.col("text").str.contains(r'"""|\'\'\'|/\*|//|#')
    return texts.select(
        key,
        numbers=pl.when(coded)
        .then(pl.col("text").map_elements(purpose, pl.String))
        .otherwise("text")
        .str.to_lowercase()
        .str.extract_all(_NUMBER)
        .list.eval(pl.element().str.replace_all(",", "").replace(_VALUES))
        .list.unique(),
    )


def _terms(texts: pl.DataFrame, key: str) -> pl.DataFrame:
    """key and term: the distinct words of each text, by how they begin, so that endings do not matter."""
    words = (
        pl.col("text")
        .str.replace_all(_CAMEL, "$1 $2")
        .str.to_lowercase()
        .str.extract_all(r"\p{Han}|[\p{L}\p{M}\p{N}]+")
    )
    term = pl.col("term")
    return (
        texts.lazy()
        .select(key, term=words)
        .explode("term")
        .drop_nulls("term")
        .filter((term.str.len_bytes() > 1) | term.str.contains(r"^\d$"))
        .with_columns(term.str.slice(0, STEM))
        .unique()
        .collect()
    )


def _within(near: pl.DataFrame, budget: int) -> pl.DataFrame:
    """The first pairs, of which no more than so many texts need an embedding."""
    fresh = near.with_columns(
        texts=(
            pl.col("row").is_first_distinct().cast(pl.Int64) + pl.col("number").is_first_distinct()
        ).cum_sum()
    )
    return fresh.filter(pl.col("texts") <= budget).drop("texts")


def _worth_asking(
    near: pl.DataFrame, prompts: pl.DataFrame, items: pl.DataFrame, encoder: Encoder
) -> pl.DataFrame:
    """The pairs that the packaged token vectors, a hundred times faster, do not rule out. They know English only."""
    from finesift.embed.static import Static

    if encoder.name == Static.name or not near.height:
        return near
    needed = EVEN + float(np.log(LEAST_SCORE / (1 - LEAST_SCORE))) / STEEP - pl.col("shared")
    foreign = [
        pl.col(key).is_in(frame.filter(~pl.col("text").str.contains(_ENGLISH))[key].implode())
        for key, frame in (("row", prompts), ("number", items))
    ]
    rough = _cosines(near, prompts, items, Static(), None)
    kept = near.select("row", kept=(pl.Series(rough) >= needed - MARGIN) | pl.any_horizontal(foreign))
    # All pairs of a prompt or none: else the item that is named may not be the nearest.
    return near.filter(kept.select(pl.col("kept").any().over("row")).to_series())


def _cosines(
    near: pl.DataFrame,
    prompts: pl.DataFrame,
    items: pl.DataFrame,
    encoder: Encoder,
    progress: Callable[[int, int], None] | None,
) -> NDArray[np.float32]:
    """For each pair the larger cosine of the texts as they are and of what they say about their code."""
    if not near.height:
        return np.empty(0, np.float32)
    sides = []
    for key, frame, columns in (("row", prompts, ["text"]), ("number", items, ["text", "asked"])):
        wanted = near[key].unique().sort()
        texts = [frame[column].gather(wanted).to_list() for column in columns]
        texts.append([purpose(one) for one in texts[0]])
        sides.append((np.searchsorted(wanted.to_numpy(), near[key].to_numpy()), texts))
    distinct = list(dict.fromkeys(one for _, texts in sides for column in texts for one in column))
    place = {one: n for n, one in enumerate(distinct)}
    vectors, step = [], 256
    for start in range(0, len(distinct), step):
        vectors.append(encoder.encode(distinct[start : start + step]))
        if progress:
            progress(min(start + step, len(distinct)), len(distinct))
    all_ = np.concatenate(vectors)

    def of(side: int, column: int) -> NDArray[np.float32]:
        where, texts = sides[side]
        chosen: NDArray[np.float32] = all_[np.array([place[one] for one in texts[column]])[where]]
        return chosen

    # The prompt as it is with the question and with its options; what both are for with one another.
    pairs = [(of(0, 0), of(1, 0)), (of(0, 0), of(1, 1)), (of(0, 1), of(1, 2))]
    best: NDArray[np.float32] = np.maximum.reduce([np.einsum("ij,ij->i", a, b) for a, b in pairs])
    return best


def purpose(text: str) -> str:
    """What a text with code in it says that the code is for; the text itself where it does not say."""
    said = [next(group for group in match.groups() if group is not None) for match in _COMMENT.finditer(text)]
    said = [_MARGIN.sub("", _EXAMPLE.split(one)[0]) for one in said]
    longest = max(said, key=len, default="").strip()
    return longest if len(longest.split()) >= LEAST_WORDS else text
