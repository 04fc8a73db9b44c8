"""The proof of the loss mask, for every row: figures, and what is wrong where it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finesift.chat.conversations import Conversation, conversations, with_silence_said
from finesift.chat.ends import PROBE
from finesift.chat.kinds import Alike, alike, part_of
from finesift.chat.mask import Masked, Masker
from finesift.chat.opaque import LARGEST
from finesift.chat.problem import Problem
from finesift.chat.skeleton import Skeleton, Skeletons, beginning, untraced
from finesift.chat.spans import EVERYTHING, Wanted
from finesift.chat.special_text import special_text
from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import Corpus
from finesift.errors import ModelError, RenderError
from finesift.tables import PROBLEMS, RENDERED, Part

PROOF = pl.Schema(
    {
        "example": pl.UInt32(),
        "part": Part,  # messages; of a preference pair, a row for chosen and one for rejected
        "tokens": pl.UInt32(),  # of the rendered conversation; 0 where the template refuses it
        "trained": pl.UInt32(),  # of them, how many the loss sees
        "answers": pl.UInt32(),  # messages that are trained
        "problems": pl.List(pl.String()),  # names, as in KINDS; empty: proved
    }
)

#: What can be wrong, and how sure that something is: 1 a fact that spoils training, 0.5 a doubt for a person.
KINDS: dict[str, tuple[float, str]] = {
    "cannot_render": (1.0, "the chat template refuses the conversation"),
    "mask_refused": (1.0, "the template hides which text is the answer's"),
    "nothing_trained": (1.0, "no token of the row is trained"),
    "mask_untraced": (0.5, "the mask was found without a trace, by comparing texts"),
    "prompt_differs": (0.5, "the text before the answer is not the prompt that inference sends"),
    "prompt_tokens_differ": (0.5, "the text is the prompt's, the tokens are not"),
    "edge_token": (0.5, "a token stands over the edge of the answer, and is not trained"),
    "no_end": (0.5, "no special token ends the answer"),
    "end_is_no_stop": (0.5, "the token that ends the answer does not end a generation"),
    "stops_early": (0.5, "a token that ends a generation stands within the answer"),
    "lost_answer": (0.5, "the template changes or leaves out the answer's text"),
    "lost_reasoning": (0.5, "the template leaves out the reasoning"),
    "lost_tool_calls": (0.5, "the template leaves out a tool call, or a part of it"),
    "lost_system": (0.5, "the template changes or leaves out what the system says"),
    "lost_user": (0.5, "the template changes or leaves out what the user says"),
    "lost_tool_results": (0.5, "the template changes or leaves out what a tool returned"),
    "lost_tools": (0.5, "the template leaves out the tools that the conversation has"),
    "special_text": (0.5, "the data holds the text of a special token"),
    "decoded_differs": (1.0, "the tokenizer loses a part of the answer"),
    "cut_by_budget": (1.0, "the sequence budget cuts trained tokens off"),
}
#: What a template can lose, by the names that a recipe accepts losses by.
LOSSES = tuple(name.removeprefix("lost_") for name in KINDS if name.startswith("lost_"))

# Conversations that are rendered while those before them are counted.
PARCEL = 8_192


@dataclass(frozen=True)
class Loss:
    """A field that the template itself leaves out. rows: how many lose it; examples: the first of them."""

    name: str
    rows: int
    examples: list[int]


@dataclass(frozen=True)
class Proof:
    """rows: as PROOF. problems: as `tables.PROBLEMS`. errors: why the template refuses, by example.

    kinds: conversations that were compared with a traced one of their kind, by kind; a few of them were traced as well.
    trusted: False where one of these differed from its kind, so that every conversation was traced.
    """

    rows: pl.DataFrame
    problems: pl.DataFrame
    errors: dict[int, str]
    losses: list[Loss]
    kinds: dict[str, int] = field(default_factory=dict)
    trusted: bool = True

    @property
    def by_kind(self) -> int:
        """Conversations proved by their kind; the others were traced one by one."""
        return sum(map(untraced, self.kinds.values()))

    @property
    def proved(self) -> int:
        """Conversations without any problem."""
        return self.rows.filter(pl.col("problems").list.len() == 0).height

    def shares(self, bins: int = 10) -> list[int]:
        """Conversations by trained / tokens, a fraction: in the first tenth, the second, …"""
        share = (
            self.rows.filter(pl.col("tokens") > 0).select(pl.col("trained") / pl.col("tokens")).to_series()
        )
        return [int(rows) for rows in np.histogram(share.to_numpy(), bins=bins, range=(0, 1))[0]]

    def worst(self, rows: int = 5) -> pl.DataFrame:
        """The rows with the most problems; of equals, those with the smallest trained share."""
        share = (pl.col("trained") / pl.col("tokens")).fill_nan(0)
        return (
            self.rows.filter(pl.col("problems").list.len() > 0)
            .sort(pl.col("problems").list.len(), share, "example", descending=[True, False, False])
            .head(rows)
        )

    def counts(self) -> dict[str, int]:
        """Conversations per problem, most first."""
        named = self.rows.select(pl.col("problems").list.explode()).to_series().drop_nulls()
        counted = named.alias("name").value_counts(name="rows")
        return dict(counted.sort("rows", "name", descending=[True, False]).iter_rows())

    def problems_but(self, accepted: Sequence[str]) -> pl.DataFrame:
        """The problems without the losses that are accepted."""
        return self.problems.filter(~pl.col("problem").is_in([f"lost_{name}" for name in accepted]))

    def refuse_losses(self, corpus: Corpus, tokenizer: Tokenizer, accepted: Sequence[str]) -> None:
        """Raises ModelError where the template loses what is not `accepted`."""
        lost = [loss for loss in self.losses if loss.name not in accepted]
        if not lost:
            return
        said = []
        for loss in lost:
            places = corpus.examples.filter(pl.col("example").is_in(loss.examples))
            where = ", ".join(f"{source}:{row}" for source, row in places.select("source", "row").iter_rows())
            said.append(f"{KINDS[f'lost_{loss.name}'][1]} in {loss.rows:,} rows, first {where}")
        names = ", ".join(f'"{name}"' for name in sorted({*accepted, *(loss.name for loss in lost)}))
        raise ModelError(
            f"{tokenizer.name}: {'; '.join(said)}.",
            hint="Use the template of a model that knows these fields, take them out of the data, or accept "
            f"the loss in the recipe:  [model] accept_losses = [{names}]",
        )

    def rendered(self, corpus: Corpus) -> pl.DataFrame:
        """One row per example, as `tables.RENDERED`: of a pair, its longer side and its lesser training."""
        counted = (
            self.rows.filter(~pl.col("problems").list.contains("cannot_render"))
            .group_by("example")
            .agg(pl.col("tokens").max(), pl.col("trained").min())
        )
        errors = pl.DataFrame(
            {"example": list(self.errors), "error": list(self.errors.values())},
            schema={"example": RENDERED["example"], "error": RENDERED["error"]},
        )
        refused = pl.col("error").is_not_null()
        return (
            corpus.examples.select("example")
            .join(counted, on="example", how="left", maintain_order="left")
            .join(errors, on="example", how="left", maintain_order="left")
            .with_columns(pl.when(~refused).then(pl.col("tokens", "trained").fill_null(0)))
            .select(RENDERED.names())
        )


def prove(
    corpus: Corpus,
    tokenizer: Tokenizer,
    wanted: Wanted = EVERYTHING,
    *,
    max_tokens: int | None = None,
    one_by_one: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Proof:
    """Renders every conversation, masks it, and checks the mask against the rule. Keeps figures, not texts.

    max_tokens: the sequence budget; a row beyond it loses its end. one_by_one: trace each conversation. Else
    a kind of conversation is traced once, and rows whose render is that kind's with other texts are proved by
    comparing; some of them are traced as well, and should one differ, all are.
    """
    masker = Masker(tokenizer, wanted)
    prover = _Prover(masker, max_tokens, by_kind=not one_by_one and tokenizer.counts_in_pieces)
    with ThreadPoolExecutor(1) as counter:
        for batch in corpus.batches(rows=4 * PARCEL):
            prover.add(batch, counter)
            if not prover.trusted:
                break
            if progress:
                progress(prover.done, corpus.examples.height)
    if prover.trusted:
        return prover.proof()
    traced = prove(
        corpus,
        tokenizer,
        wanted,
        max_tokens=max_tokens,
        one_by_one=True,
        progress=progress,
    )
    return replace(traced, trusted=False)


@dataclass
class _Short:
    """Conversations of a parcel that are like their kind's skeleton, cut into segments."""

    places: list[int]
    skeletons: list[Skeleton]
    texts: list[str]
    edges: list[tuple[int, str, str]]  # (place, tail, beginning): tokens must not reach over


class _Prover:
    """Figures of the batches so far."""

    def __init__(self, masker: Masker, max_tokens: int | None, *, by_kind: bool) -> None:
        self.masker = masker
        self.tokenizer = masker.tokenizer
        self.max_tokens = max_tokens
        self.skeletons = Skeletons(masker.marks, masker.finder) if by_kind else None
        self.trusted = True
        self.done = 0
        self._clean: dict[tuple[str, str], bool] = {}
        self._frames = [PROOF.to_frame()]
        self._problems = [PROBLEMS.to_frame()]
        self._errors: dict[int, str] = {}
        self._losses: dict[str, list[int]] = {}

    def proof(self) -> Proof:
        problems = pl.concat(self._problems).unique(maintain_order=True)
        losses = [Loss(name, len(rows), rows[:3]) for name, rows in self._losses.items()]
        return Proof(
            pl.concat(self._frames).sort("example", maintain_order=True),
            problems.sort("example", "turn", "problem", nulls_last=True),
            self._errors,
            losses,
            self.skeletons.seen() if self.skeletons else {},
        )

    def add(self, batch: Corpus, counter: ThreadPoolExecutor) -> None:
        special = special_text(batch, self.tokenizer, KINDS["special_text"][0])
        self._problems.append(special)
        flagged = set(special["example"].to_list())
        if self.skeletons is not None:
            kinds, rest = alike(batch, self.skeletons, flagged)
            for kind in kinds:
                self._add_alike(kind, batch, flagged)
        else:
            rest = batch
        waiting: tuple[list[Conversation], _Short, Future[Any]] | None = None
        every = conversations(rest)
        while parcel := list(islice(every, PARCEL)):
            short = self._shorten(parcel, flagged)
            counted = counter.submit(self._count, short)
            if waiting:
                self._collect(*waiting, flagged)
            waiting = parcel, short, counted
        if waiting:
            self._collect(*waiting, flagged)
        self.done += batch.examples.height

    def _add_alike(self, kind: Alike, batch: Corpus, flagged: set[int]) -> None:
        """Conversations of one kind, counted as columns; samples, and what is not as it should be, are traced."""
        clean = np.ones(len(kind.examples), bool)
        for tail, beginnings in kind.edges:
            self._compare_edges({(tail, begun) for begun in beginnings})
            clean &= np.fromiter((self._clean[tail, begun] for begun in beginnings), bool, len(beginnings))
        counts = np.stack([self.tokenizer.count(texts) for texts in kind.segments]).astype(np.int64)
        tokens, skeleton = counts.sum(axis=0), kind.skeleton
        # Segments alternate.
        trained = counts[skeleton.segments[0].trained ^ 1 :: 2].sum(axis=0)
        if self.max_tokens is not None:
            clean &= tokens <= self.max_tokens
        sampled = clean.copy()
        sampled[clean] = skeleton.samples(int(clean.sum()))
        known = {
            int(kind.examples[at]): (int(tokens[at]), int(trained[at]), skeleton.answers, skeleton.names)
            for at in np.flatnonzero(sampled)
        }
        figures = pl.DataFrame({"example": kind.examples, "tokens": tokens, "trained": trained}).filter(
            clean & ~sampled
        )
        self._frames.append(
            figures.select(
                "example",
                pl.lit("messages").alias("part"),
                "tokens",
                "trained",
                pl.lit(skeleton.answers).alias("answers"),
                pl.lit(skeleton.names, PROOF["problems"]).alias("problems"),
            ).cast(PROOF)
        )
        ones = list(conversations(part_of(batch, kind.examples[~clean | sampled])))
        rows = []
        for one, (own, problems) in zip(ones, self._traced(ones, flagged), strict=True):
            if one.example in known and known[one.example] != own:
                self.trusted = False
            self._problems.append(pl.DataFrame(problems, schema=PROBLEMS))
            rows.append((one.example, one.part, *own))
        self._frames.append(pl.DataFrame(rows, schema=PROOF, orient="row"))

    def _shorten(self, parcel: Sequence[Conversation], flagged: set[int]) -> _Short:
        short = _Short([], [], [], [])
        if self.skeletons is None:
            return short
        for place, one in enumerate(parcel):
            if one.example in flagged or (skeleton := self.skeletons.of(one)) is None:
                continue
            if (texts := self._filled(one, skeleton)) is None:
                continue
            edges = [(place, tail, beginning(texts[number])) for number, tail in skeleton.tails]
            if any(not begun for _, _, begun in edges):
                continue
            short.places.append(place)
            short.skeletons.append(skeleton)
            short.texts += texts
            short.edges += edges
        return short

    def _filled(self, one: Conversation, skeleton: Skeleton) -> list[str] | None:
        """The skeleton with the texts of a conversation, if that is what the template makes of it."""
        finder = self.masker.finder(None)
        contents = [message["content"] for message in one.messages]
        how = finder.template.writes
        # What never looks at a text writes any as it wrote the words that the skeleton was found with.
        if how and sum(map(len, contents)) < LARGEST:
            return skeleton.fill(contents if how == "plain" else [content.strip() for content in contents])
        try:
            text = finder.template.render(one.messages, **finder.settings)
        except RenderError:
            return None
        texts = skeleton.fill(contents)
        if "".join(texts) != text:
            texts = skeleton.fill([content.strip() for content in contents])
        return texts if "".join(texts) == text else None

    def _count(self, short: _Short) -> tuple[NDArray[np.uint32], set[int]]:
        """Tokens of each segment, and the places where a token reaches over an edge."""
        self._compare_edges({(tail, begun) for _, tail, begun in short.edges})
        unclean = {place for place, tail, begun in short.edges if not self._clean[tail, begun]}
        return self.tokenizer.count(short.texts), unclean

    def _compare_edges(self, edges: set[tuple[str, str]]) -> None:
        """Notes of a tail and what begins behind it whether no token reaches over."""
        new = list(edges - self._clean.keys())
        whole = self.tokenizer.encode([tail + begun for tail, begun in new])
        tails = self.tokenizer.encode([tail for tail, _ in new])
        begins = self.tokenizer.encode([begun for _, begun in new])
        for pair, ids, first, second in zip(new, whole, tails, begins, strict=True):
            self._clean[pair] = ids == first + second

    def _collect(
        self,
        parcel: list[Conversation],
        short: _Short,
        counted: Future[tuple[NDArray[np.uint32], set[int]]],
        flagged: set[int],
    ) -> None:
        counts, unclean = counted.result()
        figures: list[tuple[int, int, int, list[str]] | None] = [None] * len(parcel)
        problems: list[dict[str, Any]] = []
        sampled = set()
        at = 0
        sizes = counts.tolist()
        for place, skeleton in zip(short.places, short.skeletons, strict=True):
            own = sizes[at : at + len(skeleton.segments)]
            at += len(skeleton.segments)
            tokens = sum(own)
            if place in unclean or (self.max_tokens is not None and tokens > self.max_tokens):
                continue
            # Segments alternate.
            trained = sum(own[skeleton.segments[0].trained ^ 1 :: 2])
            figures[place] = tokens, trained, skeleton.answers, skeleton.names
            if skeleton.is_sampled():
                sampled.add(place)
            else:
                problems += _as_problems(parcel[place], skeleton.problems)
        traced = [place for place, known in enumerate(figures) if known is None or place in sampled]
        for place, (own_figures, own_problems) in zip(
            traced, self._traced([parcel[place] for place in traced], flagged), strict=True
        ):
            if place in sampled and figures[place] != own_figures:
                self.trusted = False
            figures[place] = own_figures
            problems += own_problems
        self._problems.append(pl.DataFrame(problems, schema=PROBLEMS))
        rows = [
            (one.example, one.part, *known)
            for one, known in zip(parcel, figures, strict=True)
            if known is not None
        ]
        self._frames.append(pl.DataFrame(rows, schema=PROOF, orient="row"))

    def _traced(
        self, ones: Iterable[Conversation], flagged: set[int]
    ) -> Iterator[tuple[tuple[int, int, int, list[str]], list[dict[str, Any]]]]:
        for parcel in _parcels(self.masker.mask(ones)):
            faults = _decoded(parcel, self.tokenizer)
            for number, one in enumerate(parcel):
                own = [*one.problems, *_budget(one, self.max_tokens), *faults.get(number, ())]
                example = one.conversation.example
                names = {problem.name for problem in own}
                if example in flagged:
                    names.add("special_text")
                for problem in own:
                    if problem.name == "cannot_render":
                        self._errors[example] = problem.message
                    elif loss := self._loss(one, problem):
                        rows = self._losses.setdefault(loss, [])
                        if not rows or rows[-1] != example:
                            rows.append(example)
                figures = len(one.ids), int(one.trained.sum()), len(one.spans.spans), sorted(names)
                yield figures, _as_problems(one.conversation, own)

    def _loss(self, one: Masked, problem: Problem) -> str | None:
        """The name of the loss, if it is the template's doing: it would lose any other text there as well."""
        name = problem.name.removeprefix("lost_")
        if name not in LOSSES or name in ("reasoning", "tool_calls", "tools") or problem.turn is None:
            return name if name in LOSSES else None
        said = one.conversation.messages
        probe = [*said]
        probe[problem.turn] = {**said[problem.turn], "content": PROBE}
        finder = self.masker.finder(one.conversation.tools)
        for messages in (probe, with_silence_said(probe)):
            try:
                text = finder.template.render(messages, tools=one.conversation.tools, **finder.settings)
            except RenderError:
                continue
            return None if PROBE in text else name
        return None


def _parcels(masked: Iterator[Masked], size: int = 256) -> Iterator[list[Masked]]:
    while parcel := list(islice(masked, size)):
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
            faults[number] = [Problem("decoded_differs", None, KINDS["decoded_differs"][1])]
    return faults


def _budget(one: Masked, max_tokens: int | None) -> Iterator[Problem]:
    if max_tokens is not None and one.trained[max_tokens:].any():
        cut = int(one.trained[max_tokens:].sum())
        yield Problem("cut_by_budget", None, f"a budget of {max_tokens} cuts off {cut} trained tokens")


def _as_problems(one: Conversation, problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [
        {
            "example": one.example,
            "turn": None if problem.turn is None else one.turns[problem.turn],
            "problem": problem.name,
            "score": KINDS[problem.name][0],
            "message": problem.message,
        }
        for problem in problems
    ]
