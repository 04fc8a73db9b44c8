"""The proof of the loss mask, for every row: figures, and findings where it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from finesift.chat.conversations import Conversation, conversations
from finesift.chat.mask import Masked, Masker
from finesift.chat.spans import Problem
from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import Corpus, Part
from finesift.findings import FINDINGS

PROOF = pl.Schema(
    {
        "example": pl.UInt32(),
        "part": Part,  # messages; of a preference pair, a row for chosen and one for rejected
        "tokens": pl.UInt32(),  # of the rendered conversation; 0 where the template refuses it
        "trained": pl.UInt32(),  # of them, how many the loss sees
        "answers": pl.UInt32(),  # messages that are trained
        "cannot_train": pl.Boolean(),  # the template refuses it, or no token of it would be trained
        "problems": pl.List(pl.String()),  # names, as in PROBLEMS; empty: proved
    }
)

#: What can be wrong, and how sure that something is: 1 a fact that spoils training, 0.5 a doubt for a person.
PROBLEMS: dict[str, tuple[float, str]] = {
    "cannot_render": (1.0, "the chat template refuses the conversation"),
    "mask_refused": (1.0, "the template hides which text is the answer's"),
    "nothing_trained": (1.0, "no token of the row is trained"),
    "mask_untraced": (0.5, "the mask was found without a trace, by comparing texts"),
    "prompt_differs": (0.5, "the text before the answer is not the prompt that inference sends"),
    "prompt_tokens_differ": (0.5, "the text is the prompt's, the tokens are not"),
    "edge_token": (0.5, "a token stands over the edge of the answer, and is not trained"),
    "no_end": (0.5, "no special token ends the answer"),
    "end_is_no_stop": (0.5, "the token that ends the answer does not end a generation"),
    "lost": (0.5, "the template changes or leaves out the answer's text"),
    "lost_reasoning": (0.5, "the template leaves out the reasoning"),
    "lost_tool_call": (0.5, "the template leaves out a tool call, or a part of it"),
    "special_text": (0.5, "the data holds the text of a special token"),
    "decoded_differs": (1.0, "the tokenizer loses a part of the answer"),
    "cut_by_budget": (1.0, "the sequence budget cuts trained tokens off"),
}


@dataclass(frozen=True)
class Proof:
    """rows: as PROOF. findings: what failed, by row and message, with the problem's name as the check."""

    rows: pl.DataFrame
    findings: pl.DataFrame

    @property
    def proved(self) -> int:
        """Rows without any problem."""
        return self.rows.filter(pl.col("problems").list.len() == 0).height

    def shares(self, bins: int = 10) -> list[int]:
        """A histogram of trained / tokens: rows per tenth, from 0 to 1."""
        share = (
            self.rows.filter(pl.col("tokens") > 0).select(pl.col("trained") / pl.col("tokens")).to_series()
        )
        return [int(rows) for rows in np.histogram(share.to_numpy(), bins=bins, range=(0, 1))[0]]

    def worst(self, rows: int = 5) -> pl.DataFrame:
        """The rows with the most problems; of equals, those with the smallest trained share."""
        return (
            self.rows.filter(pl.col("problems").list.len() > 0)
            .sort(
                pl.col("problems").list.len(), pl.col("trained") / pl.col("tokens"), descending=[True, False]
            )
            .head(rows)
        )

    def counts(self) -> dict[str, int]:
        """Rows per problem, most first."""
        named = self.rows.select(pl.col("problems").list.explode()).to_series().drop_nulls()
        return dict(named.value_counts(sort=True, name="rows").iter_rows())


def prove(
    corpus: Corpus,
    tokenizer: Tokenizer,
    *,
    train_reasoning: bool = True,
    only_last: bool = False,
    max_tokens: int | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Proof:
    """Renders, encodes and masks every conversation, and checks each against the rule.

    max_tokens: the sequence budget; a row beyond it loses its end. Keeps figures, not texts or ids.
    """
    masker = Masker(tokenizer, train_reasoning=train_reasoning, only_last=only_last, settings=settings)
    rows: list[pl.DataFrame] = [PROOF.to_frame()]
    found: list[pl.DataFrame] = [FINDINGS.to_frame()]
    done = 0
    for batch in corpus.batches(rows=8_192):
        special = _special_text(batch, masker)
        found.append(special)
        flagged = set(special["example"].to_list())
        figures = []
        problems: list[dict[str, Any]] = []
        for parcel in _parcels(masker.mask(conversations(batch))):
            faults = _decoded(parcel, tokenizer)
            for number, one in enumerate(parcel):
                own = [*one.problems, *_budget(one, max_tokens), *faults.get(number, ())]
                problems += _as_findings(one.conversation, own)
                names = {problem.name for problem in own}
                if one.conversation.example in flagged:
                    names.add("special_text")
                figures.append(
                    (
                        one.conversation.example,
                        one.conversation.part,
                        len(one.ids),
                        int(one.trained.sum()),
                        len(one.spans.spans),
                        one.refused,
                        sorted(names),
                    )
                )
        rows.append(pl.DataFrame(figures, schema=PROOF, orient="row"))
        found.append(pl.DataFrame(problems, schema=FINDINGS))
        done += batch.examples.height
        if progress:
            progress(done, corpus.examples.height)
    return Proof(pl.concat(rows), pl.concat(found).sort("example", "check", "turn", nulls_last=True))


def _parcels(masked: Iterator[Masked], size: int = 256) -> Iterator[list[Masked]]:
    parcel: list[Masked] = []
    for one in masked:
        parcel.append(one)
        if len(parcel) == size:
            yield parcel
            parcel = []
    if parcel:
        yield parcel


def _decoded(parcel: list[Masked], tokenizer: Tokenizer) -> dict[int, list[Problem]]:
    """Do the trained tokens decode to the trained text? By place in the parcel, where they do not.

    Whitespace is not compared: some tokenizers swallow it at the beginning of what they decode.
    """
    texts = tokenizer.backend.decode_batch(
        [one.ids[one.trained].tolist() for one in parcel], skip_special_tokens=False
    )
    faults = {}
    for number, (one, text) in enumerate(zip(parcel, texts, strict=True)):
        if any(problem.name == "edge_token" for problem in one.problems):
            continue
        wanted = "".join(span.text(one.text) for span in one.spans.spans)
        if text != wanted and tokenizer.normalized(text) != tokenizer.normalized(wanted):
            faults[number] = [Problem("decoded_differs", None, PROBLEMS["decoded_differs"][1])]
    return faults


def _budget(one: Masked, max_tokens: int | None) -> Iterator[Problem]:
    if max_tokens is not None and one.trained[max_tokens:].any():
        cut = int(one.trained[max_tokens:].sum())
        yield Problem("cut_by_budget", None, f"a budget of {max_tokens} cuts off {cut} trained tokens")


def _as_findings(one: Conversation, problems: list[Problem]) -> list[dict[str, Any]]:
    return [
        {
            "example": one.example,
            "check": problem.name,
            "turn": None if problem.turn is None else one.turns[problem.turn],
            "score": PROBLEMS[problem.name][0],
            "message": problem.message,
        }
        for problem in problems
    ]


def _special_text(batch: Corpus, masker: Masker) -> pl.DataFrame:
    """Messages that hold the text of a special token, which the tokenizer reads as that token.

    In an answer the marks of reasoning and calls are at home, so there only what a model never writes counts.
    """
    added = masker.tokenizer.backend.get_added_tokens_decoder().values()
    strict = [token.content for token in added if token.special and token.content.strip()]
    every = [token.content for token in added if token.content.strip()]
    if not every:
        return FINDINGS.to_frame()
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
            pl.lit("special_text").alias("check"),
            "turn",
            pl.lit(None, pl.UInt32).alias("start"),
            pl.lit(None, pl.UInt32).alias("end"),
            pl.lit(PROBLEMS["special_text"][0], pl.Float32).alias("score"),
            pl.lit(None, pl.String).alias("other"),
            pl.format(
                "it holds {}, which the tokenizer reads as a token",
                pl.col("text").str.extract_many(every).list.first(),
            ).alias("message"),
        )
        .collect()
    )
