"""The benchmark that trains runs, in its form for two CPU cores, on made-up rows."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks/matters"


def module(name: str):
    spec = importlib.util.spec_from_file_location(f"matters_{name}", FOLDER / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # dataclasses look their module up
    spec.loader.exec_module(made)
    return made


def test_tensors_are_dequantised_as_their_format_says():
    inputs = module("inputs")
    scale, least = np.array([0.5], np.float16).tobytes(), np.array([-1], np.float16).tobytes()
    values = np.arange(32, dtype=np.int8)
    assert inputs.dequantised("Q8_0", scale + values.tobytes()).tolist() == (values * 0.5).tolist()
    nibbles = bytes(n | (15 - n) << 4 for n in range(16))
    wanted = [n * 0.5 - 1 for n in range(16)] + [(15 - n) * 0.5 - 1 for n in range(16)]
    assert inputs.dequantised("Q4_1", scale + least + nibbles).tolist() == wanted


@pytest.mark.long
def test_two_arms_train_are_saved_and_are_not_trained_again(tmp_path):
    pytest.importorskip("torch", reason="training needs PyTorch")
    made_up(tmp_path)
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, FOLDER / "train.py", "--inputs", tmp_path, "--out", tmp_path / "results.jsonl",
             "--small", "--steps", "20", "--seeds", "0", "--arms", "scratch", "end_untrained"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert [one["arm"] for one in results] == ["scratch", "end_untrained"]
    whole, untrained = (one["end"] for one in results)
    assert untrained < whole
    table = subprocess.run(
        [sys.executable, FOLDER / "table.py", tmp_path / "results.jsonl"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "| end_untrained | 1 |" in table.stdout


def made_up(folder: Path) -> None:
    """Rows of few words: <|im_start|>, a prompt, two tokens of the template, an answer, <|im_end|> and a line break."""
    from tokenizers import Tokenizer, models

    inputs = module("inputs")
    words = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "Ġ", *"ABCD", *(f"w{n}" for n in range(60))]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="w0"))
    for name in ("scratch", "smollm2"):
        (folder / f"words.{name}.json").write_text(tokenizer.to_str())
    chance = np.random.default_rng(1)
    rows = [[1, *chance.integers(8, 60, 9), 8, *chance.integers(8, 60, 5), 2, 9] for _ in range(400)]
    starts = np.arange(0, 17 * 401, 17, dtype=np.int32)
    one = inputs.Rows(np.array(rows, np.uint16).ravel(), starts, np.full(400, 11, np.int16))
    sets = {"pool": np.arange(300), "val": np.arange(300, 360), "other": np.arange(360, 400)}
    special = {word: n for n, word in enumerate(words[:3])}
    about = {"special": {"scratch": special, "smollm2": special}}
    numbered = {name: of.astype(np.int32) for name, of in sets.items()}
    inputs.save(folder, inputs.Inputs({"scratch": one, "smollm2": one}, numbered, about, folder))
