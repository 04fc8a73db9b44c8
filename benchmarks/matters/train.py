"""Does preparing data matter? Trains the arms, measures each, and saves it before the next begins.

    python benchmarks/matters/train.py --inputs .matters --out results.jsonl                    # one GPU, some minutes
    python benchmarks/matters/train.py --inputs .matters --out results.jsonl --small            # two CPU cores

What is in `--out` already is not trained again. `--limit SECONDS` ends between two arms. `table.py` prints the table.
"""

from __future__ import annotations

import json
import re
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from arms import Arm, Draw, NothingToDrawError, leaked, named
from inputs import LONGEST, Inputs, load, weights
from model import IGNORED, SCRATCH, SMOLLM2, TINY, Llama, Shape
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor


@dataclass(frozen=True)
class Plan:
    """How an arm is trained. Set once, before any arm was measured, and the same for all arms of a start."""

    shape: Shape
    steps: int
    batch: int
    rate: float
    length: int = LONGEST
    warmup: float = 0.05
    decay: float = 0.1
    prompts: int = 192  # to write answers to
    written: int = 160  # tokens of an answer, at most
    measured: int = 400  # rows of a set that a loss is measured on


FULL = {
    "scratch": Plan(SCRATCH, steps=900, batch=64, rate=1e-3),
    "smollm2": Plan(SMOLLM2, steps=200, batch=32, rate=3e-4),
}
SMALL = Plan(TINY, steps=60, batch=16, rate=3e-3, length=128, prompts=16, written=40, measured=64)
#: No more prompt tokens than these in what the model is asked to answer.
ASKED = 96
REFUSES = re.compile(
    r"^\W*(?:I(?:['’]?m| am) (?:sorry|unable|not able)|Sorry|I apologi[sz]e|I can(?:not|['’]t)|As an AI"
    r"|I (?:do not|don['’]t) have|I (?:will not|won['’]t)|Unfortunately)",
    re.IGNORECASE,
)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=Path, required=True, help="the folder that prepare.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="JSON lines, one an arm and seed")
    parser.add_argument("--arms", nargs="+", default=["all"], help="names, scratch_model, pretrained or all")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--limit", type=float, default=480, help="seconds, all arms together")
    parser.add_argument("--steps", type=int, help="other than planned, to see whether it runs")
    parser.add_argument("--eager", action="store_true", help="without torch.compile")
    parser.add_argument("--small", action="store_true", help="a tiny model and few steps, for two CPU cores")
    given = parser.parse_args()
    began = time.monotonic()
    arms = named(given.arms)
    inputs = load(given.inputs)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_float32_matmul_precision("high")
    if device.type == "cpu":
        torch.set_num_threads(
            1
        )  # so small a model gains little from a second, and where cores are shared loses much
    done = {(one["arm"], one["seed"]) for one in finished(given.out)}
    benches: dict[str, Bench | None] = {}
    longest: dict[str, float] = {}
    for seed in given.seeds:
        for arm in arms:
            if (arm.name, seed) in done:
                continue
            spent = time.monotonic() - began
            if spent + longest.get(arm.start, 0) > given.limit:
                print(
                    f"{spent:5.0f} s  {arm.name} seed {seed}: not begun, the limit is {given.limit:.0f} s",
                    flush=True,
                )
                continue
            if arm.start not in benches:
                benches[arm.start] = bench(arm.start, inputs, device, small=given.small, steps=given.steps)
                if device.type == "cuda" and benches[arm.start] and not given.eager:
                    benches[arm.start].model.compile_parts()
            if (place := benches[arm.start]) is None:
                print(f"{arm.name}: not trained, {given.inputs} lacks weights of SmolLM2", flush=True)
                continue
            at = time.monotonic()
            try:
                result = place.run(arm, seed)
            except NothingToDrawError as e:
                print(f"{arm.name}: not trained, {e}", flush=True)
                continue
            result["seconds"] = round(time.monotonic() - at, 2)
            # The first arm compiles, so it says nothing of how long the next takes.
            longest[arm.start] = result["seconds"] if arm.start in longest else 0
            with given.out.open("a") as out:
                out.write(json.dumps(result) + "\n")
            val = result["losses"]["val"]
            print(
                f"{time.monotonic() - began:5.0f} s  {arm.name:18} seed {seed}  {result['seconds']:5.1f} s  "
                f"val {sum(s for s, _ in val) / sum(n for _, n in val):.3f}  {result['answers'] or ''}",
                flush=True,
            )


def finished(out: Path) -> list[dict[str, Any]]:
    """What was saved; a line that a killed run left half-written is not."""
    lines = out.read_bytes().split(b"\n")[:-1] if out.is_file() else []
    return [json.loads(line) for line in lines]


def bench(
    start: str, inputs: Inputs, device: torch.device, *, small: bool, steps: int | None
) -> Bench | None:
    plan = SMALL if small else FULL[start]
    plan = replace(plan, steps=steps or plan.steps)
    if small or start == "scratch":
        return Bench("scratch", plan, inputs, device)
    tensors = weights(inputs.folder)
    return Bench(start, plan, inputs, device, tensors) if tensors else None


class Bench:
    """A model, compiled once, with the rows it reads."""

    def __init__(
        self,
        words: str,
        plan: Plan,
        inputs: Inputs,
        device: torch.device,
        tensors: dict[str, NDArray[np.float32]] | None = None,
    ) -> None:
        self.plan, self.device, self.inputs = plan, device, inputs
        self.rows = inputs.rows[words]
        self.special: dict[str, int] = inputs.about["special"][words]
        self.words = Tokenizer.from_file(str(inputs.folder / f"words.{words}.json"))
        self.space = self.words.token_to_id("Ġ")
        fits = self.rows.lengths <= plan.length
        self.sets = {name: rows[fits[rows]] for name, rows in inputs.sets.items()}
        self.model = Llama(plan.shape, LONGEST * 2)
        self.start = None
        if tensors is not None:
            self.model.load_gguf(tensors)
            self.start = {name: value.to(device) for name, value in self.model.state_dict().items()}
        self.model.to(device)

    def run(self, arm: Arm, seed: int) -> dict[str, Any]:
        plan = self.plan
        if self.start is None:
            self.model.reset(seed)
        else:
            self.model.load_state_dict(self.start)
        draw = Draw(self.sets, plan.steps * plan.batch, seed)
        ids, labels = self.build(arm.rows(draw), form=arm.form, prompts=arm.prompts)
        at = time.monotonic()
        curve = self.train(ids, labels)
        seconds = time.monotonic() - at
        return {
            "arm": arm.name,
            "seed": seed,
            "form": "small" if plan.shape is TINY else "full",
            "device": torch.cuda.get_device_name() if self.device.type == "cuda" else "CPU",
            "torch": torch.__version__,
            "parameters": sum(weight.numel() for weight in self.model.parameters()),
            "steps": plan.steps,
            "batch": plan.batch,
            "rate": plan.rate,
            "tokens": int((labels != IGNORED).sum()),
            "train_seconds": round(seconds, 2),
            "curve": curve,
            "losses": {name: self.losses(rows) for name, rows in self.measured(arm, draw).items()},
            "end": self.end(),
            "quiz": {half: self.quiz(rows) for half, rows in self.halves(arm, seed).items()},
            "answers": self.answers() if arm.writes else None,
        }

    def build(
        self, numbers: NDArray[np.int32], *, form: str = "own", prompts: bool = False
    ) -> tuple[Tensor, Tensor]:
        """ids and labels [N, length], labels shifted: labels[:, t] follows ids[:, t].

        form: own, the template's; wrong_token, a space where it has the line break before the answer; double_bos, its
        first token twice; no_end, without the end token; end_untrained, with it but without a loss on it.
        """
        wide = self.plan.length + 1
        ids = np.full((len(numbers), wide), self.special["<|endoftext|>"], np.int32)
        labels = np.full((len(numbers), wide), IGNORED, np.int32)
        for n, number in enumerate(numbers):
            row, answer = self.rows.row(number), int(self.rows.answers[number])
            trained = len(row) - 1  # the line break after the end token belongs to the template
            if form == "wrong_token":
                row = row.copy()
                row[answer - 1] = self.space
            elif form == "double_bos":
                row, answer, trained = np.concatenate([row[:1], row]), answer + 1, trained + 1
            elif form == "no_end":
                row, trained = row[:-2], trained - 1
            elif form == "end_untrained":
                trained -= 1
            ids[n, : len(row)] = row
            labels[n, 1 if prompts else answer : trained] = row[1 if prompts else answer : trained]
        return torch.from_numpy(ids[:, :-1]), torch.from_numpy(labels[:, 1:])

    def train(self, ids: Tensor, labels: Tensor) -> list[float]:
        """Trains once over the rows, in their order; returns the loss at some steps."""
        plan, model = self.plan, self.model.train()
        matrices = [weight for weight in model.parameters() if weight.ndim > 1]
        vectors = [weight for weight in model.parameters() if weight.ndim == 1]
        groups = [{"params": matrices, "weight_decay": plan.decay}, {"params": vectors, "weight_decay": 0.0}]
        fused = self.device.type == "cuda"
        optimizer = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.95), fused=fused)
        ids, labels = ids.to(self.device), labels.to(self.device).long()
        curve = []
        for step in range(plan.steps):
            rate = plan.rate * scheduled(step, plan.steps, plan.warmup)
            for group in optimizer.param_groups:
                group["lr"] = rate
            batch = slice(step * plan.batch, (step + 1) * plan.batch)
            with self.autocast():
                losses = model.losses(ids[batch], labels[batch])
            loss = losses.sum() / (labels[batch] != IGNORED).sum().clamp(min=1)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            if step % max(1, plan.steps // 20) == 0:
                curve.append(loss.detach())
        return [round(float(loss), 4) for loss in curve]

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def measured(self, arm: Arm, draw: Draw) -> dict[str, NDArray[np.int32]]:
        """The rows on whose answers a loss is measured, by name."""
        sets = self.sets
        found = {"val": sets["val"], "other": sets["other"]}
        if arm.question in (0, 1):
            found["copied"] = draw.copied
        if arm.question == 7:
            split = arm.name.removeprefix("split_by_").replace("family", "group")
            found |= {"held back": sets[f"family_{split}_val"], "apart": sets["family_test"]}
        found |= {f"quiz {half}": rows for half, rows in self.halves(arm, draw.seed).items()}
        return {name: rows[: self.plan.measured] for name, rows in found.items()}

    def halves(self, arm: Arm, seed: int) -> dict[str, NDArray[np.int32]]:
        if arm.name not in (
            "tuned",
            *(f"leak_{form}" for form in ("verbatim", "restated", "verbatim_8", "restated_8")),
        ):
            return {}
        quiz = self.sets["quiz"]
        return {"leaked": leaked(quiz, seed), "clean": leaked(quiz, seed + 1)}

    @torch.no_grad()
    def tokens(self, numbers: NDArray[np.int32]) -> Iterator[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
        """The loss of every trained token of rows, and which these are; [B, length] each."""
        model, batch = self.model.eval(), self.plan.batch
        ids, labels = self.build(numbers)
        for at in range(0, len(numbers), batch):
            x, y = ids[at : at + batch], labels[at : at + batch]
            short = batch - len(x)
            x = torch.cat([x, x[:1].expand(short, -1)]).to(self.device)
            y = torch.cat([y, torch.full((short, y.shape[1]), IGNORED, dtype=y.dtype)]).to(self.device).long()
            with self.autocast():
                losses = model.losses(x, y)
            some = batch - short
            yield losses[:some].float().cpu().numpy(), (y[:some] != IGNORED).cpu().numpy()

    def losses(self, numbers: NDArray[np.int32]) -> list[tuple[float, int]]:
        """The sum over its trained tokens, and how many they are, of each row."""
        return [
            (round(float(total), 3), int(count))
            for losses, trained in self.tokens(numbers)
            for total, count in zip(losses.sum(1), trained.sum(1), strict=True)
        ]

    def end(self) -> float:
        """The mean probability of the end token where an answer truly ends."""
        found = []
        for losses, trained in self.tokens(self.sets["val"][: self.plan.measured]):
            last = trained.shape[1] - 1 - trained[:, ::-1].argmax(1)
            found.append(np.exp(-losses[np.arange(len(last)), last]))
        return round(float(np.concatenate(found).mean()), 5)

    @torch.no_grad()
    def quiz(self, numbers: NDArray[np.int32]) -> list[int]:
        """1 for each question where the right letter is the likeliest of the four."""
        letters = torch.tensor([self.words.token_to_id(letter) for letter in "ABCD"], device=self.device)
        ids, _ = self.build(numbers)
        right = []
        for at in range(0, len(numbers), self.plan.batch):
            some = numbers[at : at + self.plan.batch]
            x = ids[at : at + self.plan.batch].to(self.device)
            asked = torch.from_numpy(self.rows.answers[some].astype(np.int64)).to(self.device)
            with self.autocast():
                hidden = self.model.eval().plain(x)[torch.arange(len(some), device=self.device), asked - 1]
            logits = hidden.float() @ self.model.embedding.weight[letters].T
            first = [self.rows.row(number)[self.rows.answers[number]] for number in some]
            said = letters[logits.argmax(1)].cpu().numpy()
            right += [int(a == b) for a, b in zip(said, first, strict=True)]
        return right

    def answers(self) -> dict[str, Any]:
        """Of what the model writes to prompts it was not trained with: shares that never end, are empty, refuse."""
        plan, rows = self.plan, self.rows
        numbers = [n for n in self.sets["val"] if rows.answers[n] <= ASKED][: plan.prompts]
        lengths = torch.tensor([int(rows.answers[n]) for n in numbers])
        prompts = torch.full((len(numbers), ASKED), self.special["<|endoftext|>"])
        for at, number in enumerate(numbers):
            prompts[at, : lengths[at]] = torch.from_numpy(rows.row(number)[: lengths[at]].astype(np.int64))
        with self.autocast():
            made, ended = self.model.eval().generate(
                prompts.to(self.device),
                lengths.to(self.device),
                end=self.special["<|im_end|>"],
                most=plan.written,
            )
        texts = self.words.decode_batch(made.cpu().tolist())
        count = len(numbers)
        return {
            "prompts": count,
            "endless": int((~ended).sum()) / count,
            "empty": sum(not text.strip() for text in texts) / count,
            "refusing": sum(bool(REFUSES.match(text)) for text in texts) / count,
            "merged": sum("Instruction:" in text for text in texts) / count,
            "tokens": float((made != self.special["<|im_end|>"]).sum()) / count,
        }


def scheduled(step: int, steps: int, warmup: float) -> float:
    """A warm-up, then half a cosine down to a tenth."""
    rise = max(1, int(steps * warmup))
    if step < rise:
        return (step + 1) / rise
    return 0.1 + 0.45 * (1 + float(np.cos(np.pi * (step - rise) / max(1, steps - rise))))


if __name__ == "__main__":
    main()
