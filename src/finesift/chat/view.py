"""Conversations token by token, for a person to look at: what is trained, what is special."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import polars as pl

from finesift.chat.conversations import conversations
from finesift.chat.mask import Masked, Masker
from finesift.chat.problem import Problem
from finesift.chat.spans import EVERYTHING, Wanted
from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import Corpus

#: What `View.as_dict` gives, as columns.
VIEWS = pl.Schema(
    {
        "place": pl.String(),
        "id": pl.String(),
        "part": pl.String(),
        "tokens": pl.UInt32(),
        "trained": pl.UInt32(),
        "problems": pl.List(pl.Struct({"name": pl.String(), "message": pl.String()})),
        "runs": pl.List(pl.Struct({"text": pl.String(), "trained": pl.Boolean(), "special": pl.Boolean()})),
    }
)


@dataclass(frozen=True, slots=True)
class Token:
    """text: its characters; "" where a character is several tokens and this is not the first."""

    id: int
    text: str
    trained: bool
    special: bool


@dataclass(frozen=True)
class View:
    """A conversation. place: source:row. The texts of the tokens, one after the other, are the rendered text."""

    place: str
    id: str
    part: str  # messages, chosen or rejected
    tokens: list[Token]
    problems: list[Problem]

    @property
    def trained(self) -> int:
        return sum(token.trained for token in self.tokens)

    def runs(self) -> Iterator[tuple[str, bool, bool]]:
        """The text in runs that are alike: (text, trained, special). Each special token is a run of its own."""
        for (trained, special), tokens in groupby(self.tokens, key=lambda one: (one.trained, one.special)):
            if special:
                yield from ((token.text, trained, True) for token in tokens)
            elif text := "".join(token.text for token in tokens):
                yield text, trained, False

    def as_dict(self) -> dict[str, Any]:
        return {
            "place": self.place,
            "id": self.id,
            "part": self.part,
            "tokens": len(self.tokens),
            "trained": self.trained,
            "problems": [{"name": p.name, "message": p.message} for p in self.problems],
            "runs": [
                {"text": text, "trained": trained, "special": special}
                for text, trained, special in self.runs()
            ],
        }


def view(
    corpus: Corpus, tokenizer: Tokenizer, examples: Sequence[int], wanted: Wanted = EVERYTHING
) -> list[View]:
    """The conversations of these examples, in the corpus's order; a preference pair gives two."""
    named = pl.Series("example", list(examples), pl.UInt32).unique()
    chosen = Corpus(
        corpus.examples.filter(pl.col("example").is_in(named.implode())),
        corpus.turns.filter(pl.col("example").is_in(named.implode())),
        corpus.originals.clear(),
        corpus.unreadable.clear(),
    )
    places = {
        example: (f"{source}:{row}", id_)
        for example, source, row, id_ in chosen.examples.select("example", "source", "row", "id").iter_rows()
    }
    masker = Masker(tokenizer, wanted)
    special = set(tokenizer.special_text().values())
    return [
        View(
            *places[one.conversation.example],
            one.conversation.part,
            list(_tokens(one, tokenizer, special)),
            one.problems,
        )
        for one in masker.mask(conversations(chosen))
    ]


def _tokens(one: Masked, tokenizer: Tokenizer, special: set[int]) -> Iterator[Token]:
    encoding = tokenizer.backend.encode(one.text, add_special_tokens=False)
    # What lies between two tokens, such as a space that the tokenizer drops, belongs to the one before.
    if not encoding.ids:
        return
    starts = [start for start, _ in encoding.offsets]
    ends = [*starts[1:], len(one.text)]
    at = 0
    for id_, end, trained in zip(encoding.ids, ends, one.trained.tolist(), strict=True):
        end = max(at, end)
        yield Token(id_, one.text[at:end], trained, id_ in special)
        at = end
