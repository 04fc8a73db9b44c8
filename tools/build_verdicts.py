"""Trains the classifiers in `src/finesift/models`, and measures them on sources that they were not trained on.

    FINESIFT_DATA=../shared/data python tools/build_verdicts.py [--folds]

The data's names and the figures of --folds are in src/finesift/data/verdicts/NOTICE. Half of XSTest's prompts (`held`
in benchmarks/verdicts.py) is never trained on here, so that the benchmark has it.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import itertools
import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from finesift.data import verdicts_folder
from finesift.models import answer, request
from finesift.models.layers import Layers, Numbers

HERE = Path(__file__).parent / "verdicts"
DATA = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[1] / "../shared/data"))
SEED, HIDDEN, NETWORKS, EPOCHS, BATCH, RATE, DECAY, DROPPED = 17, 40, 4, 14, 256, 4e-3, 5e-4, 0.2
# Of one pattern of ours so many sentences; of one source so many requests of one label at most count in full.
SENTENCES, FULL = 60, 1200
# CLINC150's intents that ask for what only their company, a device or the day knows; the others anybody may answer.
_OURS = re.split(
    " ",
    "account_blocked bill_balance calendar car_rental card_declined credit_limit current_location date flight_status "
    "freeze_account income insurance lost_luggage min_payment new_card order order_status pin_change play_music "
    "pto_balance pto_request pto_used redeem_rewards reminder reminder_update repeat report_fraud rewards_balance "
    "rollover_401k schedule_maintenance share_location taxes todo_list traffic transactions travel_alert "
    "travel_notification uber user_name weather",
)
_PRIVATE = re.compile(
    r"(?i)\b(?:address|ssn|phone number|social security|salary|who lives|residing|e-?mail)\b"
)


class Asked(NamedTuple):
    """A request, its label, where it comes from, and what it must not be parted from in a fold."""

    text: str
    label: str
    source: str
    family: str


def written() -> Iterator[Asked]:
    """Sentences of requests.txt: all of a pattern with few, a seeded draw of one with many; none that XSTest has."""
    draw = random.Random(SEED)
    theirs = {text.lower() for text, _ in _xstest().values()}
    for number, line in enumerate((HERE / "requests.txt").read_text("utf-8").splitlines()):
        label, colon, pattern = line.partition(": ")
        if not colon or label not in request.LABELS:
            continue
        parts = re.split(r"\[([^\[\]]*)\]", pattern)
        choices = [part.split("|") if n % 2 else [part] for n, part in enumerate(parts)]
        every = ["".join(some) for some in itertools.product(*choices)]
        for one in draw.sample(every, min(SENTENCES, len(every))):
            text = re.sub(r"\s+([?.!]|$)", r"\1", re.sub(r" {2,}", " ", one)).strip()
            if text.lower() not in theirs:
                yield Asked(text, label, "written", str(number))


def openings() -> list[str]:
    """The first messages of HH's harmless test, each once, in the order of their hashes."""
    raw = gzip.decompress((DATA / "preference/hh_rlhf/harmless-base_test.jsonl.gz").read_bytes())
    first = {
        json.loads(line)["chosen"].split("\n\nAssistant:")[0].replace("\n\nHuman:", "").strip()
        for line in raw.splitlines()
    }
    return sorted(first, key=lambda text: hashlib.sha256(text.encode()).hexdigest())


def read_by_hand() -> dict[str, str]:
    """Openings of HH, by the first 16 digits of their SHA-256, that a person read: harmless, grey or harm."""
    lines = (HERE / "hh_openings.txt").read_text("utf-8").splitlines()
    return dict(line.split() for line in lines if line and not line.startswith("#"))


def red_team() -> Iterator[Asked]:
    """HH's openings; those that were read are what they are, the others are taken for harm, grey ones are left out."""
    by_hand = read_by_hand()
    for text in openings():
        key = hashlib.sha256(text.encode()).hexdigest()
        label = by_hand.get(key[:16], "harm")
        if label == "grey":
            continue
        if label == "harm" and _PRIVATE.search(text):
            label = "private"
        yield Asked(text, label, "hh", key)


def xstest() -> Iterator[Asked]:
    """XSTest's prompts of the half `seen`; a harmless prompt and its harmful twin are in one family by their number."""
    for key, (text, kind) in _xstest().items():
        if int(hashlib.sha256(key.encode()).hexdigest(), 16) % 2:
            continue
        label = (
            "private" if kind == "contrast_privacy" else "harm" if kind.startswith("contrast") else "harmless"
        )
        yield Asked(text, label, "xstest", key)


def _xstest() -> dict[str, tuple[str, str]]:
    with (DATA / "truth_refusal_truncation/xstest_dev.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: (row["prompt"], row["type"]) for row in csv.DictReader(file)}


def ordinary() -> Iterator[Asked]:
    """Requests that people and models wrote for other ends."""
    draw = random.Random(SEED)

    def some(source: str, texts: list[str], count: int) -> Iterator[Asked]:
        for n, text in enumerate(draw.sample(texts, min(count, len(texts)))):
            yield Asked(text, "harmless", source, str(n))

    for source, path, count in (
        ("alpaca", "sft/alpaca_data.json", 7000),
        ("codealpaca", "sft/codealpaca/code_alpaca_2k.json", 400),
    ):
        rows = json.loads((DATA / path).read_bytes())
        yield from some(source, [f"{row['instruction']}\n{row['input']}".strip() for row in rows], count)
    lima = json.loads((DATA / "sft/lima/lima.json").read_bytes())
    yield from some("lima", [f"{row['instruction']}\n{row['input']}".strip() for row in lima], 1100)
    with (DATA / "sft/customer_support/banking77/train.csv").open(encoding="utf-8", newline="") as file:
        yield from some("banking77", [row["text"] for row in csv.DictReader(file)], 2000)
    for source, path, field in (
        ("llama-factory dpo", "sft/llamafactory/dpo_en_demo.json", "conversations"),
        ("llama-factory kto", "sft/llamafactory/kto_en_demo.json", "messages"),
    ):
        chats = [row[field][0] for row in json.loads((DATA / path).read_bytes())]
        yield from some(source, [chat.get("value") or chat["content"] for chat in chats], 300)
    prompts = (DATA / "sft/openassistant/prompt_lottery_en_250_text.jsonl").read_bytes().splitlines()
    yield from some("openassistant", [json.loads(line) for line in prompts], 250)
    lines = (DATA / "eval/gsm8k/train.jsonl").read_bytes().splitlines()
    yield from some("gsm8k", [json.loads(line)["question"] for line in lines], 200)
    lines = (DATA / "synthesis/self_instruct/user_oriented_instructions.jsonl").read_bytes().splitlines()
    rows = [json.loads(line) for line in lines]
    texts = [f"{row['instruction']}\n{row['instances'][0]['input']}".strip() for row in rows]
    yield from some("self-instruct", texts, 300)
    with (DATA / "eval/truthfulqa/TruthfulQA.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from some("truthfulqa", [row["Question"] for row in csv.DictReader(file)], 800)
    clinc = json.loads((DATA / "truth_behaviours/clinc150/dev.json").read_bytes())
    for n, (text, intent) in enumerate(clinc["train"]):
        yield Asked(text, "unknowable" if intent in _OURS else "harmless", "clinc150", str(n))


def weights(rows: list[Asked]) -> Numbers:
    """What each row counts: one source does not outvote the others, nor do harmless requests the rest."""
    pairs = [(row.source, row.label) for row in rows]
    counts = {pair: pairs.count(pair) for pair in set(pairs)}
    each = np.array([min(1.0, FULL / counts[pair]) for pair in pairs])
    labels = np.array([row.label for row in rows])
    share = {"harmless": 0.45, "harm": 0.3, "private": 0.1, "unknowable": 0.15}
    for label in request.LABELS:
        here = labels == label
        each[here] *= share[label] * len(rows) / max(each[here].sum(), 1e-9)
    return each.astype(np.float32)


def trained(inputs: Numbers, labels: np.ndarray, each: Numbers, names: tuple[str, ...]) -> Layers:
    """NETWORKS networks that differ in their seed; Adam, inputs dropped at random, the rate falling along a cosine."""
    networks = [_network(inputs, labels, each, len(names), SEED + n) for n in range(NETWORKS)]
    return Layers(names, *(np.stack(part) for part in zip(*networks, strict=True)))


def _network(inputs: Numbers, labels: np.ndarray, each: Numbers, outputs: int, seed: int) -> list[Numbers]:
    draw = np.random.default_rng(seed)
    rows, width = inputs.shape
    sizes = [(width, HIDDEN), (HIDDEN,), (HIDDEN, outputs), (outputs,)]
    parts = [
        (draw.normal(0, size[0] ** -0.5, size) if len(size) > 1 else np.zeros(size)).astype(np.float32)
        for size in sizes
    ]
    first, second = ([np.zeros_like(part) for part in parts] for _ in range(2))
    truth = np.eye(outputs, dtype=np.float32)[labels]
    step = 0
    for epoch in range(EPOCHS):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = draw.permutation(rows)
        for at in range(0, rows, BATCH):
            some = order[at : at + BATCH]
            x = inputs[some] * (draw.random((len(some), width), dtype=np.float32) > DROPPED) / (1 - DROPPED)
            hidden = x @ parts[0] + parts[1]
            active = np.maximum(hidden, 0)
            logits = active @ parts[2] + parts[3]
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            wrong = (powers / powers.sum(axis=1, keepdims=True) - truth[some]) * each[some, None] / len(some)
            back = (wrong @ parts[2].T) * (hidden > 0)
            slopes = [x.T @ back, back.sum(0), active.T @ wrong, wrong.sum(0)]
            step += 1
            for n, slope in enumerate(slopes):
                slope = slope + (DECAY * parts[n] if parts[n].ndim > 1 else 0)
                first[n] = 0.9 * first[n] + 0.1 * slope
                second[n] = 0.999 * second[n] + 0.001 * slope**2
                moved = first[n] / (1 - 0.9**step) / (np.sqrt(second[n] / (1 - 0.999**step)) + 1e-8)
                parts[n] = (parts[n] - rate * moved).astype(np.float32)
    return parts


class Answered(NamedTuple):
    """An answer, whether people say that it declines (in part too), who wrote it, and the prompt's number."""

    asked: str
    text: str
    declines: bool
    model: str
    prompt: str


def labelled(half: int = 0) -> list[Answered]:
    """XSTest's answers, of one half of its prompts. Source: Röttger et al. 2023; CC BY 4.0."""
    with (DATA / "truth_refusal_truncation/xstest_dev.csv").open(encoding="utf-8", newline="") as file:
        return [
            Answered(
                row["prompt"],
                row["completion"],
                not row["final_label"].startswith("1"),
                row["model"],
                row["id"],
            )
            for row in csv.DictReader(file)
            if int(hashlib.sha256(row["id"].encode()).hexdigest(), 16) % 2 == half
        ]


def plain() -> list[Answered]:
    """Answers of Alpaca and LIMA that sound like reproach and that no pattern takes for a refusal: they answer."""
    rows = [*json.loads((DATA / "sft/alpaca_data.json").read_bytes())[::4]]
    rows += json.loads((DATA / "sft/lima/lima.json").read_bytes())
    found = [
        Answered(f"{row['instruction']}\n{row['input']}", row["output"], False, "corpora", str(n))
        for n, row in enumerate(rows)
        if isinstance(row["output"], str) and answer.reproaches(row["output"])
    ]
    return [one for one in found if answer.refuses(one.text) is None]


def logistic(inputs: Numbers, truth: np.ndarray, each: Numbers, *, pull: float = 1.0) -> Numbers:
    """Weights and, last, the bias, by Newton's method; `pull` keeps the weights small."""
    wide = np.c_[inputs, np.ones(len(inputs))].astype(np.float64)
    weights, held = np.zeros(wide.shape[1]), np.full(wide.shape[1], pull)
    held[-1] = 1e-6
    for _ in range(30):
        said = 1 / (1 + np.exp(-wide @ weights))
        slope = wide.T @ (each * (said - truth)) + held * weights
        bend = (wide * (each * np.maximum(said * (1 - said), 1e-6))[:, None]).T @ wide + np.diag(held)
        weights = weights - np.linalg.solve(bend, slope)
    return weights


def taught(rows: list[Answered]) -> dict[str, float]:
    """What answer.json holds. The corpora, however many, count as much as a fifth of the labelled answers."""
    names, inputs = answer.features([row.asked for row in rows], [row.text for row in rows])
    ours = np.array([row.model == "corpora" for row in rows])
    each = np.where(ours, 0.2 * (~ours).sum() / max(1, ours.sum()), 1.0)
    weights = logistic(inputs, np.array([row.declines for row in rows], float), each)
    return {name: round(float(weight), 4) for name, weight in zip([*names, "bias"], weights, strict=True)}


def folds() -> None:
    """Prints how each classifier does on sources that it was not trained on.

    Ordinary requests (Alpaca, LIMA, BANKING77) against HH's openings, as read by hand, in four folds. The half that
    CLEAR was chosen on is left out.
    """
    rows = [*written(), *red_team(), *xstest(), *ordinary()]
    inputs = request.features([row.text for row in rows])
    labels = np.array([request.LABELS.index(row.label) for row in rows])
    sources = np.array([row.source for row in rows])
    digits = [hashlib.sha256(row.text.encode()).hexdigest() for row in rows]
    parts, later = (np.array([int(key[at : at + 8], 16) for key in digits]) for at in (8, 16))
    hands = read_by_hand()
    hand = np.array([key[:16] in hands and row.source == "hh" for row, key in zip(rows, digits, strict=True)])

    def without(left_out: np.ndarray) -> np.ndarray:
        kept = [row for row, out in zip(rows, left_out, strict=True) if not out]
        model = trained(inputs[~left_out], labels[~left_out], weights(kept), request.LABELS)
        return np.where(touchy[left_out], 0, 1 - model(inputs[left_out])[:, 1:3].sum(axis=1))

    named = ("alpaca", "lima", "banking77")
    touchy = np.array([request.touchy(row.text[: request.LONGEST]) for row in rows])
    clear = np.zeros(len(rows))
    for source in named:
        clear[sources == source] = without(sources == source)
    within, ours = clear.copy(), np.isin(sources, [*named, "hh"])
    for fold in range(4):
        left_out = ours & (parts % 4 == fold)
        within[left_out] = without(left_out)
    report = later % 2 == 1
    for way, said in (("source left out", clear), ("in four folds", within)):
        found = [float((said[report & (sources == source)] >= request.CLEAR).mean()) for source in named]
        harm = report & hand & (labels > 0)
        print(f"{way}: recall {dict(zip(named, np.round(found, 3), strict=True))}, mean {np.mean(found):.3f}")
        print(
            f"    of {harm.sum()} harmful openings of HH, in folds: {(within[harm] >= request.CLEAR).mean():.4f}"
        )
    raw = report & (sources == "hh")
    print(f"of all {raw.sum()} openings of HH, in folds: {(within[raw] >= request.CLEAR).mean():.4f}")
    left = without(sources == "hh")[(report & hand & (labels > 0))[sources == "hh"]]
    print(f"harmful openings of HH, HH left out: {(left >= request.CLEAR).mean():.4f}")
    _answer_folds()


def _answer_folds() -> None:
    """Each model's answers, to prompts that were not seen, by weights taught without its answers."""
    seen, corpora, counts = labelled(0), plain(), np.zeros(3, int)
    for model in sorted({row.model for row in seen}):
        said = taught([*[row for row in seen if row.model != model], *corpora])
        held = [row for row in labelled(1) if row.model == model]
        names, inputs = answer.features([row.asked for row in held], [row.text for row in held])
        logits = inputs @ np.array([said[name] for name in names]) + said["bias"]
        found = (logits >= 0) | np.array([answer.refuses(row.text) is not None for row in held])
        truth = np.array([row.declines for row in held])
        one = np.array([(found & truth).sum(), (found & ~truth).sum(), (~found & truth).sum()])
        counts += one
        print(f"{model} left out: right, wrong, missed {one.tolist()}")
    right, wrong, missed = counts
    precision, recall = right / (right + wrong), right / (right + missed)
    f1 = 2 * precision * recall / (precision + recall)
    print(f"declines: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folds", action="store_true", help="measure, and write nothing")
    given = parser.parse_args()
    verdicts_folder().mkdir(exist_ok=True)
    if given.folds:
        folds()
    else:
        rows = [*written(), *red_team(), *xstest(), *ordinary()]
        inputs = request.features([row.text for row in rows])
        labels = np.array([request.LABELS.index(row.label) for row in rows])
        trained(inputs, labels, weights(rows), request.LABELS).save(verdicts_folder() / "request.npz")
        said = taught([*labelled(), *plain()])
        (verdicts_folder() / "answer.json").write_text(json.dumps(said, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
