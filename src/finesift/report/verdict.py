"""May we train on it, and what first? The one answer of a run, in three states, with a step for each thing to do."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from finesift.read.fields import mappings
from finesift.recipe import Recipe
from finesift.report.summary import Summary
from finesift.report.words import counted
from finesift.write.kinds import file_of

_RUN = re.compile(r"\bRUN\b")
State = Literal["train", "train after these", "do not train"]

# A person reads so many rows in a minute, one key each.
ROWS_A_MINUTE = 8
# Shares of the rows kept: under the first a set is trained with rows for review in it as a matter of course; over the
# others something is wrong with the set, not with some rows.
FEW_REVIEWS, MANY_UNPROVED, MANY_UNREADABLE, MANY_LEAKS = 0.02, 0.05, 0.5, 0.05
# Fewer leaked rows than this are looked at before training, unless they are this share of a small split: one of twelve
# is an accident, three of ten are a fault of the split.
SOME_LEAKS, MUCH_OF_IT = 5, 0.2
# Unreadable rows from this share on are worth a person's time before training.
SOME_UNREADABLE = 0.01
# Fewer training rows than this teach a format at best.
FEWEST = 50
# Rows of a lot that a person reads at most before it is accepted: none wrong in 59 is at most 5 % with 95 % confidence.
ENOUGH = 59
# Columns that say what kind of text a text is.
NAMES = {
    "conversation": "chat",
    "preference": "preference pair",
    "kto": "rated answer",
    "text": "plain text",
}
# What training takes rows of a kind.
TAKEN_BY = {"conversation": "SFT", "preference": "DPO or a reward model", "kto": "KTO", "text": "pretraining"}
CATEGORIES = (
    "label",
    "labels",
    "category",
    "categories",
    "class",
    "intent",
    "topic",
    "sentiment",
    "tag",
    "target",
)


@dataclass(frozen=True)
class Step:
    """One thing to do. name: for programs. weight: whether training must wait for it."""

    name: str
    what: str
    rows: int
    do: str
    minutes: int  # of a person, roughly
    weight: Literal["stops", "first", "note"]
    section: str  # of the report
    to_copy: bool = True  # do is a command or a line of the recipe, not advice

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Step:
        return cls(**raw)


@dataclass(frozen=True)
class Verdict:
    state: State
    steps: list[Step]  # the weightiest first

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Verdict:
        return cls(raw["state"], [Step.from_dict(step) for step in raw["steps"]])

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def at(self, run: str) -> Verdict:
        """The same with commands for the folder `run`."""
        steps = [replace(step, do=_RUN.sub(lambda _: shlex.quote(run), step.do)) for step in self.steps]
        return Verdict(self.state, steps)

    @property
    def first(self) -> list[Step]:
        """The steps that training waits for."""
        return [step for step in self.steps if step.weight != "note"]

    def sentence(self) -> str:
        """The answer in a line, without a stop."""
        if self.state == "train":
            return "train on it"
        if self.state == "do not train":
            return "do not train on it"
        number = len(self.first)
        return f"train after {'this step' if number == 1 else f'these {number} steps'}"


def verdict(figures: Summary, recipe: Recipe, covered: Mapping[str, Any] | None = None) -> Verdict:
    """The answer to a run's figures. Its commands name the folder RUN; `at` puts its name there.

    covered: the figures of `cover.Coverage`, where the recipe has a plan.
    """
    weights = {"stops": 0, "first": 1, "note": 2}
    steps = sorted(_steps(figures, recipe, covered), key=lambda step: weights[step.weight])
    heaviest = steps[0].weight if steps else "note"
    states: dict[str, State] = {"stops": "do not train", "first": "train after these", "note": "train"}
    return Verdict(states[heaviest], steps)


def _steps(figures: Summary, recipe: Recipe, covered: Mapping[str, Any] | None) -> Iterator[Step]:
    fates = figures.fates
    kept = fates["train"] + fates["validation"] + fates["test"]
    if recipe.policy.train_unreviewed_synthetic:
        yield Step(
            "train_unreviewed_synthetic",
            "rows that a model wrote are trained though nobody looked at them: train_unreviewed_synthetic is on",
            figures.fates["train"],
            "train_unreviewed_synthetic = false, under [policy] in the recipe",
            1,
            "first",
            "checks",
        )
    yield from _rows(figures)
    yield from _leaks(figures)
    yield from _masks(figures, recipe)
    yield from _uncovered(covered, recipe)
    yield from _kinds(figures)
    if unread := _found(figures, "unread_field"):
        yield Step(
            "unread_fields",
            f"{counted(unread, 'row')} with a field that by its name changes what is trained, and was not used",
            unread,
            "finesift show RUN --check unread_field",
            5,
            "first",
            "checks",
        )
    if unseen := sum(one.set_aside for one in figures.checks if one.check == "unreviewed_synthetic"):
        yield Step(
            "unreviewed",
            f"{counted(unseen, 'row')} that a model wrote are set aside until a person looked",
            unseen,
            "finesift review RUN --lot synthetic",
            max(1, round(min(unseen, ENOUGH) / ROWS_A_MINUTE)),
            "note",
            "checks",
        )
    if asked := sum(rows for fate, rows in figures.reviewed.items() if fate in ("train", "validation")):
        minutes = max(1, round(asked / ROWS_A_MINUTE))
        weight: Literal["first", "note"] = "first" if asked > FEW_REVIEWS * kept else "note"
        stay, them = ("stays", "it") if asked == 1 else ("stay", "them")
        yield Step(
            "reviews",
            f"{counted(asked, 'row')} for review {stay} in train and validation unless you set {them} aside",
            asked,
            "finesift review RUN",
            minutes,
            weight,
            "review",
        )
    yield from _unreadable(figures)
    if figures.split:
        for name in ("validation", "test"):
            if any(said.startswith(name) for said in figures.split.small):
                rows = fates[name]
                yield Step(
                    f"small_{name}",
                    f"{name} has {counted(rows, 'row')}: figures on it are rough",
                    rows,
                    f"{name} = 0.1, under [split] in the recipe",
                    1,
                    "note",
                    "splits",
                )


def _uncovered(covered: Mapping[str, Any] | None, recipe: Recipe) -> Iterator[Step]:
    if covered is None:
        return
    plan = shlex.quote(_from_here(Path(str(recipe.coverage.plan))))
    short = [one for one in covered["behaviours"] if one["have"] + one["unsure"] < one["want"]]
    if short:
        named = ", ".join(one["name"] for one in short[:3]) + (", …" if len(short) > 3 else "")
        yield Step(
            "coverage",
            f"{len(short)} of {len(covered['behaviours'])} behaviours of the plan have too few rows: {named}",
            sum(one["want"] - one["have"] - one["unsure"] for one in short),
            f"finesift cover RUN --plan {plan}",
            5,
            "first",
            "coverage",
        )
    if wrong := len(covered["mismatches"]):
        yield Step(
            "outcomes",
            f"{counted(wrong, 'answer')} {'is' if wrong == 1 else 'are'} not what the plan wants of the behaviour",
            wrong,
            f"finesift cover RUN --plan {plan}",
            max(1, round(wrong / ROWS_A_MINUTE)),
            "first",
            "coverage",
        )


def _from_here(path: Path) -> str:
    """A path as it is named from the folder that one is in, where it lies below it."""
    absolute = path.absolute()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)


def _rows(figures: Summary) -> Iterator[Step]:
    train = figures.fates["train"]
    if train < FEWEST:
        said = (
            f"{counted(train, 'row is', 'rows are')} left to train on"
            if train
            else "no row is left to train on"
        )
        yield Step(
            "few_rows", said, train, "finesift show RUN --fate set_aside", 5, "first" if train else "stops", "rows"
        )  # fmt: skip


def _unreadable(figures: Summary) -> Iterator[Step]:
    unreadable = figures.fates["unreadable"]
    share = unreadable / max(1, figures.rows)
    if unreadable:
        weight: Literal["stops", "first", "note"] = (
            "stops" if share >= MANY_UNREADABLE else "first" if share >= SOME_UNREADABLE else "note"
        )
        yield Step(
            "unreadable",
            f"{unreadable:,} of {counted(figures.rows, 'row')} could not be read",
            unreadable,
            "finesift show RUN --fate unreadable",
            5 * len(figures.malformed),
            weight,
            "rows",
        )


def _kinds(figures: Summary) -> Iterator[Step]:
    kinds = figures.kinds
    texts = kinds.get("text", 0)
    named = [
        name for name, rows in figures.unused.items() if name.lower() in CATEGORIES and 2 * rows >= texts
    ]
    if texts and named:
        yield Step(
            "labelled_texts",
            f'{texts:,} rows are texts with a "{named[0]}": as they are, the model learns to write the texts',
            texts,
            mappings({"text": "prompt", named[0]: "completion"}),
            2,
            "stops",
            "rows",
        )
    if len(kinds) > 1:
        told = ", ".join(counted(rows, NAMES[kind]) for kind, rows in kinds.items())
        yield Step(
            "mixed_kinds",
            f"{len(kinds)} kinds of rows lie in files of their own, and no training takes them together: {told}",
            sum(kinds.values()),
            " · ".join(f"{file_of('train', kind)}: {TAKEN_BY[kind]}" for kind in kinds),
            1,
            "first",
            "rows",
            to_copy=False,
        )


def _leaks(figures: Summary) -> Iterator[Step]:
    for side in figures.between:
        held_back = figures.fates.get(side.name, 0)
        be = "is" if side.touched == 1 else "are"
        if side.touched and held_back:
            yield Step(
                f"leak_{side.name}",
                f"{side.touched:,} of {counted(held_back, f'{side.name} row')} {be} in training, too, whole or in "
                "part: scores on them will look too good; what does harm can be set aside in the review",
                sum(side.rows.values()),
                "finesift show RUN --check between_splits",
                max(1, round(sum(side.rows.values()) / ROWS_A_MINUTE)),
                "stops" if _many(side.touched, held_back) else "first",
                "splits",
            )
    for held in figures.held_out:
        stay = sum(held.rows.values()) - held.set_aside
        if stay > 0:
            yield Step(
                f"held_out_{held.name}",
                f"{counted(stay, 'kept row')} may hold items of the held-out set {held.name}: set aside in the review "
                f"what does; {held.touched:,} of its {counted(held.items, 'item')} were found in the data",
                stay,
                "finesift show RUN --check contamination --check restatement",
                max(1, round(stay / ROWS_A_MINUTE)),
                "first",
                "contamination",
            )


def _many(leaked: int, held_back: int) -> bool:
    """Whether so many leaked rows of a split are a reason not to train."""
    share = leaked / held_back
    return share >= MUCH_OF_IT or (leaked >= SOME_LEAKS and share >= MANY_LEAKS)


def _masks(figures: Summary, recipe: Recipe) -> Iterator[Step]:
    masks = figures.masks
    if masks is None:
        yield Step(
            "no_tokens",
            "nothing was rendered: template, mask and lengths in tokens are not known",
            figures.rows,
            "leave out --no-tokens, and name your model:  --tokenizer DIR",
            1,
            "first",
            "masks",
            to_copy=False,
        )
        return
    if not (recipe.model.tokenizer or recipe.model.template):
        yield Step(
            "packaged_template",
            f"rendered with the template of {figures.trained_with}, not with your model's",
            masks.conversations,
            "finesift prep … --tokenizer DIR",
            1,
            "first",
            "masks",
        )
    elif figures.unproved:
        yield Step(
            "masks",
            f"the loss mask of {counted(figures.unproved, 'training row')} is not proved",
            figures.unproved,
            "finesift show RUN --check mask_unproved",
            5,
            "stops" if figures.unproved > MANY_UNPROVED * max(1, figures.fates["train"]) else "first",
            "masks",
        )


def _found(figures: Summary, name: str) -> int:
    return next((check.review + check.set_aside for check in figures.checks if check.check == name), 0)
