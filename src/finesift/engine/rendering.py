"""Chat template and loss masks over shards: each is rendered and proved for itself, the figures are added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import polars as pl

from finesift.corpus import Corpus
from finesift.engine.copies import ids_of
from finesift.engine.exchange import got
from finesift.engine.work import Job, Shard, corpus_of, put_corpus
from finesift.errors import ModelError
from finesift.inputs import tokenizer_of, wanted_of
from finesift.report.summary import Masks, Worst
from finesift.tables import EXAMPLES

if TYPE_CHECKING:
    from finesift.chat.tokenizer import Tokenizer

#: The stage that says which tokenizer is used, and in which form calls are handed to the template.
MODEL = "model"
# Rows with the most problems that are named, see `chat.proof.Proof.worst`.
_WORST = 5
_SHOWN = pl.Schema(
    {
        "id": pl.String,
        "example": pl.UInt32,
        "one": pl.Boolean,
        "far": pl.Int64,
        "calls": pl.Boolean,
        "faulty": pl.Boolean,
    }
)


def model_of(job: Job, read: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The tokenizer, as the manifest names it. read: of each file, what `read_file` returned."""
    from finesift.chat.forms import form_of

    tokenizer = tokenizer_of(job.recipe)
    model = {"name": tokenizer.name, "sha256": tokenizer.hash}
    if any(file["calls"] for file in read):
        form = form_of(tokenizer.template_for(True))
        model |= {} if form is None else {"arguments": form}
    return model


_idle: dict[tuple[Path, str | None, str | None], list[Tokenizer]] = {}
_lock = Lock()


@contextmanager
def borrowed(job: Job) -> Iterator[Tokenizer]:
    """The recipe's tokenizer, for one thread at a time: it counts with memory of its own. Loaded ones are kept for the
    next task of the same job."""
    key = job.folder, job.recipe.model.tokenizer, job.recipe.model.template
    with _lock:
        for other in _idle.keys() - {key}:
            del _idle[other]
        known = _idle.setdefault(key, [])
        tokenizer = known.pop() if known else None
    tokenizer = tokenizer or tokenizer_of(job.recipe)
    yield tokenizer
    with _lock:
        _idle.setdefault(key, []).append(tokenizer)


def _form(job: Job, tokenizer: Tokenizer) -> Any:
    """The form of calls. Raises ModelError where this machine has another tokenizer than the driver."""
    model = orjson.loads(job.path("done", f"{MODEL}.json").read_bytes())
    if tokenizer.hash != model["sha256"]:
        raise ModelError(
            f"{tokenizer.name} is not the same on all machines, or was changed while the run was made.",
            hint="Put the same files on every node, or name a folder that all of them share.",
        )
    return model.get("arguments")


def render(job: Job, number: int, *, one_by_one: bool = False) -> dict[str, Any]:
    """Renders and proves a shard; returns its figures. one_by_one: see `chat.proof.prove`."""
    with borrowed(job) as tokenizer:
        return _rendered(job, job.shards[number], tokenizer, one_by_one=one_by_one)


def _rendered(job: Job, shard: Shard, tokenizer: Tokenizer, *, one_by_one: bool) -> dict[str, Any]:
    from finesift.chat.forms import formed
    from finesift.chat.proof import prove

    corpus = corpus_of(job, shard)
    form = _form(job, tokenizer)
    if form is not None:
        # What is in that form already stays as it is, so it does no harm to do it again.
        corpus = formed(corpus, form)
        put_corpus(job, shard, corpus, "examples", "turns")
    proof = prove(corpus, tokenizer, wanted_of(job.recipe), one_by_one=one_by_one)
    rendered = proof.rendered(corpus)
    folder = job.path("shards", shard.number)
    job.save(proof.problems_but(job.recipe.model.accept_losses), folder, "problems.arrow")
    for name in ("tokens", "trained"):
        job.put(rendered[name].fill_null(0).to_numpy(), folder, f"{name}.npy")
    # This one last: where it is, the others are.
    job.save(rendered, folder, "rendered.arrow")
    places = corpus.examples.select("example", "source", "row")
    worst = proof.worst(_WORST).join(places, on="example", maintain_order="left")
    return {
        "conversations": proof.rows.height,
        "proved": proof.proved,
        "kinds": proof.kinds,
        "trusted": proof.trusted,
        "tokens": int(proof.rows["tokens"].sum()),
        "trained": int(proof.rows["trained"].sum()),
        "shares": proof.shares(),
        "problems": proof.counts(),
        "losses": [
            [
                loss.name,
                loss.rows,
                places.filter(pl.col("example").is_in(loss.examples)).rows(),
            ]
            for loss in proof.losses
        ],
        "worst": worst.select("example", "source", "row", "tokens", "trained", "problems").rows(),
    }


def refuse_losses(job: Job, told: list[dict[str, Any]]) -> None:
    """Raises ModelError where the template loses what the recipe does not accept, as in memory."""
    from finesift.chat.proof import PROOF, Loss, Proof

    rows: Counter[str] = Counter()
    places: dict[str, list[list[Any]]] = {}
    for one in told:
        for name, count, first in one["losses"]:
            rows[name] += count
            places[name] = [*places.get(name, []), *first][:3]
    named = {example: (example, source, row) for rows_ in places.values() for example, source, row in rows_}
    examples = pl.DataFrame(
        [named[example] for example in sorted(named)],
        schema={name: EXAMPLES[name] for name in ("example", "source", "row")},
        orient="row",
    )
    losses = [Loss(name, rows[name], [row[0] for row in places[name]]) for name in rows]
    proof = Proof(PROOF.to_frame(), pl.DataFrame(), {}, losses)
    empty = Corpus.of([])
    # Only the places of rows are looked at.
    corpus = Corpus(examples, empty.turns, empty.originals, empty.unreadable)
    proof.refuse_losses(corpus, tokenizer_of(job.recipe), job.recipe.model.accept_losses)


def masks_from(job: Job, told: list[dict[str, Any]]) -> Masks:
    """`report.summary.masks_of`, added up. told: of each shard, what `render` returned."""
    from finesift.chat.skeleton import untraced

    kinds: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    for one in told:
        kinds.update(one["kinds"])
        problems.update(one["problems"])
    worst = sorted(
        (row for one in told for row in one["worst"]),
        key=lambda row: (-len(row[5]), row[4] / row[3] if row[3] else 0.0, row[0]),
    )[:_WORST]
    ids = ids_of(job, np.array([row[0] for row in worst], np.int64))
    return Masks(
        conversations=sum(one["conversations"] for one in told),
        proved=sum(one["proved"] for one in told),
        by_kind=sum(map(untraced, kinds.values())),
        tokens=sum(one["tokens"] for one in told),
        trained=sum(one["trained"] for one in told),
        shares=[sum(shares) for shares in zip(*(one["shares"] for one in told), strict=True)],
        problems=dict(sorted(problems.items(), key=lambda item: (-item[1], item[0]))),
        worst=[
            Worst(f"{source}:{row}", id_, tokens, trained, names)
            for id_, (_, source, row, tokens, trained, names) in zip(ids, worst, strict=True)
        ],
    )


def put_candidates(
    job: Job, shard: Shard, corpus: Corpus, findings: pl.DataFrame, fates: pl.DataFrame
) -> None:
    """Writes which rows of a shard may be shown in the report as the model reads them."""
    from finesift.report.rendered import candidates

    faulty = job.load("worst.arrow")["id"].to_list()
    proved, with_problems = candidates(corpus, findings, fates, faulty)
    both = [
        proved.with_columns(faulty=pl.lit(False)).select(_SHOWN.names()).cast(_SHOWN),
        with_problems.with_columns(one=None, far=None, calls=None, faulty=True)
        .select(_SHOWN.names())
        .cast(_SHOWN),
    ]
    job.save(pl.concat(both), "shards", shard.number, "shown.arrow")


def candidates_of(job: Job) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`report.rendered.candidates`, of all shards."""
    from finesift.report.rendered import best

    every = pl.concat([job.load("shards", shard.number, "shown.arrow") for shard in job.shards])
    return best(every.filter(~pl.col("faulty"))), every.filter("faulty").select("id", "example")


def views_of(job: Job, masks: Masks) -> pl.DataFrame:
    """Rows as the model reads them, for the report; those that are wanted have been given."""
    from finesift.report.rendered import shown

    proved, with_problems = candidates_of(job)
    faulty = [worst.id for worst in masks.worst if worst.tokens]
    corpus = got(job, "views", 0)
    with borrowed(job) as tokenizer:
        return shown(corpus, proved, with_problems, faulty, tokenizer, wanted_of(job.recipe))
