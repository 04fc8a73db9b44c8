"""Generation for a run: what it has, what it must not be like, and which of its rows may be shown to a model."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl
import xxhash

from finesift.corpus import Corpus
from finesift.cover.cover import Coverage
from finesift.cover.of_run import cover_run
from finesift.cover.plan import Plan
from finesift.embed.encoder import Embed
from finesift.errors import UsageError
from finesift.generate.accept import Judge
from finesift.generate.blind import blind_spots
from finesift.generate.client import Chat
from finesift.generate.journal import Journal
from finesift.generate.loop import Asked, Generated, Generation, Tell, write
from finesift.generate.tasks import hash_of, prompt, tasks, template
from finesift.generate.ways import FROM_ROWS, prompt_of, sources
from finesift.leaks import held_out
from finesift.recipe import Recipe
from finesift.run import MANIFEST, Run, sha256
from finesift.views import is_synthetic

#: Seeds of one behaviour: the surest of its clean rows.
SEEDS = 40


def generate_for(
    run: Run,
    plan: Plan,
    chat: Chat,
    embed: Embed,
    out: Path,
    asked: Asked,
    *,
    prompts: Path | None = None,
    tell: Tell | None = None,
) -> Generated:
    """Fills the gaps of a run's training rows, and writes what came to `out`; begun again there, it goes on.

    Raises UsageError where nothing is missing or the folder is another's, ModelError where the model cannot be asked.
    """
    covered = _missing(run, plan, embed)
    texts = _texts(plan, asked, prompts)
    hashes = " ".join(hash_of(text) for text in texts.values())
    signature = f"{sha256(run.path / MANIFEST)} {hash_of(plan.to_toml())} {chat.model} {hashes} {asked.seed}"
    if out.exists() and any(out.iterdir()) and not (out / "journal.jsonl").is_file():
        raise UsageError(f"{out} is not empty, and no generation.", hint="Choose another folder with -o.")
    journal = Journal(out / "journal.jsonl", signature)
    seeds = seeds_of(run, covered)
    compared = _compared(run)
    judge = Judge(compared, plan, Recipe.parse(run.manifest["recipe"]), embed, of=seeds)
    real = sources(run, covered, seeds, asked.way)
    if asked.way in FROM_ROWS and not any(real.get(have.name) for have in covered.missed):
        raise UsageError(
            f"no row of a behaviour that is under its minimum can be used to {asked.way}.",
            hint="Ask for new ones:  --way new",
        )
    found = Generation(plan, covered, seeds, judge, chat, journal, texts, asked, real).run(tell)
    written = Corpus.of([{"messages": [*row["messages"], *row.get("chosen", [])]} for row in found.accepted])
    found = replace(found, blind=blind_spots(written, _trained(compared, run), embed, seed=asked.seed))
    write(found, out)
    return found


def first_prompts(
    run: Run, plan: Plan, embed: Embed, asked: Asked, *, prompts: Path | None = None, count: int = 2
) -> list[str]:
    """The first prompts that would be sent, for `--dry-run`."""
    covered = _missing(run, plan, embed)
    seeds, texts = seeds_of(run, covered), _texts(plan, asked, prompts)
    real = sources(run, covered, seeds, asked.way)
    largest = max(covered.missed, key=lambda have: have.missing)
    place = next(n for n, one in enumerate(plan.behaviour) if one.name == largest.name)
    given = [request for _, request in seeds.get(largest.name, [])]
    some = real.get(largest.name, []) if asked.way in FROM_ROWS else None
    coming = tasks(plan.behaviour[place], covered, plan, given, first=place, seed=asked.seed, sources=some)
    text = texts[prompt_of(asked.way, plan.behaviour[place])]
    return [prompt(task, text, [], answers=asked.way != "answer") for task in islice(coming, count)]


def _texts(plan: Plan, asked: Asked, folder: Path | None) -> dict[str, str]:
    """The prompts that the plan's behaviours need, by name."""
    names = sorted({prompt_of(asked.way, behaviour) for behaviour in plan.behaviour})
    return {name: template(folder, name) for name in names}


def _missing(run: Run, plan: Plan, embed: Embed) -> Coverage:
    covered = cover_run(run, plan, embed)
    if not covered.missed:
        raise UsageError(
            "no behaviour is under its minimum.", hint="Raise a minimum in the plan to have more."
        )
    return covered


def seeds_of(run: Run, covered: Coverage) -> dict[str, list[tuple[str, str]]]:
    """By behaviour, id and first request of rows that a model may be shown: trained, and without any finding.

    Never a row of a held-out set, of validation or of the test set, nor one with a secret.
    """
    found = run.table("findings").filter(pl.col("score") >= 0.5)["example"].unique()
    clean = (
        run.table("examples")
        .join(
            run.table("splits").filter(pl.col("fate") == "train").select("example"), on="example", how="semi"
        )
        .filter(~pl.col("example").is_in(found.implode()))
        .select("example", "id")
    )
    asked = (
        run.table("turns")
        .filter(pl.col("role") == "user")
        .unique("example", keep="first", maintain_order=True)
        .join(clean, on="example")
    )
    seeds: dict[str, list[tuple[str, str]]] = {}
    # By the hash of the id, so that no seed is favoured by where it stands in its file.
    order = np.argsort([xxhash.xxh3_64_intdigest(id_.encode()) for id_ in asked["id"]])
    for id_, request in asked[order].select("id", "content").iter_rows():
        for behaviour in covered.assigned.get(id_, ()):
            given = seeds.setdefault(behaviour, [])
            if request and len(given) < SEEDS:
                given.append((id_, request))
    return seeds


def _trained(compared: Corpus, run: Run) -> Corpus:
    """Of the rows that new ones are compared with those that people wrote, and that train."""
    trained = run.table("splits").filter(pl.col("fate") == "train").select("example")
    ids = run.table("examples").join(trained, on="example", how="semi").filter(~is_synthetic())["id"]
    kept = compared.examples.filter(pl.col("id").is_in(ids.implode()))
    return compared.only(kept["example"])


def _compared(run: Run) -> Corpus:
    """What a new row must not be like: the rows of training and validation, those set aside, and every held-out item.

    What was set aside was so for a reason. The sealed test set is not among them: nobody looks at it, generation
    included. `prep` compares with it.
    """
    fates = run.table("splits").filter((pl.col("fate") != "test") & ~pl.col("sealed"))
    examples = run.table("examples").join(
        fates.select("example"), on="example", how="semi", maintain_order="left"
    )
    turns = run.table("turns").join(
        examples.select("example"), on="example", how="semi", maintain_order="left"
    )
    empty = Corpus.of([])
    numbers = pl.DataFrame(
        {"example": examples["example"], "new": pl.int_range(examples.height, dtype=pl.UInt32, eager=True)}
    )

    def renumbered(frame: pl.DataFrame) -> pl.DataFrame:
        return (
            frame.join(numbers, on="example", maintain_order="left").with_columns(example="new").drop("new")
        )

    kept = renumbered(examples).select(empty.examples.columns).cast(empty.examples.schema)
    said = renumbered(turns).select(empty.turns.columns).cast(empty.turns.schema)
    recipe = Recipe.parse(run.manifest["recipe"])
    return replace(empty, examples=kept, turns=said, held_out=held_out(recipe))
