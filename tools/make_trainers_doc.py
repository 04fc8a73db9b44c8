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
exported: *chats*, 3,144 rows of CodeAlpaca, LIMA and OASST with the packaged SmolLM2, and *kinds*, 1,296 made-up rows
with tools of several schemas, reasoning, untrained answers and odd turns, with Qwen3's tokenizer and template; *pairs*
are 72 preference pairs, both sides of each, and 72 rated answers for DPO and KTO, some with tools. A row is equal where
its ids and labels are; white space that a template writes behind the last answer, untrained, counts for nothing.

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

- **open-instruct** is in no package index; it is run from a checkout of its repository, which was not had. Its layouts
  follow its pages.
- **OpenAI, Azure, Together, Fireworks, Mistral, Gemini, Bedrock, Cohere**: nothing was uploaded. Their published
  layouts are tables (`finesift/export/published.py`), each with its page and when it was read.
"""

#: Situations across the table: the rows of benchmarks/trainer/rows.py that are such, or in words what becomes of such
#: rows before an export; and by script of findings/ what the trainer does by itself.
ACROSS: dict[str, tuple[tuple[str, ...] | str, dict[str, str]]] = {
    "ends in a user's turn": (
        ("a question last",),
        {
            "mlx_lm_row_ends_in_user": "the user's words are trained, the answer is not",
            "trl_sft_completion_with_user_turn": "in a completion they are trained",
        },
    ),
    "turns out of order": (
        ("an answer first", "two questions in a row", "two answers in a row"),
        {"llamafactory_drops_odd_turns": "the row goes"},
    ),
    "a system prompt, or none": (
        ("a system prompt", "a system prompt and two answers", "one answer"),
        {"llamafactory_openai_adds_a_system_prompt": "one is written"},
    ),
    "several answers": (
        ("two answers", "a system prompt and two answers"),
        {
            "litgpt_turns_apart": "each without what was said before",
            "mlx_lm_trains_the_last_answer": "the last alone, prompts masked",
        },
    ),
    "tools, calls, results": (
        (
            "a tool call, its result and an answer",
            "text and two calls, two results, an answer",
            "an end with a call",
            "tools that are not called",
            "a tool call, then another question",
        ),
        {"torchtune_calls_repeat_the_question": "the question is trained as a call"},
    ),
    "other tools in other rows": (
        ("a call of a tool that other rows have not",),
        {"trl_sft_null_arguments": "nulls of other rows are trained"},
    ),
    "reasoning": (
        ("reasoning", "reasoning in both of two answers"),
        {"trl_training_templates_text": "its templates write other history"},
    ),
    "`train: false`, `weight: 0`": (
        ("an answer with `train: false`",),
        {
            "trl_sft_weight_and_label": "trained",
            "axolotl_weight": "trained, unless the field is named",
            "mlx_lm_trains_the_last_answer": "trained where prompts are",
        },
    ),
    "blanks and line breaks at edges": (
        (
            "an answer after two line breaks",
            "an answer that begins with blanks",
            "an answer that ends in blanks",
            "blanks around a question",
        ),
        {"trl_sft_rendered_text_ends_twice": "a second end behind rendered text"},
    ),
    "an empty answer": (
        "set aside: `empty_answer`",
        {"axolotl_empty_answers": "a row of which nothing is trained"},
    ),
    "no answer, nothing trained": ("set aside: `no_assistant_turn`; else left out", {}),
    "longer than the limit": (
        "set aside: `over_budget`",
        {
            "trl_sft_too_long": "cut, or gone",
            "llamafactory_cuts_questions": "the task is cut, the answer trained",
            "torchtune_cut_answers_end": "its last token becomes an end",
            "mlx_lm_answers_behind_the_limit": "all weights are nan",
        },
    ),
    "packing": ("", {"trl_packing_cuts_rows": "cuts what is longer than a sequence"}),
    "padding, the last batch": (
        "",
        {
            "mlx_lm_trains_padding": "padding is trained",
            "mlx_lm_last_rows": "the last rows never are",
        },
    ),
    "prompts": (
        ("one answer", "two answers"),
        {
            "torchtune_alpaca_trains_prompts": "trained by default",
            "litgpt_trains_prompts": "trained by default",
            "trl_sft_completion_only_on_chats": "trained by default",
        },
    ),
    "two layouts, other names": (
        "read by Finesift, written as messages",
        {
            "trl_sft_two_layouts": "which one is read may differ from run to run",
            "trl_sft_sharegpt_roles": "roles as they stand, all trained",
            "trl_sft_concatenated_layouts": "the first row speaks for all",
            "ms_swift_two_columns_of_answers": "the answer is lost",
        },
    ),
    "pairs, ratings": (
        "",
        {
            "trl_dpo_where_the_prompt_ends": "the prompt ends at the first difference",
            "trl_unpaired_contradictions": "one answer wanted and unwanted",
        },
    ),
}
#: What else was run of an export, by trainer and situation.
ALSO = {
    ("trl", "pairs, ratings"): "as proved",
    ("trl", "packing"): "off in the configuration",
    ("torchtune", "packing"): "off in the configuration",
    ("mlx-lm", "padding, the last batch"): "as proved",
}

SITUATIONS = """
## Situation by situation

Each trainer twice: *exported*, what it trained of an export, or what becomes of such rows before; and *alone*, what it
does with such rows by itself where a script of `findings/` shows that this is otherwise than one would guess. *unknown*
is where nothing ran.

"""

FOUND = """
## What else they do

Seen by running each without Finesift, by the scripts in `findings/`; each fails when what it saw changes.

"""


def page() -> str:
    results = json.loads(PROVED.read_text("utf-8"))
    situations = SITUATIONS + "\n".join(_across(results)) + "\n"
    return HEAD + "\n".join(_table(results)) + "\n" + situations + DIFFER + FOUND + "\n".join(_found()) + "\n"


def _across(results: list[dict[str, Any]]) -> Iterator[str]:
    """Trainers down, situations across."""
    yield f"| trainer | | {' | '.join(ACROSS)} |"
    yield f"| --- | --- |{' --- |' * len(ACROSS)}"
    scripts = {row[0].strip("`") for row in _rows()}
    for trainer in LOADED:
        runs = [one["situations"] for one in results if one["trainer"] == trainer and one["situations"]]
        exported, alone = [], []
        for title, (made, seen) in ACROSS.items():
            exported.append(ALSO.get((trainer, title)) or _exported(made, runs))
            begins = trainer.replace("-", "_") + "_"
            told = [
                words for script, words in seen.items() if script.startswith(begins) and script in scripts
            ]
            alone.append(f"differs: {'; '.join(told)}" if told else "unknown")
        yield f"| {trainer} | exported | {' | '.join(exported)} |"
        yield f"| | alone | {' | '.join(alone)} |"


def _exported(made: tuple[str, ...] | str, runs: list[dict[str, str]]) -> str:
    """Of rows that were exported as messages and as tokens: as proved, or how not."""
    if isinstance(made, str):
        return made or "unknown"
    told = {run[name] for run in runs for name in made if name in run}
    if not told:
        return "unknown"
    differs = sorted(told - {""})
    if not differs:
        return "as proved"
    left = all(why.startswith("left out") for why in differs)
    how = "; ".join(dict.fromkeys(why.removeprefix("left out: ") for why in differs))
    return (
        f"left out by name: {how}" + (" (as tokens: as proved)" if "" in told else "")
        if left
        else f"differs: {how}"
    )


def _found() -> Iterator[str]:
    """Of the findings' table the rows about trainers, in the order of the trainers above."""
    yield "| trainer | one would guess | what happens | what Finesift does | script |"
    yield "| --- | --- | --- | --- | --- |"
    for trainer in LOADED:
        begins = f"`{trainer.replace('-', '_')}_"
        for script, guess, seen, answer, _ in (row for row in _rows() if row[0].startswith(begins)):
            yield f"| {trainer} | {guess} | {seen} | {answer} | {script} |"


def _rows() -> list[list[str]]:
    """The cells of the findings' table."""
    return [
        [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        for line in FINDINGS.read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]


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
