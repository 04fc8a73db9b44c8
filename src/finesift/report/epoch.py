"""What an epoch costs: steps, tokens, padding with packing and without, and a price where the recipe has one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.corpus import Corpus
from finesift.recipe import Recipe
from finesift.report.words import counted, percent

# Shares of the rows for which the report says what budget keeps them whole.
SHARES = (0.95, 0.99, 1.0)


@dataclass(frozen=True)
class Epoch:
    """Of the training rows whose tokens were counted; of a preference pair, its longer side.

    padded: share of what is computed that is padding, where rows in random order are padded to the longest of their
    batch; by_length: the same where rows of about one length are batched. packed: the same where rows are packed, in
    `sequences` sequences of the budget. price: of all epochs, in the recipe's currency. uncounted: training rows that
    are not in it, since no tokens of them are known: the template refuses them, or they hold pictures.
    """

    rows: int
    batch: int
    epochs: int
    steps: int
    tokens: int
    trained: int
    padded: float
    by_length: float
    packed: float
    sequences: int
    budget: int
    price: float | None
    # Budgets that keep such shares of the rows whole, by their percentages; and sequences packed at the one for 99 %.
    keeps: dict[str, int] = field(default_factory=dict)
    sequences_at_99: int = 0
    uncounted: int = 0

    def sentences(self, kinds: int = 1) -> list[str]:
        """kinds: of rows that figures are of; no training takes several together."""
        return [self._sentence(kinds), self._budget()]

    def _sentence(self, kinds: int) -> str:
        times = f"; {self.epochs} epochs are {self.epochs * self.steps:,} steps" if self.epochs > 1 else ""
        together = f" of all {kinds} kinds of rows together" if kinds > 1 else ""
        told = (
            f"An epoch{together} is {counted(self.steps, 'step')} of {self.batch} rows{times}: {self.tokens:,} tokens, "
            f"of which {self.trained:,} are trained. Of what is computed, padding is {percent(self.padded)} in random "
            f"batches, {percent(self.by_length)} where rows of a length go together, and {percent(self.packed)} "
            f"packed into {counted(self.sequences, 'sequence')} of {self.budget:,}."
        )
        if self.uncounted:
            told += f" These figures leave out {counted(self.uncounted, 'row')} of which no tokens are known."
        if self.price is None:
            return told
        epochs = "an epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        return f"{told} By the price in the recipe, {epochs} of tuning cost {self.price:,.2f}."

    def _budget(self) -> str:
        """What a smaller, or larger, sequence budget would do to the training rows."""
        if not self.keeps:
            return ""
        most, all_ = self.keeps["99%"], self.keeps["100%"]
        said = (
            f"A sequence budget of {self.keeps['95%']:,} tokens holds 95 % of the training rows whole, {most:,} "
            f"hold 99 % and {all_:,} all of them; yours is {self.budget:,}."
        )
        if most < self.budget:
            said += f" Packed at {most:,}, what fits makes {counted(self.sequences_at_99, 'sequence')}."
        return said


def epoch(corpus: Corpus, fates: pl.DataFrame, recipe: Recipe) -> Epoch | None:
    """Of the rows that are trained; None where there is none, or no tokens were counted."""
    trained = fates.filter(pl.col("fate") == "train").select("example")
    rows = corpus.rendered.join(trained, on="example", how="semi").with_columns(
        pl.col("tokens", "trained").fill_null(0)
    )
    return epoch_of(rows["tokens"].to_numpy(), rows["trained"].to_numpy(), recipe)


def epoch_of(tokens: NDArray[np.uint32], seen: NDArray[np.uint32], recipe: Recipe) -> Epoch | None:
    """Of rows that are trained, in their order. tokens: of each; 0: none. seen: of them those that the loss sees."""
    uncounted = int((tokens == 0).sum())
    seen, tokens = seen[tokens > 0], tokens[tokens > 0]
    if not len(tokens):
        return None
    budget, training = recipe.model.max_tokens, recipe.training
    whole = tokens.astype(np.int64)
    sizes = np.minimum(whole, budget)
    keeps = {f"{share:.0%}": int(np.quantile(whole, share, method="higher")) for share in SHARES}
    total = int(sizes.sum())
    sequences = _packed(sizes, budget)
    shuffled = np.random.default_rng(recipe.split.seed).permutation(sizes)
    return Epoch(
        rows=len(sizes),
        batch=training.batch,
        epochs=training.epochs,
        steps=-(-len(sizes) // training.batch),
        tokens=total,
        trained=int(seen.sum()),
        padded=_padding(shuffled, training.batch),
        by_length=_padding(np.sort(sizes), training.batch),
        packed=1 - total / (sequences * budget),
        sequences=sequences,
        budget=budget,
        price=None if training.price is None else training.price * training.epochs * total / 1e6,
        keeps=keeps,
        sequences_at_99=_packed(whole[whole <= keeps["99%"]], keeps["99%"]),
        uncounted=uncounted,
    )


def _padding(sizes: NDArray[np.int64], batch: int) -> float:
    """The share of padding where each batch is as long as its longest row; the last batch may be smaller."""
    starts = np.arange(0, len(sizes), batch)
    longest = np.maximum.reduceat(sizes, starts)
    computed = int((longest * np.diff(np.append(starts, len(sizes)))).sum())
    return 1 - int(sizes.sum()) / computed


def _packed(sizes: NDArray[np.int64], budget: int) -> int:
    """Sequences of `budget` tokens that hold all rows, none of them cut: the longest first, each where it fits best.

    By lengths instead of rows: rows of one length are placed together, so the time does not grow with them.
    Source: Johnson 1973, "Near-optimal bin packing algorithms", best-fit decreasing.
    """
    counts = np.bincount(sizes, minlength=budget + 1)
    room = np.zeros(budget + 1, np.int64)  # sequences by the room that is left in them
    sequences = 0
    for size in np.flatnonzero(counts)[::-1].tolist():
        left = int(counts[size])
        while left:
            fitting = np.flatnonzero(room[size:])
            if not len(fitting):
                each = budget // size
                full, rest = divmod(left, each)
                room[budget - each * size] += full
                sequences += full + bool(rest)
                if rest:
                    room[budget - rest * size] += 1
                break
            best = size + int(fitting[0])
            placed = min(left, int(room[best]))
            room[best] -= placed
            room[best - size] += placed
            left -= placed
    return sequences
