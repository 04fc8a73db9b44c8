"""Texts of special tokens in what messages say."""

from __future__ import annotations

import polars as pl

from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import Corpus
from finesift.tables import PROBLEMS


def special_text(batch: Corpus, tokenizer: Tokenizer, score: float) -> pl.DataFrame:
    """Messages that hold the text of a special token, which the tokenizer reads as that token.

    In an answer the marks of reasoning and calls are at home, so there only what a model never writes counts.
    """
    added = tokenizer.backend.get_added_tokens_decoder().values()
    strict = [token.content for token in added if token.special and token.content.strip()]
    every = [token.content for token in added if token.content.strip()]
    if not every:
        return PROBLEMS.to_frame()
    text = pl.concat_str(
        [pl.col(name).fill_null("") for name in ("content", "reasoning", "tool_calls")], separator="\n"
    )
    answer = pl.col("role") == "assistant"
    return (
        batch.turns.lazy()
        .select("example", "turn", "role", text.alias("text"))
        .filter(
            pl.when(answer)
            .then(pl.col("text").str.contains_any(strict))
            .otherwise(pl.col("text").str.contains_any(every))
        )
        .select(
            "example",
            "turn",
            pl.lit("special_text").alias("problem"),
            pl.lit(score, pl.Float32).alias("score"),
            pl.format(
                "it holds {}, which the tokenizer reads as a token",
                pl.col("text").str.extract_many(every).list.first(),
            ).alias("message"),
        )
        .collect()
    )
