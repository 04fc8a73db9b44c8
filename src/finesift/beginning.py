"""A first recipe for a folder: what lies there that a recipe would name.

    found = survey(Path("."))
    found.to_toml()

Nothing is guessed that could lose a row: what is not sure stands in the recipe as a comment.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from finesift.corpus import Corpus
from finesift.errors import FinesiftError
from finesift.read import read
from finesift.recipe import Recipe, read_toml, toml_value

DATA = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow")
PACKED = (".gz", ".zst")
#: Bytes of a file of lines that are looked at; other files are read whole up to WHOLE, and named without a look beyond.
HEAD, WHOLE = 4_000_000, 32_000_000
# Folders that hold no raw data, and how deep and far one looks for some.
_SKIPPED = {"node_modules", "venv", "env", "__pycache__", "site-packages", "wandb", "checkpoints"}
_DEEPEST, _MOST = 4, 500
# JSON that says how things are set, and is no data.
_SETTINGS = re.compile(
    r"(config|settings|package(-lock)?|tokenizer|special_tokens|vocab|index|manifest|dataset_info|generation|trainer"
    r"|state|params|args|adapter|metadata|composer|tsconfig|baseline)[\w.-]*\.json$"
)
_EVALUATION = re.compile(
    r"(^|[/_.-])(test|tests|eval|evals|evaluation|held[-_]?out|holdout|bench|benchmark|benchmarks|exam|gsm8k|mmlu\w*"
    r"|human[-_]?eval\w*|mbpp|truthful[-_]?qa|hellaswag|arc|bbh|ifeval|mt[-_]?bench|alpaca[-_]?eval|gpqa|math500)"
    r"([/_.-]|$)",
    re.IGNORECASE,
)
_VALIDATION = re.compile(r"(^|[/_.-])(valid|validation|val|dev)([/_.-]|$)", re.IGNORECASE)
# Names that leave no doubt who speaks. Any other is for a person: what is taken for the assistant is trained.
_SURE = {"agent": "assistant", "bot": "assistant", "ai": "assistant", "customer": "user", "client": "user"}
_ROLE = re.compile(r'roles = \{ ("[^"]+"|[\w-]+) = "(\w+)" \}')


@dataclass(frozen=True)
class Found:
    """A file of data. rows: of what was looked at; whole: whether that is all of it. fault: why nothing was read."""

    name: str
    rows: int = 0
    whole: bool = True
    unreadable: int = 0
    shapes: list[str] = field(default_factory=list)
    fault: str | None = None
    roles: dict[str, str] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        if self.fault:
            return self.fault
        rows = f"{self.rows:,} rows" if self.whole else f"the first {self.rows:,} rows"
        lost = f", {self.unreadable:,} of them unreadable" if self.unreadable else ""
        return f"{rows}{lost}: {', '.join(self.shapes) or 'none that can be read'}"


@dataclass(frozen=True)
class Survey:
    """What a folder holds. train, held_out: files by what their names say they are. tokenizers: folders. plans: files
    of behaviours. unused: files that are no rows."""

    folder: Path
    train: list[Found]
    held_out: list[Found]
    tokenizers: list[str]
    plans: list[str]
    unused: list[Found]

    @property
    def roles(self) -> dict[str, str]:
        return {name: role for found in self.train for name, role in found.roles.items()}

    def to_toml(self) -> str:
        return "\n".join(_recipe(self)) + "\n"


def survey(folder: Path) -> Survey:
    """Looks at a folder, its files and those of folders below; runs, hidden folders and environments are passed by."""
    train: list[Found] = []
    held_out: list[Found] = []
    tokenizers: list[str] = []
    plans: list[str] = []
    unused: list[Found] = []
    for path in sorted(_walk(folder)):
        name = path.relative_to(folder).as_posix()
        if path.name == "tokenizer.json":
            tokenizers.append(path.parent.relative_to(folder).as_posix())
        elif path.suffix == ".toml" and _is_plan(path):
            plans.append(name)
        elif _is_data(path):
            found = look(path, name)
            chosen = held_out if _EVALUATION.search(name) else train
            readable = found.rows > found.unreadable or found.roles or found.fault
            (chosen if readable else unused).append(found)
    return Survey(folder, train, held_out, tokenizers, plans, unused)


def look(path: Path, name: str) -> Found:
    """What the beginning of a file is read as."""
    lines = path.suffix in (".jsonl", ".ndjson", ".csv", ".tsv")
    size = path.stat().st_size
    if not size:
        return Found(name)
    if size > (HEAD if lines else WHOLE) and not lines:
        return Found(name, fault=f"{size / 1e6:,.0f} MB, not looked into")
    with tempfile.TemporaryDirectory() as folder:
        head = path
        if whole := size <= HEAD or not lines:
            pass
        else:
            head = Path(folder, path.name)
            with path.open("rb") as file:
                text = file.read(HEAD)
            head.write_bytes(text[: text.rfind(b"\n") + 1])
        try:
            corpus = read([str(head)])
        except FinesiftError as e:
            return Found(name, fault=f"cannot be read: {e.args[0]}")
    return _found(name, corpus, whole=whole)


def _found(name: str, corpus: Corpus, *, whole: bool) -> Found:
    shapes = corpus.examples["shape"].cast(pl.String).value_counts(sort=True)["shape"].to_list()
    hints = corpus.unreadable["hint"].drop_nulls().unique(maintain_order=True).to_list()
    roles = {}
    for hint in hints:
        if match := _ROLE.search(hint):
            roles[match[1].strip('"')] = match[2]
    rest = [hint for hint in hints if not _ROLE.search(hint)]
    return Found(name, corpus.rows, whole, corpus.unreadable.height, shapes, None, roles, rest[:3])


def _walk(folder: Path) -> Iterator[Path]:
    seen = 0
    for where, folders, files in os.walk(folder):
        here = Path(where)
        depth = len(here.relative_to(folder).parts)
        run = "manifest.json" in files and "tables" in folders
        folders[:] = sorted(
            name
            for name in folders
            if depth < _DEEPEST and not run and name not in _SKIPPED and not name.startswith(".")
        )
        for name in sorted([] if run else files):
            seen += 1
            if seen > _MOST:
                return
            yield here / name


def _is_data(path: Path) -> bool:
    suffixes = [suffix for suffix in path.suffixes[-2:] if suffix not in PACKED]
    return bool(suffixes) and suffixes[-1] in DATA and not _SETTINGS.search(path.name)


def _is_plan(path: Path) -> bool:
    try:
        return "behaviour" in read_toml(path, hint="")[0]
    except FinesiftError:
        return False


def _recipe(found: Survey) -> Iterator[str]:
    yield "# A recipe, begun by `finesift init` from what lay in the folder. `finesift recipe` shows every setting."
    yield ""
    yield "[data]"
    yield "train = ["
    for one in found.train:
        yield f"    {toml_value(one.name)},  # {_comment(one.said)}"
    yield "]"
    sure = {name: role for name, role in found.roles.items() if _SURE.get(name) == role}
    if sure:
        yield f"roles = {toml_value(sure)}  # names in your data that are no roles of ours"
    if asked := {name: role for name, role in found.roles.items() if name not in sure}:
        yield f"# roles = {toml_value(sure | asked)}  # are these assistants? Their rows are not read until you say so."
    for one in found.train:
        if _VALIDATION.search(one.name):
            yield f'# {_comment(one.name)} may be your own validation set:  [split] existing = "files" keeps it.'
        for hint in one.hints:
            yield f"# {_comment(one.name)}: {_comment(hint)}"
    for one in found.unused:
        yield f"# Not taken: {_comment(one.name)}, in which no row could be read."
    yield from _held_out(found)
    yield from _model(found)
    fresh = Recipe()
    yield ""
    yield "[split]"
    yield f"validation = {fresh.split.validation}  # of the rows kept, to stop by"
    yield f"test = {fresh.split.test}  # of the rows kept, sealed until the end"
    yield f"seed = {fresh.split.seed}"
    if found.plans:
        yield ""
        yield "[coverage]"
        yield f"plan = {toml_value(found.plans[0])}  # the behaviours to be taught"


def _held_out(found: Survey) -> Iterator[str]:
    yield ""
    yield "[held_out]  # evaluations that must share nothing with training"
    names: set[str] = set()
    for one in found.held_out:
        name = base = re.sub(r"\W+", "_", Path(one.name).name.split(".")[0]).strip("_").lower() or "held_out"
        number = 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names.add(name)
        yield f"{toml_value(name)} = {toml_value(one.name)}  # by its name; {_comment(one.said)}"
    if not found.held_out:
        yield '# gsm8k = "eval/gsm8k_test.jsonl"'


def _model(found: Survey) -> Iterator[str]:
    yield ""
    yield "[model]"
    if found.tokenizers:
        yield f"tokenizer = {toml_value(found.tokenizers[0])}"
        yield from (f"# tokenizer = {toml_value(name)}" for name in found.tokenizers[1:])
    else:
        yield '# tokenizer = "Qwen/Qwen3-0.6B"  # the model that you will train; until then SmolLM2, which is packaged'
    yield f"# max_tokens = {Recipe().model.max_tokens}  # the sequence budget that you will train with"


def _comment(text: str) -> str:
    """Text from a file for a comment: one line, nothing that a terminal would obey."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))[:160]
