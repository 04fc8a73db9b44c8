"""Rows that trainers in `findings/` train as something else, or lose: what an export does about each."""

import json
import sys
import types

import numpy as np
import pytest

from finesift.corpus import chat
from finesift.export.adapters import adapter
from finesift.export.folder import export
from finesift.export.target import targets
from finesift.inputs import tokenizer_of_run
from finesift.pipeline import prep
from finesift.recipe import Recipe

ASK, ANSWER = {"role": "user", "content": "Name a tree."}, {"role": "assistant", "content": "Oak."}


def exported(folder, rows, name):
    """The run of the rows, and the rows of its export."""
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = {"data": {"train": [str(folder / "a.jsonl")]}, "split": {"validation": 0, "test": 0}}
    run = prep(Recipe.parse(recipe), folder / "run")
    export(run, targets()[name], folder / "out")
    return run, [json.loads(line) for line in (folder / "out/train.jsonl").read_text().splitlines()]


def test_other_layouts_and_names_of_roles_are_written_as_messages(tmp_path):
    """SFTTrainer renders `human` and `gpt`, and asks the first row for the layout of all."""
    rows = [
        {
            "conversations": [
                {"from": "human", "value": "Name a bee."},
                {"from": "gpt", "value": "A mason bee."},
            ]
        },
        {"prompt": "Name a knot.", "completion": "Bowline."},
        {"instruction": "Name a star.", "input": "", "output": "Vega."},
        chat("Name a tree.", "Oak."),
    ]
    _, made = exported(tmp_path, rows, "trl")
    assert [[message["role"] for message in row["messages"]] for row in made] == [["user", "assistant"]] * 4
    assert not any({"text", "prompt", "conversations"} & row.keys() for row in made)


def test_kinds_of_rows_that_are_trained_apart_are_never_in_one_file(tmp_path):
    """SFTTrainer takes joined sets for what their first row is."""
    rated = {"prompt": [ASK], "completion": [ANSWER], "label": True}
    run, made = exported(
        tmp_path, [chat("Name a bird.", "Jay."), {"text": "Ropes are of hemp."}, rated], "trl"
    )
    assert [row["messages"][0]["content"] for row in made] == ["Name a bird."]
    assert sorted(file.name for file in run.files("train")) == [
        "train.jsonl",
        "train.kto.jsonl",
        "train.text.jsonl",
    ]


def test_of_a_row_that_ends_in_a_question_the_answer_alone_is_trained(tmp_path):
    """mlx-lm trains the user's last words instead."""
    thanks = {"role": "user", "content": "Thank you!"}
    run, (made,) = exported(tmp_path, [{"messages": [ASK, ANSWER, thanks]}], "mlx-lm-tokens")
    trained = [label for label in made["labels"] if label >= 0]
    assert tokenizer_of_run(run).backend.decode(trained, False) == "Oak.<|im_end|>"


@pytest.fixture
def mlx_lm_train(monkeypatch):
    """The file that an export brings for mlx-lm, over numpy: mlx itself runs on few machines."""
    core = types.ModuleType("mlx.core")
    core.array, core.where, core.maximum, core.float32 = np.array, np.where, np.maximum, np.float32
    nn = types.ModuleType("mlx.nn")
    nn.losses = types.SimpleNamespace(cross_entropy=lambda logits, labels: np.ones(labels.shape))
    names = {"mlx": types.ModuleType("mlx"), "mlx.core": core, "mlx.nn": nn}
    names |= {"mlx.optimizers": types.ModuleType("mlx.optimizers"), "proved": types.ModuleType("proved")}
    names["proved"].rows = lambda file, tokenizer: []
    for name, module in names.items():
        monkeypatch.setitem(sys.modules, name, module)
    names["mlx"].core, names["mlx"].nn, names["mlx"].optimizers = core, nn, names["mlx.optimizers"]
    made = types.ModuleType("mlx_lm_train")
    exec(adapter("mlx_lm_train.py", model="m", length=64), made.__dict__)
    return made


def test_mlx_is_brought_batches_that_lose_no_row_and_a_loss_that_counts_no_padding(mlx_lm_train):
    """mlx-lm never trains the last rows of a file, and one padding token behind each answer."""
    rows = [{"input_ids": [n + 1] * n, "labels": [-100] * (n - 1) + [n + 1]} for n in range(2, 13)]
    came, counted = [], 0
    for ids, labels in mlx_lm_train.batches(rows, 4, 64):
        came += [int(row[0]) - 1 for row in ids]
        _, trained = mlx_lm_train.loss(lambda given: given, ids, labels)
        counted += int(trained)
    assert sorted(came) == list(range(2, 13)) and counted == len(rows)


def test_llamafactory_is_brought_a_format_and_a_template_of_our_own(tmp_path):
    """Its own drop a row with an odd turn, and with `formatting: openai` some write a system prompt."""
    odd = {"messages": [ASK, {"role": "user", "content": "A tall one."}, ANSWER]}
    _, made = exported(tmp_path, [odd], "llamafactory")
    assert len(made) == 1 and len(made[0]["messages"]) == 3
    info = json.loads((tmp_path / "out/dataset_info.json").read_text())
    assert info["finesift_train"]["formatting"] == "proved"
    assert "template: proved" in (tmp_path / "out/llamafactory.yaml").read_text()
    brought = (tmp_path / "out/llamafactory_train.py").read_text()
    assert 'register_dataset_converter("proved"' in brought and 'register_template("proved"' in brought


@pytest.mark.parametrize(
    "name, file, way",
    [
        ("torchtune", "torchtune.yaml", "torchtune_rows.proved_dataset"),
        ("litgpt", "litgpt.sh", "--data litgpt_rows.Proved"),
        ("ms-swift", "ms_swift.sh", "--template proved"),
        ("axolotl", "axolotl.yaml", "strategy.axolotl_rows"),
    ],
)
def test_a_trainer_that_may_train_prompts_is_brought_the_proved_labels(tmp_path, name, file, way):
    """torchtune's Alpaca rows and LitGPT's data modules train prompts unless told not to."""
    exported(tmp_path, [chat("Name a tree.", "Oak.")], name)
    assert way in (tmp_path / "out" / file).read_text()
    assert "{% generation %}" in (tmp_path / "out/chat_template.jinja").read_text()
