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
FINDINGS = ROOT / "findings/README.md"
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
    "trl": "`SFTTrainer`, `DPOTrainer`, `KTOTrainer` with a tiny model from a config, their data loaders",
    "axolotl": "`_load_and_prepare_datasets` by the exported YAML",
    "llamafactory": "`get_dataset` by the exported YAML",
    "ms-swift": "`load_dataset` and `Template.encode` with the exported plugin",
    "torchtune": "the data set of the exported YAML",
    "litgpt": "the exported data module",
    "mlx-lm": "the exported batches, and the gradient of the exported loss",
    "nemo-automodel": "`ChatDataset` by the exported YAML",
    "unsloth": "its `SFTTrainer` on the CPU, with a tiny model from a config",
}

DIFFER = """
Rows are left out by name where a token begins in the prompt and ends in the answer (2 in LIMA, for messages), and
before that where a target does not carry them: see `not_exported.jsonl` of an export.

## How messages become what is proved

Given messages, a trainer renders them and finds the answers by itself. So an export of messages brings the model's
template with `{% generation %}` around what is trained, and the settings of the recipe in it; and before a row is
written, Finesift renders it once more with that template, the way the trainer will, and compares: a row that would
become other tokens, or of which others would be trained, is left out by name.

- **TRL** and **NeMo AutoModel** train what the template marks by themselves. DPO and KTO count all behind the prompt,
  so the template that the export brings for them ends with the answer. KTO counts the rated answer alone, and so does
  the proof: the earlier answers of a rated conversation are its prompt.
- **axolotl**, **LLaMA-Factory**, **ms-swift**, **torchtune**, **LitGPT** and **mlx-lm** are given the few lines that
  make them render so, by the way in that each has: a prompt strategy, a registered template and converter, a plugin, a
  data set, a data module, a loss. Answers with `train: false` are left out of the loss.
- **Unsloth** is given token ids and labels only.

## What they do without

By templates and masks of their own, with the same rows and in the same versions, seen before these lines were there:

- **axolotl** finds an answer by comparing the text with one in which the message is another. What the template itself
  writes into the answer, such as Qwen3's empty `<think>` block, is not trained, though at inference the model has to
  write it: 1,116 of *kinds*' 1,152 rows. With a template without such words every row is as proved.
- **LLaMA-Factory** has templates of its own. All that end a turn with `<|im_end|>` and a line break train the line
  break. A reasoning model's get an empty `<think>` block before every answer of a conversation, which the model's
  template has before the last alone. For SmolLM2 its default system prompt ends in a full stop that the model's has
  not. No row was as proved.
- **ms-swift** trains the line break behind the last answer, puts the empty block before every answer as well, joins
  two questions in a row without anything between them, and writes no default system prompt for plain ChatML. No row
  was as proved.
- **torchtune** writes the format of its own models: no system prompt by default, no `<think>`. No row was as proved.
- **LitGPT** encodes prompt and answer apart, in a prompt style, one turn each; that is the proof where both are one
  text cut at a token: all 3,040 single turns of *chats*, none of *kinds*. In a checkpoint folder that is not called
  SmolLM2-…-Instruct it takes the first token of the prompt away, since that is SmolLM2's BOS.
- **mlx-lm** trains from the last prompt to the end of the row and one position further, which is padding: its mask
  has `<=` where the length is. With a batch size above 1 the longest rows, which do not fill a batch, never come.

## Not run

- **open-instruct** is in no package index; it is run from a checkout of its repository, which was not had. Its layout
  follows its source.
- **OpenAI, Azure, Together, Fireworks, Mistral, Gemini, Bedrock, Cohere**: nothing was uploaded. Their published
  layouts are tables (`finesift/export/published.py`), each with its page and when it was read.
"""

FOUND = """
## What else they do

Seen by running each without Finesift, by the scripts in `findings/`; each fails when what it saw changes.

"""


def page() -> str:
    results = json.loads(PROVED.read_text("utf-8"))
    return HEAD + "\n".join(_table(results)) + "\n" + DIFFER + FOUND + "\n".join(_found()) + "\n"


def _found() -> Iterator[str]:
    """Of the findings' table the rows about trainers, in the order of the trainers above."""
    yield "| trainer | one would guess | what happens | what Finesift does | script |"
    yield "| --- | --- | --- | --- | --- |"
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        for line in FINDINGS.read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    for trainer in LOADED:
        begins = f"`{trainer.replace('-', '_')}_"
        for script, guess, seen, answer in (row for row in rows if row[0].startswith(begins)):
            yield f"| {trainer} | {guess} | {seen} | {answer} | {script} |"


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


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
