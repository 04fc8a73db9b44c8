import polars as pl

from finesift.corpus import chat, normal, text
from finesift.findings import findings
from finesift.registry import check

_ITEM = {
    "question": "A train leaves Ghent at nine and travels at eighty kilometres an hour towards the coast. "
    "How far has it come by noon?",
    "answer": "240",
}
# Scripts that write no spaces: each character is a word.
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"


@check(
    flags=[
        chat("Please help! " + _ITEM["question"].upper().replace(" ", "\n"), "240") | {"held_out": [_ITEM]},
        chat(_ITEM["question"].replace("nine", "ten"), "160") | {"held_out": [_ITEM]},
    ],
    passes=[
        chat("How far has it come by noon?", "240 km.") | {"held_out": [_ITEM]},
        chat("Is it far to the coast?", "240") | {"held_out": [_ITEM, {"question": "", "answer": "240"}]},
    ],
)
def contamination(
    turns: pl.LazyFrame, held_out: pl.LazyFrame, *, ngram: int = 5, common: int = 20, short: int = 20
) -> pl.LazyFrame:
    """A held-out item stands in the row, whole or for the most part.

    If an evaluation leaked into training, its figure measures memory. The score is the share of the item's
    word n-grams that one message holds, question and answer apart; case, spacing and line breaks do not
    count, nor do n-grams that more than `common` items share. Of an item of fewer than `short` words nearly
    all must be there, and an answer that short proves nothing. Restatements in other words are not seen.
    Lambert et al. 2024, "Tülu 3", flag an item when one training row holds over half of its tokens.
    """
    sides = pl.concat(
        [
            held_out.select("set", "item", side=pl.lit(side), text=pl.col(side).fill_null(""))
            for side in ("question", "answer")
        ]
    )
    items = (
        _ngrams(sides, ["set", "item", "side"], ngram)
        .filter((pl.col("side") == "question") | (pl.col("words") >= short))
        .filter(pl.struct("set", "item").n_unique().over("gram") <= common)
        .with_columns(grams=pl.len().over("set", "item", "side"))
    )
    said = _ngrams(turns.select("example", "turn", text=text), ["example", "turn"], ngram)
    shared = (
        said.join(items, on="gram", suffix="_item")
        .group_by("example", "turn", "set", "item", "side")
        .agg(pl.len().alias("shared"), pl.col("grams", "words_item").first())
        .with_columns(share=pl.col("shared") / pl.col("grams"))
    )
    # What is short is found whole by chance too: a tiny item is a matter for a person.
    score = (
        pl.when(pl.col("words_item") < ngram)
        .then(pl.col("share") * 0.5)
        .when((pl.col("words_item") < short) & (pl.col("share") < 1))
        .then(pl.col("share") * 0.75)
        .otherwise("share")
    )
    found = (
        shared.with_columns(score=score)
        .filter(pl.col("score") >= 0.4)
        .sort("score", "set", "item", "side", "turn", descending=[True, False, False, True, False])
        .unique(["example", "set", "item"], keep="first", maintain_order=True)
    )
    return findings(
        found,
        score=pl.col("score"),
        other=pl.format("{}:{}", "set", "item"),
        message=pl.format(
            "{} % of the {} of {}:{} ({} of {} word n-grams)",
            (pl.col("share") * 100).round().cast(pl.Int32),
            "side", "set", "item", "shared", "grams",
        ),
    )  # fmt: skip


def _ngrams(texts: pl.LazyFrame, keys: list[str], n: int) -> pl.LazyFrame:
    """Columns keys, gram (u64) and words (of the text): the distinct word n-grams of each text, hashed.

    A text of fewer than n words is one n-gram; an empty one has none.
    """
    words = (
        texts.select(
            *keys, word=normal(pl.col("text")).str.replace_all(_UNSPACED, " $1 ").str.extract_all(r"\S+")
        )
        .with_columns(words=pl.col("word").list.len())
        .filter(pl.col("words") > 0)
        .with_columns(text=pl.int_range(pl.len()))
        .explode("word")
        .with_columns(pl.col("word").hash())
    )
    place = pl.int_range(pl.len()).over("text")
    within = [
        pl.when(place + k < pl.col("words")).then(pl.col("word").shift(-k)).alias(f"w{k}") for k in range(n)
    ]
    return (
        words.with_columns(place=place, gram=pl.struct(within).hash())
        .filter((pl.col("place") + n <= pl.col("words")) | (pl.col("place") == 0))
        .unique([*keys, "gram"])
        .select(*keys, "gram", "words")
    )
