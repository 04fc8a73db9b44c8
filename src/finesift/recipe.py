"""The recipe: every setting of a run, its default, and the reason for it.

A recipe is a TOML file; `finesift recipe` prints one with all defaults. The command line outranks it.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from finesift.errors import RecipeError
from finesift.toml_lines import line_of

Fraction = float


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(Settings):
    """The scores at which a finding sends its row to review, and sets it aside. None: never."""

    review: float | None = Field(None, ge=0, le=1)
    set_aside: float | None = Field(None, ge=0, le=1)

    @property
    def least(self) -> float | None:
        """The score from which a finding acts in any way; None: never."""
        return min((at for at in (self.review, self.set_aside) if at is not None), default=None)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.review is not None and self.set_aside is not None and self.review > self.set_aside:
            raise ValueError(f"review ({self.review}) is above set_aside ({self.set_aside})")
        return self


class Data(Settings):
    train: list[str] = Field([], description="files or globs, from where the recipe lies")
    roles: dict[str, str] = Field({}, description='other names for roles: { bot = "assistant" }')
    columns: dict[str, str] = Field({}, description="which of your columns is what, where we cannot tell")
    repair: list[str] = Field([], description="lossy repairs that you allow, by name")
    licence: str | None = Field(
        None, pattern=r"^[a-z0-9][a-z0-9.+-]*$", description='for the card, as the hub names it: "cc-by-4.0"'
    )
    trees: Literal["best", "paths"] = Field("best", description="of a tree of replies: the best path, or all")
    pairs: Literal["best", "all"] = Field(
        "best", description="of ranked answers: the best against the worst, or every two of unlike rank"
    )
    calls: Literal["keep", "parse"] = Field(
        "keep",
        description="tool calls between <tool_call> tags in the text: left there, or parsed into calls",
    )
    redact: list[Literal["key", "password", "card", "iban", "ssn", "email", "phone", "birth"]] = Field(
        [],
        description="secrets to put placeholders for, by kind; what stands for what is kept beside the run",
    )
    as_read: bool = Field(False, description="true: write kept rows in the layout that they came in, too")
    multimodal: Literal["carry", "refuse"] = Field(
        "carry", description="rows with pictures or files: kept with them as they came, or set aside"
    )


class Model(Settings):
    tokenizer: str | None = Field(None, description="a folder or hub id; none: SmolLM2, which is packaged")
    template: str | None = Field(None, description="a chat template's file; none: the tokenizer's own")
    template_settings: dict[str, str | bool | int | float] = Field(
        {}, description="as inference will set them: { enable_thinking = false }"
    )
    train_turns: Literal["all", "last"] = Field(
        "all", description="which answers of a conversation are trained"
    )
    train_reasoning: bool = Field(True, description="false: reasoning stays in the text, out of the loss")
    max_tokens: int = Field(4096, gt=0, description="the sequence budget that you will train with")
    accept_losses: list[
        Literal["system", "user", "answer", "tool_results", "reasoning", "tool_calls", "tools"]
    ] = Field([], description="what the template may leave out, by name; else the run stops there")
    tokenized: bool = Field(False, description="true: write token ids and labels, ready for a trainer, too")
    count_tokens: bool = Field(True, description="false: render nothing, count nothing, check no budget")


class Split(Settings):
    validation: Fraction = Field(0.05, ge=0, lt=1, description="of the rows kept, to stop by")
    test: Fraction = Field(0.05, ge=0, lt=1, description="of the rows kept, sealed until the end")
    seed: int = Field(17, description="another seed, another split; the same seed, the same split anywhere")
    group_by: list[str] = Field(
        [], description="rows alike in such a column stay together: customer, document"
    )
    parent: str = Field("parent_id", description="the column that names the row which a row was made from")
    synthetic: Literal["train", "anywhere"] = Field(
        "train", description="where rows marked synthetic = true, and their relatives, may go"
    )
    largest_group: int = Field(50, gt=0, description="rows; larger groups of relatives go to training")
    existing: str | None = Field(None, description='a split that the data brings: its column, or "files"')
    exact: bool = Field(False, description="true: shares met per stratum, but added rows may move groups")
    stratify: list[str] = Field([], description="columns, beside source, shape, length and turns")
    minimum: int = Field(50, ge=0, description="rows; a smaller validation or test set is said to be small")

    @model_validator(mode="after")
    def _leaves_training(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together leave nothing to train on")
        return self


class Coverage(Settings):
    plan: str | None = Field(None, description="the behaviours to be taught; `finesift plan` drafts them")
    traffic: list[str] = Field([], description="files of real conversations, to compare with")
    encoder: str | None = Field(
        None, description="a folder or an endpoint; none: the one of finesift[semantic]"
    )


class Refusals(Settings):
    wanted: list[str] = Field(
        [],
        description='what your assistant must decline, by meaning: ["medical advice", "prices of competitors"]',
    )


class Policy(Settings):
    hold_reviews: bool = Field(
        False, description="true: rows for review are set aside until somebody decides"
    )
    keep: Literal["fewest_findings", "longest", "most_turns", "first"] = Field(
        "fewest_findings",
        description="which of several alike rows stays; the rest follows content, not order",
    )
    decisions: str | None = Field(None, description="a person's decisions: JSON lines of id, outcome, why")
    train_unreviewed_synthetic: bool = Field(
        False, description="true: rows that a model wrote are trained though nobody looked at them"
    )


class Training(Settings):
    batch: int = Field(16, gt=0, description="rows of a step, of all devices and accumulation together")
    epochs: int = Field(1, gt=0, description="how often each row is trained on")
    price: float | None = Field(
        None, ge=0, description="of a million tokens in training at a provider, for an estimate"
    )


class Lot(Settings):
    """What must be shown of a lot of rows before it may be trained on, by reading some of it."""

    max_error: Fraction = Field(0.05, gt=0, lt=1)
    confidence: Fraction = Field(0.95, ge=0.5, lt=1)
    good: Fraction | None = Field(None, gt=0, lt=1)  # a lot this good should pass; none: a fifth of max_error

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.good is not None and self.good >= self.max_error:
            raise ValueError(f"good ({self.good}) is not below max_error ({self.max_error})")
        return self


class Review(Settings):
    lots: dict[str, Lot] = Field(
        {}, description="rows set aside until a person's sample passed: { synthetic = { max_error = 0.05 } }"
    )
    twice: Fraction = Field(
        0.05, ge=0, le=1, description="rows shown again, to others and to the same person"
    )
    seed: int = Field(17, description="of the order in which rows are drawn")


# Score at which the policy acts, unless the recipe says otherwise, with the reason.
LIMITS: dict[str, tuple[Limit, str]] = {
    "boilerplate_opening": (Limit(), "for the report: one does no harm, half of the rows do"),
    "cannot_render": (Limit(review=0.5, set_aside=1.0), "no trainer could format it with this template"),
    "competing_fields": (Limit(review=0.5), "one of two answers was read, perhaps the wrong one"),
    "contamination": (Limit(review=0.4, set_aside=0.6), "over half of an item: Tülu 3's rule, with a margin"),
    "contradicting_preference": (Limit(review=0.5), "people who rate disagree; a majority may be right"),
    "echoes_prompt": (Limit(review=0.5, set_aside=1.0), "an opening that restates the task can be an answer"),
    "empty_answer": (Limit(set_aside=1.0), "there is nothing to learn but to stop"),
    "encoding_damage": (Limit(review=0.5), "the text may still be mended; a few rows are about encodings"),
    "exact_duplicate": (
        Limit(review=0.5, set_aside=0.9),
        "one copy says it all; what differs in case or signs may be another answer",
    ),
    "failed_answer": (Limit(review=0.5), "an assistant may have to say that something failed"),
    "label_balance": (Limit(), "for the report: about the set, not about a row"),
    "language": (Limit(review=0.5), "translations and lessons answer in another language by right"),
    "leftover_markup": (Limit(review=0.5), "some answers are markup, and most can be mended"),
    "length_outlier": (Limit(), "for the report: long is not wrong"),
    "length_spike": (Limit(review=0.5), "rows at a cap were probably cut; some are just that long"),
    "mask_unproved": (Limit(review=0.5), "the row may be good, and train what it should not"),
    "merged_rows": (Limit(review=0.5), "the first part is often good and can be cut out by hand"),
    "near_answer": (Limit(), "for the report: a policy that is repeated is no fault"),
    "near_but_different": (Limit(review=0.8), "1.022 and 1.032 are different facts; which is right?"),
    "near_duplicate": (
        Limit(review=0.7, set_aside=0.8),
        "the field's limits: from 0.7 to propose, 0.8 to act",
    ),
    "near_prompt": (Limit(), "for the split: two answers to one question are no fault"),
    "needs_unseen_input": (Limit(review=0.5), "what is missing may be in a field that was not read"),
    "no_assistant_turn": (Limit(set_aside=1.0), "there is nothing to train on"),
    "outcome_mismatch": (
        Limit(review=0.5),
        "the plan says what is wanted, and a vector said which behaviour it is",
    ),
    "over_budget": (Limit(set_aside=1.0), "the trainer would cut the answer"),
    "pair_without_contrast": (
        Limit(review=0.5, set_aside=1.0),
        "nothing can be preferred where both sides are the same",
    ),
    "paraphrase_duplicate": (
        Limit(review=0.5),
        "other words are never proof; a person says which row says it best",
    ),
    "placeholder_answer": (Limit(review=0.5), "a form has blanks by right"),
    "preference_bias": (Limit(), "for the report: about the set, not about a row"),
    "refusal": (
        Limit(review=0.5, set_aside=0.9),
        "0.9: nothing in the question calls for it; wanted ones score below 0.5",
    ),
    "repetition": (Limit(review=0.5, set_aside=0.9), "Gopher's limits ask; a text that is repetition acts"),
    "restatement": (Limit(review=0.6), "other words are never proof: a person says whether it is the same"),
    "roles_out_of_order": (Limit(review=0.5), "some templates and some tasks allow it"),
    "same_meaning_prompt": (Limit(), "for the split: two answers to one question are no fault"),
    "same_prompt_different_answers": (Limit(review=0.5), "several good answers are no contradiction"),
    "secrets": (
        Limit(review=0.5, set_aside=0.8),
        "a key or card that is recited harms somebody; of the rest a person knows whether it is real",
    ),
    "self_identity": (
        Limit(review=0.5),
        "another provider's name is wrong for you, unless you are that provider",
    ),
    "special_tokens": (
        Limit(review=0.5),
        "the text would end its own turn; templates differ in which tokens they have",
    ),
    "stray_reasoning": (Limit(review=0.5), "half of a mark is trained as text, or hides the answer"),
    "missing_value": (Limit(review=0.5), "a table's word for nothing is seldom what somebody said"),
    "rendered_prompt": (Limit(review=0.5), "a second set of role marks inside the template is seldom meant"),
    "unreviewed_synthetic": (Limit(set_aside=1.0), "nothing trains unseen; a person or a lot lets it"),
    "unread_media": (
        Limit(review=0.5, set_aside=0.95),
        "an answer about a picture that is not there is made up",
    ),
    "unread_field": (Limit(review=0.5), "the row may teach something else without it"),
    "tool_calls": (Limit(review=0.5), "a call that fails can be what the row teaches"),
    "truncation": (
        Limit(review=0.5, set_aside=0.95),
        "the generator's own word acts, the look of the end asks",
    ),
}

_UNREVIEWED = "unreviewed_synthetic"
# A check from elsewhere, or a new one, asks before it acts.
ASK = Limit(review=0.5)

Files = Annotated[
    list[str],
    BeforeValidator(lambda given: [given] if isinstance(given, str) else given),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One file or several."""


class Recipe(Settings):
    data: Data = Data()
    held_out: dict[str, Files] = Field(
        {}, description="evaluations that must share nothing with training; a file, a pattern, or a list"
    )
    model: Model = Model()
    split: Split = Split()
    policy: Policy = Policy()
    coverage: Coverage = Coverage()
    refusals: Refusals = Refusals()
    review: Review = Review()
    training: Training = Field(Training(), description="for figures of an epoch; it changes no row")
    gate: dict[str, float] = Field(
        {},
        description="for `finesift check`: how many rows, or which share below 1, a check may find",
    )
    limits: dict[str, Limit] = {}
    checks: dict[str, dict[str, Any]] = Field(
        {}, description="settings of a check; NAME = false leaves it out"
    )

    @model_validator(mode="after")
    def _nothing_unreviewed(self) -> Self:
        """What keeps unreviewed rows out is turned off by its name only, where the card shows it."""
        if _UNREVIEWED in self.limits or _UNREVIEWED in self.checks:
            raise ValueError(
                f"{_UNREVIEWED} has no limit and no setting; train_unreviewed_synthetic = true, under [policy], trains "
                "rows that nobody looked at"
            )
        return self

    @field_validator("checks", mode="before")
    @classmethod
    def _left_out(cls, value: Any) -> Any:
        """`language = false` is short for `language = { run = false }`."""
        if not isinstance(value, dict):
            return value
        return {name: {"run": given} if isinstance(given, bool) else given for name, given in value.items()}

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """Reads a TOML recipe. Relative paths in it start from its own folder."""
        raw, text = read_toml(path, hint="`finesift recipe` prints a complete one.")
        recipe = cls.parse(raw, where=str(path), text=text)
        base = Path(path).parent

        def here(name: str) -> str:
            return name if "://" in name else str(base / Path(name).expanduser())

        return recipe.merge(
            data={"train": [here(name) for name in recipe.data.train]},
            held_out={name: [here(file) for file in files] for name, files in recipe.held_out.items()},
            model={"template": recipe.model.template and here(recipe.model.template)},
            policy={"decisions": recipe.policy.decisions and here(recipe.policy.decisions)},
            coverage={
                "plan": recipe.coverage.plan and here(recipe.coverage.plan),
                "traffic": [here(name) for name in recipe.coverage.traffic],
            },
        )

    @classmethod
    def parse(cls, raw: Mapping[str, Any], where: str = "recipe", text: str = "") -> Recipe:
        """text: what `raw` was read from, to name the lines of all faults."""
        try:
            return cls.model_validate(raw)
        except ValidationError as e:
            said = [
                f"{where}:{line}: {fault}" if (line := line_of(text, place)) else f"{where}: {fault}"
                for place, fault in _explain(e)
            ]
            raise RecipeError("\n".join(said)) from e

    def merge(self, **sections: Mapping[str, Any]) -> Recipe:
        """The same recipe with the given settings changed, section by section."""
        raw = self.model_dump(exclude_unset=True)
        for section, settings in sections.items():
            raw[section] = {**raw.get(section, {}), **settings}
        return self.parse(raw)

    def limit(self, check: str) -> Limit:
        if check == _UNREVIEWED and self.policy.train_unreviewed_synthetic:
            # It is measured all the same: deciding again without the setting finds the rows.
            return Limit()
        return self.limits.get(check) or (LIMITS[check][0] if check in LIMITS else ASK)

    def with_limits(self, given: Iterable[str]) -> Recipe:
        """The same recipe at other limits, given as `check.review=0.6` or `check.set_aside=never`."""
        limits = {check: limit.model_dump() for check, limit in self.limits.items()}
        for text in given:
            place, _, score = text.partition("=")
            check, _, name = place.strip().rpartition(".")
            if not check or name not in Limit.model_fields or not score.strip():
                raise RecipeError(
                    f"--limit {text} is no limit.", hint="Give one as  near_duplicate.set_aside=0.9"
                )
            limits.setdefault(check, self.limit(check).model_dump())
            limits[check][name] = None if score.strip() == "never" else score
        return self.merge(limits=limits)

    def runs(self, check: str) -> bool:
        return bool(self.checks.get(check, {}).get("run", True))

    def settings_of(self, check: str, known: Iterable[str]) -> dict[str, Any]:
        """Keyword settings for a check: the recipe's own, and the model's where the check names them."""
        settings = {k: v for k, v in self.checks.get(check, {}).items() if k != "run"}
        _refuse_unknown(f"checks.{check}", settings, {*known, "run"})
        shared = {
            "max_tokens": self.model.max_tokens,
            "tokenizer_named": (self.model.tokenizer or self.model.template) is not None,
            "wanted": tuple(self.refusals.wanted),
        }
        return {name: value for name, value in shared.items() if name in set(known)} | settings

    def refuse_unknown_checks(self, names: Iterable[str]) -> None:
        """A typing error in a check's name would leave a default in force unnoticed."""
        known = set(names)
        _refuse_unknown("limits", self.limits, known)
        _refuse_unknown("checks", self.checks, known)

    def to_toml(self) -> str:
        """The whole recipe, defaults included, each with its reason; `load` reads it back."""
        return "\n".join(_toml(self))


def read_toml(path: str | Path, *, hint: str) -> tuple[dict[str, Any], str]:
    """What a TOML file says, and its text. Raises RecipeError, with the hint, where it is none."""
    try:
        text = Path(path).read_text("utf-8")
        return tomllib.loads(text), text
    except OSError as e:
        raise RecipeError(f"{path}: cannot be read ({e.strerror})") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise RecipeError(f"{path}: is not TOML: {e}", hint=hint) from e


def _refuse_unknown(where: str, given: Iterable[str], known: set[str]) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        named = ", ".join(f"{where}.{name}" for name in unknown)
        hints = [nearest(name, known) if len(unknown) == 1 else likely(name, known) for name in unknown]
        raise RecipeError(
            f"{named} {'is' if len(unknown) == 1 else 'are'} not known.", hint=" ".join(filter(None, hints))
        )


def nearest(name: str, known: Iterable[str]) -> str:
    """Which of the known names was meant, and which there are."""
    names = sorted(known)
    meant = likely(name, names)
    return f"{meant} Known here: {', '.join(names)}.".lstrip()


def likely(name: str, known: Iterable[str]) -> str:
    """Which of the known names was meant; "": none is close."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {close[0]}?" if close else ""


def _explain(error: ValidationError) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Of each fault, where it is and what it is."""
    for fault in error.errors():
        place = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            section: type[BaseModel] = Recipe
            for part in fault["loc"][:-1]:
                inner = section.model_fields[str(part)].annotation if part in section.model_fields else Limit
                section = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else Limit
            close = nearest(str(fault["loc"][-1]), section.model_fields)
            yield fault["loc"], f"{place} is not a setting. {close}"
        else:
            yield fault["loc"], f"{place}: {fault['msg']}; given: {fault['input']!r}"


def _toml(recipe: Recipe) -> Iterator[str]:
    for section in ("data", "held_out", "model", "split", "policy", "coverage", "review", "training", "gate"):
        settings = getattr(recipe, section)
        yield f"[{section}]"
        if isinstance(settings, dict):
            yield f"# {Recipe.model_fields[section].description}"
            yield from (f"{_key(name)} = {toml_value(value)}" for name, value in settings.items())
        else:
            for name, field in type(settings).model_fields.items():
                value = getattr(settings, name)
                line = f"# {name} =" if value is None else f"{name} = {toml_value(value)}"
                yield f"{line:<40} # {field.description}" if field.description else line
        yield ""
    yield "[limits]  # scores, 0 to 1, at which a finding acts"
    for check in sorted({*LIMITS, *recipe.limits} - {_UNREVIEWED}):
        limit = recipe.limit(check).model_dump(exclude_none=True)
        reason = LIMITS[check][1] if check in LIMITS else "asks before it acts"
        yield f"{check} = {toml_value(limit)}  # {reason}"
    for check, settings in recipe.checks.items():
        yield f"\n[checks.{_key(check)}]"
        yield from (f"{_key(name)} = {toml_value(value)}" for name, value in settings.items())
    yield ""


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else toml_value(name)


def toml_value(value: object) -> str:
    """A value as TOML writes it."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            # JSON's escapes are a subset of those of a TOML basic string, once DEL is escaped too.
            import json

            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case Settings():
            return toml_value(value.model_dump(exclude_none=True))
        case Mapping():
            inner = ", ".join(f"{_key(str(k))} = {toml_value(v)}" for k, v in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list() | tuple():
            return f"[{', '.join(toml_value(v) for v in value)}]"
        case _:
            return str(value)
