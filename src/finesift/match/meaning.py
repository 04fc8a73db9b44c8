"""Rows that ask the same in other words, and are answered alike or not: proposed fast, confirmed, guarded.

    proposed    prompts whose static vectors are near, or that have the very same answer and vectors not far apart
    guarded     pairs that differ in a number, a unit, a "not", a name, code, or what fills a template, are no pairs;
                only those are looked at that are near enough to be given, or that the model will be asked about
    confirmed   the cosine of a sentence model's vectors, for so many texts as the budget allows, the nearest first

What was not compared is counted, never left unsaid.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from finesift.corpus import Corpus
from finesift.embed.encoder import Encoder
from finesift.embed.neighbours import EXACT, Stored, pairs
from finesift.embed.static import Static
from finesift.ids import content_id
from finesift.match.apart import apart, said
from finesift.match.kernels import processors
from finesift.tables import ALIKE
from finesift.views import ends_example, is_answer, is_instruction, normal, text

# Static similarity from which prompts are proposed, and where their answers are the very same; neighbours of each, and
# proposals in all, the nearest: beyond, no budget would reach.
PROPOSED, PROPOSED_ANSWERED, NEIGHBOURS, PROPOSALS = 0.6, 0.45, 8, 50_000
# Of many prompts those so near are looked for first: mostly they have more texts than the budget, unless that is
# so large. Pairs that the guard looks at together.
NEAREST, AMPLE, GUARDED = 0.85, 2_000, 1_024
# An answer that more prompts share ("Yes.") says nothing of them; nor does one of fewer letters.
AGREED, TELLING = 30, 20
# Characters of a prompt, and of an answer, that are looked at, words that it has at least, and the share of its letters
# that are Latin: the packaged encoders know English.
LONGEST, ANSWER, LEAST_WORDS, LATIN = 2_000, 1_000, 3, 0.7
# Pairs that are as near in their words, as a whole, in prompt and answer, are known already.
WORDS_ALIKE = 0.5
# Rows of one prompt that are compared with those of another.
EACH = 3
# Cosines at which odds are even, and how steeply they change: of the sentence model, and of static vectors alone, which
# have to be surer; and where both prompts have the very same answer. Chosen on the development half of
# benchmarks/paraphrase_cases.py, and on Alpaca's nearest.
EVEN, EVEN_ANSWERED, STEEP = 0.80, 0.70, 25.0
EVEN_STATIC, EVEN_STATIC_ANSWERED, STEEP_STATIC = 0.93, 0.65, 40.0
# Scores below this are not given.
LEAST_SCORE = 0.3
# Words in a row that stand for others in the same frame, and how near these must be to say the same.
FILLING, FRAME, SAME_FILLING = 3, 0.5, 0.6
_STOP = frozenset(
    re.findall(
        r"\w+",
        """a an the and or of to in on at by for from with as is are was were be been do does did done can could will
        would shall should may might must i me my we us our you your it its this that these those there here please
        thank thanks kindly what which how give show tell provide write make create list name state explain describe
        define compute calculate find get generate some any one help want need like let know have has had so just also
        following""",
    )
)


@dataclass(frozen=True)
class Compared:
    """What was compared by meaning, and what was not. Prompts are counted once, rows as they are.

    without: rows that have no prompt, or one of fewer than three words. carried: rows with pictures or other files,
    whose questions words alone do not tell apart. long: prompts beyond 256 tokens, compared by
    nothing here. foreign: prompts mostly not in Latin letters. confirmed: pairs that a sentence model measured; left:
    likely pairs that it did not, for the budget or for want of a model. model: its name.
    """

    prompts: int = 0
    without: int = 0
    carried: int = 0
    long: int = 0
    foreign: int = 0
    proposed: int = 0
    confirmed: int = 0
    left: int = 0
    model: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Prompts:
    """Distinct prompts that can be compared: number, text, example (the first that has it); and their vectors."""

    frame: pl.DataFrame
    vectors: Stored


def alike(
    corpus: Corpus,
    encoder: Encoder | None,
    *,
    budget: int = 100,
    tell: Callable[[int, int], None] | None = None,
) -> tuple[pl.DataFrame, Compared, Prompts]:
    """Pairs of rows that ask the same, by the frame ALIKE, what was compared, and the prompts with their vectors.

    encoder: confirms; at most `budget` texts are asked of it. Of rows the same to the letter only the first is
    compared, and pairs that are near in their words already (`corpus.near`) are left to the checks of words.
    """
    static = Static()
    rows, carried = rows_of(corpus)
    prompts, vectors, counted = _prompts(rows, static)
    counted["carried"] = carried
    asked = Prompts(prompts, vectors)
    return *pairs_of(rows, asked, corpus.near, counted, static, encoder, budget=budget, tell=tell), asked


def pairs_of(
    rows: pl.DataFrame,
    asked: Prompts,
    words: pl.DataFrame,
    counted: dict[str, int],
    static: Static,
    encoder: Encoder | None,
    *,
    budget: int,
    tell: Callable[[int, int], None] | None = None,
) -> tuple[pl.DataFrame, Compared]:
    """`alike` from the rows of `rows_of` and their prompts. words: the frame NEAR. counted: what was left out.

    Of texts only those of pairs are looked at: rows may lie in files that are mapped into memory.
    """
    prompts, vectors = asked.frame, asked.vectors
    budget = budget if encoder is not None else 0
    many = len(vectors) > EXACT and budget < AMPLE
    for least in (NEAREST, PROPOSED)[not many :]:
        near = _expanded(_proposed(rows, prompts, vectors, least), rows, prompts, words)
        near, rest = _guarded(near, prompts, static, budget)
        if _texts(near) >= budget:
            break
    found, confirmed = _confirmed(near, prompts, encoder, budget, tell)
    found = _answered(_scored(found).filter(pl.col("score") >= LEAST_SCORE), rows, static)
    common = (prompts["common"].gather(found["a"]) + prompts["common"].gather(found["b"])) / 2
    compared = Compared(
        **counted,
        proposed=near.height + rest,
        confirmed=confirmed,
        left=near.height - confirmed + rest,
        model=encoder.name if encoder is not None and budget else None,
    )
    return found.with_columns(common=common).select(ALIKE.names()).cast(ALIKE).sort(
        "example", "other"
    ), compared


def rows_of(corpus: Corpus) -> tuple[pl.DataFrame, int]:
    """example, order (of content), prompt, asked and told (hashes of prompt and answer), answer, telling (whether that
    is long enough to say something of the prompt); one of equal rows.

    And how many rows are left out for what they carry beside text.
    """
    carrying = corpus.turns.filter(pl.col("media").is_not_null())["example"].unique()
    carried = pl.col("example").is_in(carrying.implode())
    first = corpus.examples.filter(content_id().is_first_distinct() & ~carried).select(
        "example", order=content_id()
    )
    last = (pl.col("part") != "messages") | (ends_example & is_answer)
    turns = (
        corpus.turns.lazy()
        .filter(~is_instruction)
        .select("example", text=text, said=normal().hash(), last=last)
    )
    pieces = turns.join(first.lazy(), on="example", how="semi", maintain_order="left")
    # Where a message stands counts, so that the same in another order is another.
    said_ = (pl.col("said") * (2 * pl.int_range(pl.len(), dtype=pl.UInt64) + 1)).sum()
    sides = [
        pieces.filter(side).group_by("example", maintain_order=True)
        .agg(pl.col("text").str.join("\n").alias(name), said_.alias(key))
        for side, name, key in ((~pl.col("last"), "prompt", "asked"), (pl.col("last"), "answer", "told"))
    ]  # fmt: skip
    rows = (
        first.lazy()
        .join(sides[0], on="example", how="left", maintain_order="left")
        .join(sides[1], on="example", how="left", maintain_order="left")
        .with_columns(pl.col("prompt", "answer").fill_null(""), pl.col("asked").fill_null(0))
        .with_columns(telling=pl.col("answer").str.len_chars() >= TELLING)
        .collect()
    )
    return rows, len(carrying)


def _prompts(rows: pl.DataFrame, static: Static) -> tuple[pl.DataFrame, Stored, dict[str, int]]:
    """Distinct prompts that can be compared, number, asked, text and example; their vectors; what was left out."""
    judged = judge(rows.sort("order").unique("asked", keep="first", maintain_order=True))
    kept = judged.filter(pl.col("spoken") & pl.col("latin") & pl.col("short"))
    tokens = static.tokens(kept["text"].to_list())
    weights = static.rarity(tokens)
    vectors, common = static.weighed(tokens, weights), static.common(tokens, weights)
    whole = ~tokens.long
    silent = judged.filter(~pl.col("spoken"))
    counted = {
        "prompts": int(whole.sum()),
        "without": rows.join(silent, on="asked", how="semi").height,
        "foreign": judged.filter(pl.col("spoken") & ~pl.col("latin")).height,
        "long": judged.filter(pl.col("spoken") & pl.col("latin") & ~pl.col("short")).height + int(tokens.long.sum()),
    }  # fmt: skip
    chosen = (
        kept.with_columns(common=pl.Series(common))
        .filter(pl.Series(whole))
        .select("asked", "text", "example", "common")
        .with_row_index("number")
    )
    return chosen, vectors[whole], counted


def judge(rows: pl.DataFrame) -> pl.DataFrame:
    """asked, example, text; whether it says anything, mostly in Latin letters, and is short enough to be compared."""
    said_ = pl.col("prompt")
    # Of text in ASCII all letters are Latin, so only the rest pays for the count.
    beyond = pl.when(said_.str.len_bytes() != said_.str.len_chars()).then(said_)
    letters, latin = (beyond.str.count_matches(kind).fill_null(0) for kind in (r"\p{L}", r"\p{Latin}"))
    return rows.select(
        "asked", "example", text="prompt",
        spoken=said_.str.slice(0, 200).str.count_matches(r"\w+") >= LEAST_WORDS,
        latin=latin >= LATIN * letters, short=said_.str.len_chars() <= LONGEST,
    )  # fmt: skip


def _proposed(rows: pl.DataFrame, prompts: pl.DataFrame, vectors: Stored, least: float) -> pl.DataFrame:
    """number, other and prompt, the static similarity: numbers of prompts, number < other."""
    # Prompts are in the order of their content, so any is as good as another: every so manieth is spread evenly.
    order = np.random.default_rng(17).permutation(len(vectors))
    left, right, similarity = pairs(vectors, k=NEIGHBOURS, least=least, order=order, threads=processors())
    nearest = np.argsort(-similarity, kind="stable")[:PROPOSALS]
    frames = [
        pl.DataFrame({"number": left, "other": right, "prompt": similarity}).select(pl.all().gather(nearest))
    ]
    answered = (
        rows.filter("telling")
        .join(prompts.select("asked", "number"), on="asked")
        .unique(["told", "number"])
        .filter(pl.len().over("told").is_between(2, AGREED))
        .select("told", pl.col("number").cast(pl.Int64))
    )
    both = answered.join(answered, on="told", suffix="_other").filter(
        pl.col("number") < pl.col("number_other")
    )
    a, b = both["number"].to_numpy(), both["number_other"].to_numpy()
    near = np.concatenate(
        [np.empty(0, np.float32)]
        + [
            np.einsum("ij,ij->i", vectors[a[at : at + 4096]], vectors[b[at : at + 4096]], dtype=np.float32)
            for at in range(0, len(a), 4096)
        ]
    )
    enough = near >= PROPOSED_ANSWERED
    frames.append(pl.DataFrame({"number": a[enough], "other": b[enough], "prompt": near[enough]}))
    return pl.concat(frames).unique(["number", "other"]).sort("number", "other").cast({"prompt": pl.Float32})


def _guarded(
    near: pl.DataFrame, prompts: pl.DataFrame, static: Static, budget: int
) -> tuple[pl.DataFrame, int]:
    """The pairs whose prompts differ in nothing that the guard looks at, and how many it did not look at.

    It looks at those that are given without a model, and at the nearest of the others until they have `budget` texts.
    """
    near = near.sort("same", "prompt", "example", "other", descending=[True, True, False, False])
    given = near.select(pl.col("same") | (_static_score() >= LEAST_SCORE)).to_series()
    kept, rest = _kept(near.filter(given), prompts, static), near.filter(~given)
    looked = 0
    while looked < rest.height and _texts(kept) < budget:
        kept.vstack(_kept(rest.slice(looked, GUARDED), prompts, static), in_place=True)
        looked += GUARDED
    return kept, max(0, rest.height - looked)


def _kept(near: pl.DataFrame, prompts: pl.DataFrame, static: Static) -> pl.DataFrame:
    """The pairs of rows of which the prompts say the same, as far as the guard sees."""
    texts = prompts.select(pl.col("number").cast(pl.Int64).alias("a"), "text")
    both = near.select("a", "b").unique(maintain_order=True)
    said_ = _filled(_same_said(both, texts, "a", "b"), prompts, static)
    return near.join(said_, on=["a", "b"], how="semi", maintain_order="left")


def _texts(near: pl.DataFrame) -> int:
    return pl.concat([near["a"], near["b"]]).n_unique()


def _same_said(near: pl.DataFrame, texts: pl.DataFrame, key: str, other: str) -> pl.DataFrame:
    """`near` without pairs that say different things. texts: the key and text of each."""
    wanted = pl.concat([near[key], near[other].rename(key)]).unique()
    said_ = (
        texts.lazy()
        .join(wanted.to_frame().lazy(), on=key, how="semi")
        .select(key, **said(pl.col("text")))
        .collect()
    )
    parts = [near.clear()]
    for at in range(0, near.height, 65_536):
        some = near.slice(at, 65_536)
        both = some.join(said_, on=key, how="left", maintain_order="left").join(
            said_, left_on=other, right_on=key, how="left", suffix=" of other", maintain_order="left"
        )
        parts.append(some.filter(both.select(apart().is_null()).to_series()))
    return pl.concat(parts)


def _filled(near: pl.DataFrame, prompts: pl.DataFrame, static: Static) -> pl.DataFrame:
    """The pairs that are not one frame with something else in it: "Describe a cat", "Describe a dog"."""
    numbers = pl.concat([near["a"], near["b"]]).unique().sort()
    texts = prompts["text"].gather(numbers)
    words = dict(
        zip(
            numbers.to_list(),
            texts.str.to_lowercase().str.extract_all(r"[\p{L}\p{M}\p{N}_]+").to_list(),
            strict=True,
        )
    )
    places, here, there = [], [], []
    for place, (a, b) in enumerate(near.select("a", "b").iter_rows()):
        if filling := _fillings(words[a], words[b]):
            places.append(place)
            here.append(filling[0])
            there.append(filling[1])
    if not places:
        return near
    distinct = list(dict.fromkeys([*here, *there]))
    number = {one: n for n, one in enumerate(distinct)}
    vectors = static.encode(distinct)
    alike_ = np.einsum(
        "ij,ij->i", vectors[[number[one] for one in here]], vectors[[number[one] for one in there]]
    )
    kept = np.ones(near.height, bool)
    kept[np.array(places)[alike_ < SAME_FILLING]] = False
    return near.filter(pl.Series(kept))


def _fillings(here: list[str], there: list[str]) -> tuple[str, str] | None:
    """What stands in the same place of the same frame in either; None: it is no such pair."""
    shorter = min(len(here), len(there))
    start = 0
    while start < shorter and here[start] == there[start]:
        start += 1
    end = 0
    while end < shorter - start and here[-1 - end] == there[-1 - end]:
        end += 1
    a, b = here[start : len(here) - end], there[start : len(there) - end]
    if max(len(a), len(b)) > FILLING or start + end < FRAME * max(len(here), len(there)):
        return None
    a, b = ([word for word in side if word not in _STOP] for side in (a, b))
    return (" ".join(a), " ".join(b)) if a and b else None


def _expanded(
    near: pl.DataFrame, rows: pl.DataFrame, prompts: pl.DataFrame, words: pl.DataFrame
) -> pl.DataFrame:
    """Pairs of rows for pairs of prompts: a, b (numbers of the prompts), example < other, prompt, and same, whether
    both have the very same answer. words: the frame NEAR; what it calls alike is left to the checks of words."""
    agreed = rows.group_by("told").agg(agree=pl.col("asked").n_unique())
    members = (
        rows.join(agreed, on="told", how="left")
        .sort("order")
        .join(prompts.select("asked", pl.col("number").cast(pl.Int64)), on="asked", maintain_order="left")
        .filter(pl.int_range(pl.len()).over("number") < EACH)
        .select("number", "example", "told", telling=pl.col("telling") & (pl.col("agree") <= AGREED))
    )
    both = (
        near.rename({"number": "a", "other": "b"})
        .join(members.rename({"number": "a"}), on="a")
        .join(members.rename({"number": "b"}), on="b", suffix="_b")
        .select(
            "a", "b", "prompt",
            example=pl.min_horizontal("example", "example_b"), other=pl.max_horizontal("example", "example_b"),
            same=(pl.col("told") == pl.col("told_b")).fill_null(False) & pl.col("telling"),
        )
    )  # fmt: skip
    known = words.filter(pl.min_horizontal("whole", "prompt", "answer") >= WORDS_ALIKE)
    return both.join(known, on=["example", "other"], how="anti").sort("example", "other")


def _confirmed(
    near: pl.DataFrame,
    prompts: pl.DataFrame,
    encoder: Encoder | None,
    budget: int,
    tell: Callable[[int, int], None] | None,
) -> tuple[pl.DataFrame, int]:
    """`near`, the likeliest first, with sentence, the cosine of the encoder's vectors, as far as the budget goes; and
    for how many."""
    near = near.sort("same", "prompt", "example", "other", descending=[True, True, False, False])
    none = pl.lit(None, pl.Float32)
    if encoder is None or not budget or not near.height:
        return near.with_columns(sentence=none), 0
    numbers = near.select(pl.concat_list("a", "b").alias("n")).explode("n").with_row_index("place")
    fresh = numbers.with_columns(texts=pl.col("n").is_first_distinct().cum_sum()).filter(
        pl.col("texts") <= budget
    )
    # Two numbers a pair: those of the first so many pairs are within the budget.
    first = fresh.height // 2
    asked = near.head(first)
    wanted = pl.concat([asked["a"], asked["b"]]).unique().sort()
    texts = prompts["text"].gather(wanted).to_list()
    vectors = [np.empty((0, 1), np.float32)]
    for at in range(0, len(texts), 256):
        vectors.append(encoder.encode(texts[at : at + 256]))
        if tell:
            tell(min(at + 256, len(texts)), len(texts))
    found = np.concatenate(vectors[1:]) if texts else vectors[0]
    a, b = (np.searchsorted(wanted.to_numpy(), asked[side].to_numpy()) for side in ("a", "b"))
    cosines = pl.Series(np.einsum("ij,ij->i", found[a], found[b]), dtype=pl.Float32)
    sentence = cosines.extend_constant(None, near.height - first)
    return near.with_columns(sentence=sentence), first


def _scored(near: pl.DataFrame) -> pl.DataFrame:
    """With score: how likely the prompts ask the same, 0 to 1."""
    by_sentence = STEEP * (pl.col("sentence") - pl.when("same").then(EVEN_ANSWERED).otherwise(EVEN))
    return near.with_columns(score=pl.coalesce(_sigmoid(by_sentence), _static_score()))


def _static_score() -> pl.Expr:
    """The same without a sentence model."""
    even = pl.when("same").then(EVEN_STATIC_ANSWERED).otherwise(EVEN_STATIC)
    return _sigmoid(STEEP_STATIC * (pl.col("prompt") - even))


def _sigmoid(logit: pl.Expr) -> pl.Expr:
    return 1 / (1 + (-logit).exp())


def _answered(near: pl.DataFrame, rows: pl.DataFrame, static: Static) -> pl.DataFrame:
    """With answer: how alike the answers are, 0 to 1; 1: to the letter but for case and signs."""
    wanted = pl.concat([near["example"], near["other"]]).unique().sort()
    texts = (
        rows.select("example", text=pl.col("answer").str.slice(0, ANSWER))
        .join(wanted.to_frame("example"), on="example", how="semi")
        .sort("example")
    )
    vectors = static.encode(texts["text"].to_list())
    places = texts["example"].to_numpy()
    a, b = (np.searchsorted(places, near[side].to_numpy()) for side in ("example", "other"))
    likeness = np.einsum("ij,ij->i", vectors[a], vectors[b]) if near.height else np.empty(0, np.float32)
    agree = _same_said(near.select("example", "other"), texts, "example", "other").with_columns(
        agree=pl.lit(True)
    )
    return (
        near.with_columns(likeness=pl.Series(likeness, dtype=pl.Float32))
        .join(agree, on=["example", "other"], how="left", maintain_order="left")
        .with_columns(
            answer=pl.when("same")
            .then(1.0)
            .when(pl.col("agree").fill_null(False))
            .then(pl.col("likeness").clip(0, 1))
            .otherwise(pl.col("likeness").clip(0, 1) / 2)
        )
    )
