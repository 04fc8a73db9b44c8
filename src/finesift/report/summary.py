"""The figures of a run or an inspection, once, for the terminal, the report, the manifest and --json."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
import polars as pl

from finesift.corpus import Corpus
from finesift.match.repeats import Repeats, repeats
from finesift.read.conversations.shapes import TURN_EXTRAS
from finesift.recipe import Recipe
from finesift.report.agents import Agents, agents
from finesift.report.charts import PER_DOUBLING
from finesift.report.epoch import Epoch, epoch
from finesift.report.held_out import HeldOut
from finesift.report.meaning import Meaning, meaning
from finesift.report.words import among
from finesift.split.proof import Proof
from finesift.write.kinds import kind

if TYPE_CHECKING:
    from finesift.chat.proof import Proof as MaskProof

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
# Files whose lengths are told apart.
MOST_NAMED = 12
# Places shown for each reason; the rest is counted.
PLACES = 3


@dataclass(frozen=True)
class CheckCount:
    """What became of a check's findings. Rows, not findings: a row with three bad turns counts once."""

    check: str
    found: int  # rows with a finding, at whatever score
    review: int  # rows that it sent to review
    set_aside: int  # rows that it set aside


@dataclass(frozen=True)
class Malformed:
    """Unreadable rows with one reason."""

    error: str
    hint: str
    rows: int
    places: list[str]  # the first few, as source:row


@dataclass(frozen=True)
class Worst:
    """A row whose loss mask has the most problems."""

    place: str  # source:row
    id: str
    tokens: int
    trained: int
    problems: list[str]


@dataclass(frozen=True)
class Masks:
    """The proof of the loss masks. A preference pair counts twice: each side is a conversation."""

    conversations: int
    proved: int
    by_kind: int  # of them, those compared with a traced one of their kind; the rest were traced themselves
    tokens: int
    trained: int  # tokens that the loss sees
    shares: list[int]  # conversations by trained / tokens: in the first tenth, the second, …
    problems: dict[str, int]  # conversations per problem, most first
    worst: list[Worst]

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Masks:
        return cls(**{**raw, "worst": [Worst(**worst) for worst in raw["worst"]]})


@dataclass(frozen=True)
class Lengths:
    """How long rows, or messages, are. bins: how many by floor(PER_DOUBLING * log2(length)), 0 as 1."""

    of: str  # "rows"; "source": rows of one file; "role": messages of one role
    name: str
    unit: str  # tokens or characters
    count: int
    quantiles: dict[str, int]
    bins: dict[str, int]


@dataclass(frozen=True)
class Summary:
    """Figures only: no text of the data but what an error quotes, and phrases that many answers share."""

    rows: int
    fates: dict[str, int]  # where rows went; empty before a split
    reviews: int
    sources: dict[str, int]  # rows per file, unreadable ones included
    shapes: dict[str, int]
    turns: dict[str, int]  # messages per role
    characters: dict[str, int]  # quantiles of characters per row
    tokens: dict[str, int]  # the same in tokens; empty where none were counted
    trained_with: str | None  # the tokenizer that counted
    max_tokens: int
    checks: list[CheckCount]
    malformed: list[Malformed]
    repeats: Repeats
    capped: dict[str, int]  # rows per view that share a key with too many to be compared with each
    lengths: list[Lengths] = field(default_factory=list)
    masks: Masks | None = None  # None: nothing was rendered
    held_out: list[HeldOut] = field(default_factory=list)
    split: Proof | None = None  # None before a split
    between: list[HeldOut] = field(default_factory=list)  # the splits held back, as if they were evaluations
    # Rows with a field that went to `extra`, by its name.
    unused: dict[str, int] = field(default_factory=dict)
    # Rows that are trained, by kind, and rows for review, by where they went; empty before a split.
    kinds: dict[str, int] = field(default_factory=dict)
    reviewed: dict[str, int] = field(default_factory=dict)
    carried: int = 0  # rows with pictures, recordings or files, whose tokens nothing counts
    meaning: Meaning | None = None  # None: rows were not compared by meaning
    unproved: int = 0  # rows that are trained though something is wrong with their mask
    epoch: Epoch | None = None  # None before a split, and where no tokens were counted
    agents: Agents | None = None  # None before a split, and where no kept row uses tools

    @property
    def adds_up(self) -> bool:
        return sum(self.fates.values()) == self.rows

    @property
    def kept(self) -> int:
        return sum(self.fates[fate] for fate in KEPT)

    @property
    def kept_for_review(self) -> int:
        """Rows for review that are in a split; what `finesift show --review` lists is these without the sealed ones."""
        return sum(self.reviewed.get(fate, 0) for fate in KEPT) if self.fates else self.reviews

    def review_sentence(self) -> str:
        """How many of the rows kept are for review, and where they are; the one sentence of it, wherever it stands."""
        if not self.kept_for_review:
            return ""
        places = {"train": "in train", "validation": "in validation", "test": "in the sealed test set"}
        told = [f"{rows:,} {places[fate]}" for fate in KEPT if (rows := self.reviewed.get(fate, 0))]
        where = f": {among(told)}" if len(told) > 1 else f", {told[0].split(' ', 1)[1]}" if told else ""
        are = "is" if self.kept_for_review == 1 else "are"
        return f"{self.kept_for_review:,} of those kept {are} for review{where}."

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Summary:
        """The inverse of `as_dict`: from a manifest."""
        checks = [CheckCount(**c) for c in raw["checks"]]
        malformed = [Malformed(**m) for m in raw["malformed"]]
        masks = raw.get("masks") and Masks.from_dict(raw["masks"])
        split = raw.get("split") and Proof.from_dict(raw["split"])
        once = raw.get("epoch") and Epoch(**raw["epoch"])
        using = raw.get("agents") and Agents.from_dict(raw["agents"])
        by_meaning = raw.get("meaning") and Meaning.from_dict(raw["meaning"])
        return cls(
            **{
                **raw,
                "checks": checks,
                "malformed": malformed,
                "repeats": Repeats.from_dict(raw["repeats"]),
                "lengths": [Lengths(**one) for one in raw.get("lengths", ())],
                "masks": masks,
                "held_out": [HeldOut.from_dict(h) for h in raw["held_out"]],
                "split": split,
                "meaning": by_meaning,
                "epoch": once,
                "agents": using,
                "between": [HeldOut.from_dict(h) for h in raw["between"]],
            }
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def summarise(
    corpus: Corpus,
    findings: pl.DataFrame,
    decisions: pl.DataFrame,
    fates: pl.DataFrame | None,
    recipe: Recipe,
    tokenizer: str | None,
    capped: dict[str, int],
    masks: Masks | None,
    split: Proof | None = None,
    held_out: list[HeldOut] | None = None,
    between: list[HeldOut] | None = None,
    compared: dict[str, Any] | None = None,
) -> Summary:
    """`fates` (example, fate, sealed) is None before a split. compared: what was compared by meaning."""
    sealed = corpus.examples["example"].clear() if fates is None else fates.filter("sealed")["example"]
    characters = corpus.turns.group_by("example").agg(n=pl.col("content").str.len_chars().sum())
    sources = pl.concat([corpus.examples.select("source"), corpus.unreadable.select("source")])
    return Summary(
        rows=corpus.rows,
        fates={} if fates is None else _fates(fates) | {"unreadable": corpus.unreadable.height},
        reviews=decisions.filter(pl.col("outcome") == "review").height,
        sources=counts(sources["source"]),
        shapes=counts(corpus.examples["shape"]),
        turns=counts(corpus.turns["role"].cast(pl.String)),
        characters=quantiles(characters["n"]),
        tokens=quantiles(corpus.rendered["tokens"]),
        trained_with=tokenizer,
        max_tokens=recipe.model.max_tokens,
        checks=by_check(findings, decisions),
        malformed=sorted(malformed(corpus.unreadable), key=lambda one: -one.rows),
        repeats=repeats(
            corpus,
            _duplicates(findings, recipe),
            sealed,
            set_aside=decisions.filter(pl.col("outcome") == "set_aside")["example"],
            secret=findings.filter(pl.col("check") == "secrets")["example"].unique(),
        ),
        capped={view: rows for view, rows in capped.items() if rows},
        lengths=_lengths(corpus, characters),
        masks=masks,
        split=split,
        held_out=held_out or [],
        between=between or [],
        unused=dict(unused(corpus.examples["extra"].drop_nulls()).most_common()),
        kinds={} if fates is None else _trained_kinds(corpus, fates),
        reviewed={} if fates is None else _reviewed(decisions, fates),
        carried=corpus.turns.filter(pl.col("media").is_not_null())["example"].n_unique(),
        meaning=meaning(corpus, compared, findings, decisions, fates, recipe),
        unproved=0 if fates is None else _unproved(corpus, fates),
        epoch=None if fates is None else epoch(corpus, fates, recipe),
        agents=None if fates is None else agents(corpus, fates, recipe),
    )


def _lengths(corpus: Corpus, characters: pl.DataFrame) -> list[Lengths]:
    """Of all rows, of the rows of each of the largest files, and of the messages of each role."""
    counted = corpus.rendered.drop_nulls("tokens").select("example", n="tokens")
    unit, sizes = ("tokens", counted) if counted.height else ("characters", characters)
    rows = sizes.join(corpus.examples.select("example", "source"), on="example")
    said = corpus.turns.select(pl.col("role").cast(pl.String), n=pl.col("content").str.len_chars())
    parts = [("rows", "all", unit, rows["n"])]
    for of, by, of_unit, frame in (("source", "source", unit, rows), ("role", "role", "characters", said)):
        names = list(counts(frame[by]))[:MOST_NAMED]
        parts += [(of, name, of_unit, frame.filter(pl.col(by) == name)["n"]) for name in names]
    return [
        Lengths(of, name, unit, len(values), quantiles(values), _binned(values))
        for of, name, unit, values in parts
        if values.count()
    ]


def _binned(values: pl.Series) -> dict[str, int]:
    places = values.drop_nulls().to_frame("value").select(binned(pl.col("value"))).to_series()
    return {str(place): rows for place, rows in sorted(counts(places).items())}


def binned(values: pl.Expr) -> pl.Expr:
    """The bin of each length, see `Lengths`."""
    return (values.clip(lower_bound=1).cast(pl.Float64).log(2) * PER_DOUBLING + 1e-9).floor().cast(pl.Int32)


def masks_of(proof: MaskProof, corpus: Corpus) -> Masks:
    """The figures of a proof."""
    worst = proof.worst().join(corpus.examples, on="example", maintain_order="left")
    return Masks(
        conversations=proof.rows.height,
        proved=proof.proved,
        by_kind=proof.by_kind,
        tokens=int(proof.rows["tokens"].sum()),
        trained=int(proof.rows["trained"].sum()),
        shares=proof.shares(),
        problems=proof.counts(),
        worst=[
            Worst(f"{source}:{row}", *rest)
            for source, row, *rest in worst.select(
                "source", "row", "id", "tokens", "trained", "problems"
            ).iter_rows()
        ],
    )


KEPT = ("train", "validation", "test")
FATES = (*KEPT, "set_aside")


def _fates(fates: pl.DataFrame) -> dict[str, int]:
    rows = counts(fates["fate"].cast(pl.String))
    return {fate: rows.get(fate, 0) for fate in FATES}


def _trained_kinds(corpus: Corpus, fates: pl.DataFrame) -> dict[str, int]:
    trained = fates.filter(pl.col("fate") == "train").select("example")
    return counts(corpus.examples.join(trained, on="example", how="semi").select(kind=kind())["kind"])


def _reviewed(decisions: pl.DataFrame, fates: pl.DataFrame) -> dict[str, int]:
    asked = decisions.filter(pl.col("outcome") == "review").select("example")
    rows = counts(fates.join(asked, on="example", how="semi")["fate"].cast(pl.String))
    return {fate: rows[fate] for fate in FATES if fate in rows}


def _unproved(corpus: Corpus, fates: pl.DataFrame) -> int:
    trained = fates.filter(pl.col("fate") == "train").select("example")
    return corpus.problems.join(trained, on="example", how="semi")["example"].n_unique()


def counts(values: pl.Series) -> dict[str, int]:
    """Most frequent first; names in order where counts are equal."""
    counted = values.rename("value").value_counts().sort("count", "value", descending=[True, False])
    return dict(counted.iter_rows())


def quantiles(values: pl.Series) -> dict[str, int]:
    """The values at QUANTILES, by their percentages; empty where there are none."""
    values = values.drop_nulls()
    if not len(values):
        return {}
    at = {f"{q:.0%}": values.quantile(q, "nearest") for q in QUANTILES}
    return {name: int(value) for name, value in at.items() if value is not None}


def _duplicates(findings: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """Findings that call two rows the same, at the limit for review."""
    reached = [
        (pl.col("check") == check) & (pl.col("score") >= (recipe.limit(check).review or 1))
        for check in ("exact_duplicate", "near_duplicate")
    ]
    return findings.filter(pl.any_horizontal(reached))


def by_check(findings: pl.DataFrame, decisions: pl.DataFrame) -> list[CheckCount]:
    """What became of each check's findings; those that set most aside first."""
    # A finding about two rows may decide on the one that it does not stand at: both were found by it.
    acted = decisions.drop_nulls("check").filter(pl.col("outcome") != "keep")
    both = [findings.select("check", "example"), acted.select("check", "example")]
    found = pl.concat(both).group_by("check").agg(found=pl.col("example").n_unique())
    decided = (
        decisions.drop_nulls("check")
        .group_by("check")
        .agg(
            review=(pl.col("outcome") == "review").sum(),
            set_aside=(pl.col("outcome") == "set_aside").sum(),
        )
    )
    table = (
        found.join(decided, on="check", how="full", coalesce=True)
        .with_columns(pl.col("found", "review", "set_aside").fill_null(0))
        .sort("set_aside", "review", "found", "check", descending=[True, True, True, False])
    )
    return [CheckCount(*row) for row in table.select("check", "found", "review", "set_aside").iter_rows()]


def malformed(unreadable: pl.DataFrame) -> list[Malformed]:
    """Unreadable rows by reason, in the order in which reasons came."""
    grouped = (
        unreadable.with_columns(
            # Where exactly it broke differs from row to row; the reason is the same.
            reason=pl.col("error").str.replace_all(r"\d+", "N"),
            place=pl.format("{}:{}", "source", "row"),
        )
        .group_by("reason", maintain_order=True)
        .agg(
            error=pl.col("error").first(),
            hint=pl.col("hint").first().fill_null(""),
            rows=pl.len(),
            places=pl.col("place").head(PLACES),
        )
    )
    return [Malformed(*row) for row in grouped.select("error", "hint", "rows", "places").iter_rows()]


def unused(extras: pl.Series) -> Counter[str]:
    """Names of fields that nothing uses; a message's stands as messages[].NAME."""
    names: Counter[str] = Counter()
    for extra in extras:
        for name, value in orjson.loads(extra).items():
            if name == TURN_EXTRAS and isinstance(value, dict):
                of_turns = [turn for turn in value.values() if isinstance(turn, dict)]
                names.update({f"messages[].{inner}" for turn in of_turns for inner in turn})
            else:
                names[name] += 1
    return names
