"""Writes docs/trainers.md from what `benchmarks/trainer/prove.py` measured, benchmarks/trainer/proved.json.

    python benchmarks/trainer/prove.py --json benchmarks/trainer/proved.json
    python tools/make_trainers_doc.py

`tests/test_docs.py` holds the page to the figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/trainers.md"
PROVED = ROOT / "benchmarks/trainer/proved.json"

HEAD = """# What trainers train

Made from measurements by `tools/make_trainers_doc.py`. Each trainer's own data code read an export of Finesift on the
CPU, in the version below, and every row that came out was compared with the proof, token for token. Two runs were
exported: *chats*, 3,144 rows of CodeAlpaca, LIMA and OASST with the packaged SmolLM2, and *kinds*, 1,152 made-up rows
with tools, reasoning, untrained answers and odd turns, with Qwen3's tokenizer and template; *pairs* are 72 preference
pairs, both sides of each, and 72 rated answers for DPO and KTO. A row is equal where its ids and labels are; white
space that a template writes behind the last answer, untrained, counts for nothing.

    python benchmarks/trainer/prove.py

makes the environments and repeats it: one command, half an hour, 2 GB of packages, no model and no data from a hub.
Other trainers' preference and rated data were not exported.

"""

LOADED = {
    "trl": "`SFTTrainer` with a tiny model from a config, its data loader",
    "axolotl": "`_load_and_prepare_datasets` by the exported YAML",
    "llamafactory": "`get_dataset` by the exported YAML, its template for the model",
    "ms-swift": "`load_dataset` and `Template.encode`, its template for the model",
    "torchtune": "the data set of the exported YAML, tokenizer of Qwen2.5 or Qwen2",
    "litgpt": "the data module, its prompt style for the model",
    "mlx-lm": "`iterate_batches`, and the gradient of `default_loss`",
}

DIFFER = """
## Why they differ

Given messages, a trainer renders them and finds the answers by itself.

- **TRL** trains what `{% generation %}` marks, so it is as good as the template: the export brings one that is
  patched and was tried on conversations of all kinds. A token that begins in the prompt and ends in the answer is
  trained; such rows (2 in LIMA) are left out by name. DPO and KTO count all behind the prompt, so the template that
  the export brings for them ends with the answer. KTO counts the rated answer alone, where the proof has the earlier
  answers of the conversation as well.
- **axolotl** finds an answer by comparing the text with one in which the message is another. What the template itself
  writes into the answer, such as Qwen3's empty `<think>` block, is not trained, though at inference the model has to
  write it. With a template without such words every row is as proved.
- **LLaMA-Factory** has templates of its own. All that end a turn with `<|im_end|>` and a line break train the line
  break. A reasoning model's get an empty `<think>` block before every answer of a conversation, which the model's
  template has before the last alone. For SmolLM2 its default system prompt ends in a full stop that the model's has
  not.
- **ms-swift** trains the line break behind the last answer, puts the empty block before every answer as well, joins
  two questions in a row without anything between them, and writes no default system prompt for plain ChatML.
- **torchtune** writes the format of its own models: no system prompt by default, no `<think>`.
- **LitGPT** encodes prompt and answer apart, in a prompt style; that is the proof where both are one text cut at a
  token. It trains `<|im_end|>` as the end of text. In a checkpoint folder that is not called SmolLM2-…-Instruct it
  takes the first token of the prompt away, since that is SmolLM2's BOS.
- **mlx-lm** trains from the last prompt to the end of the row and one position further, which is padding: its mask
  has `<=` where the length is. The export ends the template with the answer, so that this is all. With a batch size
  above 1 the longest rows, which do not fill a batch, never come: the exported configuration has 1.

Given token ids and labels, all of them train those, and nothing of the above applies.
"""

WHERE = """
## What becomes of a row

Of *kinds*, given as messages: **as proved**, what differs, or why the export leaves the row out by name before a
trainer meets it. As tokens every cell is "as proved".

"""


def page() -> str:
    results = json.loads(PROVED.read_text("utf-8"))
    return HEAD + "\n".join(_table(results)) + "\n" + DIFFER + WHERE + "\n".join(_situations(results)) + "\n"


def _table(results: list[dict[str, Any]]) -> Iterator[str]:
    yield "| trainer | loaded by | data | as | rows | left out by name | tokens | trained | equal | |"
    yield "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"
    before = None
    for one in sorted(results, key=lambda one: list(LOADED).index(one["trainer"])):
        named = one["trainer"] != before
        before = one["trainer"]
        name = f"{one['trainer']} {one['version']}" if named else ""
        loaded = LOADED[one["trainer"]] if named else ""
        figures = (one["rows"], one["left_out"], one["tokens"], one["trained"], one["equal"])
        cells = [name, loaded, one["data"], one["form"], *(f"{figure:,}" for figure in figures), _said(one)]
        yield f"| {' | '.join(cells)} |"


def _said(one: dict[str, Any]) -> str:
    if one["why"]:
        return f"does not run: {one['why']}"
    told = [f"{rows:,}: {why}" for why, rows in one["differs"].items()]
    told += [f"{one['missing']:,} never came"] if one["missing"] else []
    told += [f"{one['strange']:,} came that are no row"] if one["strange"] else []
    return "; ".join(told) or "**yes**"


def _situations(results: list[dict[str, Any]]) -> Iterator[str]:
    kinds = [
        one for one in results if one["data"] == "kinds" and one["form"] == "messages" and one["situations"]
    ]
    kinds.sort(key=lambda one: list(LOADED).index(one["trainer"]))
    names = list(dict.fromkeys(name for one in kinds for name in one["situations"]))
    yield "| | " + " | ".join(one["trainer"] for one in kinds) + " |"
    yield "| --- |" + " --- |" * len(kinds)
    for name in sorted(names, key=_order(results)):
        cells = (_cell(one["situations"].get(name, "")) for one in kinds)
        yield f"| {name} | {' | '.join(cells)} |"


def _order(results: list[dict[str, Any]]) -> Any:
    known = list(dict.fromkeys(name for one in results for name in one["situations"]))
    return known.index


def _cell(said: str) -> str:
    if not said:
        return "as proved"
    why = said.removeprefix("left out: ")
    if why == said:
        return f"differs: {why}"
    return "left out: " + why.partition(" does not carry ")[2] if " does not carry " in why else said


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
