"""What seven trainers train of an export, beside the proof: `python benchmarks/trainer/prove.py [TRAINER …]`.

Two sets are made into runs: `chats` (CodeAlpaca, LIMA and OASST of FINESIFT_DATA, with the packaged SmolLM2) and
`kinds` (rows.py: tools, reasoning, untrained answers, odd turns and edges, with Qwen3's tokenizer of FINESIFT_DATA).
Each is exported for each trainer as messages and as tokens; a script, load_NAME.py, has the trainer's own data code
read that in an environment of its own; and every row that the export wrote is compared: ids and labels. Nothing is
downloaded but packages, and nothing trained. One table is printed, and put into the JSON file that --json names, from
which tools/make_trainers_doc.py writes a page.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson
import polars as pl
from rows import conversations, pairs

import finesift
from environments import TRAINERS, environment, version
from finesift.data import tokenizer_folder
from finesift.errors import UsageError
from finesift.export.folder import LEFT_OUT, export
from finesift.export.target import targets

HERE = Path(__file__).parent
DATA = Path(os.environ.get("FINESIFT_DATA", HERE.parents[1] / "../shared/data"))
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "DISABLE_VERSION_CHECK": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "WANDB_MODE": "disabled",
}


@dataclass
class Result:
    """rows: written by the export. tokens, trained: of the proof. equal: rows whose ids and labels are the proved ones.
    differs: rows by what differs. missing: written rows of which nothing came; strange: sequences that are no row's."""

    trainer: str
    version: str
    data: str
    form: str
    rows: int = 0
    left_out: int = 0
    tokens: int = 0
    trained: int = 0
    equal: int = 0
    differs: dict[str, int] = field(default_factory=dict)
    missing: int = 0
    strange: int = 0
    why: str = ""
    #: Of rows.py: "" where every row of that kind is as proved, else how one differs, or why the export leaves it out.
    situations: dict[str, str] = field(default_factory=dict)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("names", nargs="*", default=list(TRAINERS))
    asked.add_argument("--data", default="kinds,pairs,chats")
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        runs = {name: made(name, Path(folder)) for name in given.data.split(",")}
        for name in given.names:
            for data, run in runs.items():
                for form in forms(name, data):
                    results.append(proved(name, data, run, form, Path(folder)))
                    print(line(results[-1]), flush=True)
            if given.json:
                keep(given.json, results)


def forms(name: str, data: str) -> list[str]:
    """The targets by which a trainer is given a set; of pairs and rated answers TRL's alone are written."""
    if data == "pairs":
        return ["trl-preference", "trl-kto"] if name == "trl" else []
    return [form for form in (name, f"{name}-tokens") if form in targets()]


def keep(file: Path, results: list[Result]) -> None:
    """Results by trainer, data and form; those that were not measured now stay as they are."""
    known = orjson.loads(file.read_bytes()) if file.exists() else []
    table = {(one["trainer"], one["data"], one["form"]): one for one in [*known, *map(asdict, results)]}
    ordered = sorted(
        table.values(), key=lambda one: (one["data"], list(TRAINERS).index(one["trainer"]), one["form"])
    )
    file.write_bytes(orjson.dumps(ordered, option=orjson.OPT_INDENT_2) + b"\n")


def made(name: str, folder: Path) -> finesift.Run:
    """A run with its tokens, all rows in train, and the folder of a model of a few thousand weights beside it."""
    if name in ("kinds", "pairs"):
        source = folder / f"{name}.jsonl"
        rows = pairs() if name == "pairs" else [row for _, row in conversations()]
        source.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        files, tokenizer, called = [source], DATA / "tokenizer_files/qwen3", "qwen3"
        recipe = {"tokenizer": str(tokenizer), "accept_losses": ["reasoning"]}
    else:
        sets = ("codealpaca/code_alpaca_2k.json", "lima/lima.json", "openassistant/en_100_tree.jsonl")
        files, tokenizer, called = (
            [DATA / "sft" / one for one in sets],
            tokenizer_folder(),
            "SmolLM2-Instruct",
        )
        recipe = {}
    model = folder / called
    model.mkdir(exist_ok=True)
    for file in Path(tokenizer).iterdir():
        if file.suffix in (".json", ".jinja"):
            (model / file.name).write_bytes(file.read_bytes())
    (model / "config.json").write_text(json.dumps(config(model, called)), "utf-8")
    near = ("near_duplicate", "near_but_different", "near_prompt", "near_answer")
    settings = {
        "data": {"train": [str(file) for file in files]},
        "model": recipe | {"tokenized": True, "max_tokens": 8_192},
        "split": {"validation": 0, "test": 0},
        "checks": dict.fromkeys(near, False),
    }
    return finesift.prep(finesift.Recipe.parse(settings), folder / name)


def config(model: Path, called: str) -> dict[str, object]:
    tokenizer = json.loads((model / "tokenizer.json").read_text("utf-8"))
    last = max([*tokenizer["model"]["vocab"].values(), *(token["id"] for token in tokenizer["added_tokens"])])
    kind = {"qwen3": "Qwen3ForCausalLM"}.get(called, "LlamaForCausalLM")
    return {
        "architectures": [kind], "model_type": kind.removesuffix("ForCausalLM").lower(), "hidden_size": 8,
        "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2,
        "head_dim": 4, "vocab_size": last + 1, "max_position_embeddings": 8_192, "torch_dtype": "float32",
    }  # fmt: skip


def proved(name: str, data: str, run: finesift.Run, form: str, folder: Path) -> Result:
    result = Result(
        name,
        version(name),
        data,
        {"trl-preference": "pairs", "trl-kto": "rated"}.get(
            form, "tokens" if targets()[form].tokens else "messages"
        ),
    )
    out = folder / f"{data}-{form}"
    try:
        found = export(run, targets()[form], out)
    except UsageError as e:
        result.why = str(e)
        return result
    left = {one["id"]: one["why"] for one in map(orjson.loads, lines(out / LEFT_OUT))}
    result.left_out = sum(found.left_out.values())
    model = run.path.parent / ("SmolLM2-Instruct" if data == "chats" else "qwen3")
    script = HERE / f"load_{name.replace('-', '_')}.py"
    came = folder / f"{data}-{form}.jsonl"
    environ = {**os.environ, **OFFLINE, "HF_HOME": str(folder / "hf")}
    environ.pop("PYTHONPATH", None)
    command = [environment(name), script, model, out, came]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        result.why = (done.stderr.strip().splitlines() or ["it does not run"])[-1][:200]
        print(done.stderr[-3_000:], file=sys.stderr)
        return result
    compare(result, run, left, [json.loads(one) for one in lines(came)])
    return result


def lines(file: Path) -> Iterator[bytes]:
    if file.exists():
        yield from file.read_bytes().splitlines()


def compare(
    result: Result, run: finesift.Run, left: dict[str, str], came: list[dict[str, list[int]]]
) -> None:
    kinds = _situations(run) if result.data == "kinds" else {}
    result.situations = dict.fromkeys(kinds.values(), "")
    for row, why in left.items():
        if row in kinds:
            result.situations[kinds[row]] = f"left out: {why}"
    table = pl.read_parquet(run.path / "tokenized/train.parquet").filter(~pl.col("id").is_in(list(left)))
    if result.data == "pairs":
        sides = pl.col("part") != "messages"
        table = table.filter(sides if result.form == "pairs" else ~sides)
    ends = _ends(run)
    waiting: dict[tuple[int, ...], list[dict[str, list[int]]]] = defaultdict(list)
    for one in came:
        waiting[_key(one["input_ids"], ends)].append(one)
    differs: Counter[str] = Counter()
    lost = []
    for row, ids, labels in table.select("id", "input_ids", "labels").iter_rows():
        result.rows += 1
        result.tokens += len(ids)
        result.trained += sum(label >= 0 for label in labels)
        found = waiting.get(_key(ids, ends))
        if not found:
            lost.append(row)
            if row in kinds:
                result.situations[kinds[row]] = "other tokens"
            continue
        best = min(found, key=lambda given: _unlike(labels, given["labels"]))
        found.remove(best)
        if why := _why(ids, labels, best, ends):
            differs[why] += 1
            if row in kinds:
                result.situations[kinds[row]] = why
        else:
            result.equal += 1
    strange = sum(map(len, waiting.values()))
    # Where as many came as were lost, each is a row with other text: which tells what the trainer's own template does.
    other = min(len(lost), strange)
    if other:
        differs["other tokens"] += other
    result.missing, result.strange = len(lost) - other, strange - other
    result.differs = dict(differs)


def _situations(run: finesift.Run) -> dict[str, str]:
    """What each row of rows.py is, by its id in the run; those that were set aside are not in it."""
    names = [name for name, _ in conversations()]
    table = run.table("examples").join(run.table("splits").filter(pl.col("fate") == "train"), on="example")
    return {id_: names[row - 1] for id_, row in table.select("id", "row").iter_rows()}


def _ends(run: finesift.Run) -> set[int]:
    """White space that templates write behind an answer: its tokens are trained or not, and change nothing else."""
    from finesift.inputs import tokenizer_of_run

    tokenizer = tokenizer_of_run(run)
    return {ids[0] for ids in tokenizer.encode(["\n", " ", "\n\n"]) if len(ids) == 1}


def _key(ids: list[int], ends: set[int]) -> tuple[int, ...]:
    """The tokens without what is padding or white space at the end."""
    size = len(ids)
    while size and (ids[size - 1] in ends or ids[size - 1] == 0):
        size -= 1
    return tuple(ids[:size])


def _unlike(proof: list[int], given: list[int]) -> int:
    return sum((a < 0) != (b < 0) for a, b in zip(proof, given, strict=False))


def _why(ids: list[int], proof: list[int], given: dict[str, list[int]], ends: set[int]) -> str:
    """How a row's labels differ from the proof; "" where they do not. Untrained tokens at the end count for nothing."""
    size = max(len(proof), len(given["labels"]))
    wanted, trained = (
        [label >= 0 for label in one] + [False] * (size - len(one)) for one in (proof, given["labels"])
    )
    more = [at for at in range(size) if trained[at] and not wanted[at]]
    told = []
    if any(wanted[at] and not trained[at] for at in range(size)):
        told.append("tokens of the answer are not trained")
    padding = [at for at in more if at >= len(ids) or given["input_ids"][at] != ids[at]]
    breaks = [at for at in more if at not in padding and ids[at] in ends]
    if padding:
        told.append("padding behind the answer is trained")
    if breaks:
        told.append("the line break behind an answer is trained")
    if len(more) > len(padding) + len(breaks):
        told.append("tokens of the prompt are trained")
    return "; ".join(told)


def line(one: Result) -> str:
    told = one.why or "; ".join(f"{rows:,}: {why}" for why, rows in one.differs.items())
    lost = (
        f"; {one.missing:,} rows never came, {one.strange:,} came that are none"
        if one.missing or one.strange
        else ""
    )
    return (
        f"{one.trainer:13} {one.version:8} {one.data:6} {one.form:9} {one.rows:6,} rows {one.left_out:6,} left out "
        f"{one.tokens:10,} tokens {one.trained:9,} trained {one.equal:6,} equal  {told}{lost}"
    )


if __name__ == "__main__":
    main()
