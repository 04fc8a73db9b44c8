"""Rows in other words: `python benchmarks/paraphrase.py [--semhash PYTHON] [--alpaca]` prints what the documentation
quotes.

Three sets of prompts, each row with an answer of its own, so that only what is asked decides:

    by hand     families of paraphrase_cases.py that were not used for development: a prompt, two rewordings, and two
                prompts that ask something else (another number, name, unit or "not", but also another thing or aspect)
    by rule     questions of GSM8K's training set: each reworded once (the question first, other words, a frame),
                beside ten that differ in one number, name or unit, or have a "not" more; the test set's were for
                development
    restated    HumanEval and two subjects of MMLU with the restatements of Yang et al. 2023: nothing else is alike

A row counts as found where a pair at the limit links it to an earlier row, and rightly where one of these is of its
meaning. Recall is of rewordings, precision of the rows found. SemHash runs in the environment of `--semhash`, on the
same prompts, with its default threshold and our two encoders: its own default model is fetched from a hub, which was
out of reach. The rules, the guard and the cases have one author; the figures by hand are the harder ones.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from finesift import pipeline
from finesift.clock import Clock
from finesift.corpus import Corpus, chat
from finesift.embed.load import load_encoder
from finesift.embed.static import Static
from finesift.match.meaning import alike
from finesift.recipe import Recipe
from finesift.seen import look
from measure import data_folder
from paraphrase_cases import DEVELOPMENT, REPORTED, Family

#: Scores at which a row is shown for review by default, and at which a recipe might set it aside.
REVIEW, SURE = 0.5, 0.9
SEMHASH = 0.9


@dataclass(frozen=True)
class Prompts:
    """Texts with what each means: equal numbers are equal meanings. rule: what a rule changed, "" where it kept it."""

    texts: list[str]
    meaning: list[int]
    rule: list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--semhash", type=Path, help="the Python of an environment with semhash 0.5")
    parser.add_argument("--development", action="store_true", help="families that limits were chosen on")
    parser.add_argument("--alpaca", action="store_true", help="seconds and memory on 52,002 rows as well")
    given = parser.parse_args()
    data = data_folder()
    families = DEVELOPMENT if given.development else REPORTED
    sets = {"by hand": by_hand(families), "by rule": by_rule(data), "restated": restated(data)}
    for name, prompts in sets.items():
        print(f"{name}: {len(prompts.texts)} prompts, {len(set(prompts.meaning))} meanings")
        for tool, encoder in (("finesift", load_encoder()), ("finesift, static only", None)):
            ours(tool, prompts, encoder)
        if given.semhash:
            semhash(given.semhash, prompts)
    families_apart(data)
    if given.alpaca:
        timed(data)


def by_hand(families: list[Family]) -> Prompts:
    texts, meaning, rule = [], [], []
    for family in families:
        number = len(set(meaning))
        for text in (family.prompt, *family.same):
            texts.append(text)
            meaning.append(number)
            rule.append("")
        for n, text in enumerate(family.other, 1):
            texts.append(text)
            meaning.append(number + n)
            rule.append("by hand")
    return Prompts(texts, meaning, rule)


OTHER_WORDS = {
    "buys": "purchases", "buy": "purchase", "bought": "purchased", "needs": "requires", "gets": "receives",
    "big": "large", "house": "home", "store": "shop", "money": "cash", "kids": "children",
    "children": "kids", "makes": "earns", "every day": "each day", "every": "each",
    "in total": "altogether", "total": "overall", "start": "begin", "friends": "pals", "gives": "hands",
    "car": "automobile", "decides": "chooses", "wants": "wishes", "about": "roughly",
}  # fmt: skip
FRAMES = ("I need the answer to this: {}", "{} Can you work it out?", "Here is a question for you. {}", "{}")
NAMES = "Ottilie Bram Xanthe Lorcan Ines Mirko Saskia Tiago Wanda Yusuf".split()  # noqa: SIM905
NO_NAMES = ("There", "The", "They", "Each", "Every", "Some")
UNITS = {"dollars": "euros", "hours": "minutes", "miles": "kilometers", "pounds": "kilograms", "feet": "meters",
         "days": "weeks", "weeks": "days", "minutes": "hours", "inches": "centimeters", "years": "months"}  # fmt: skip


def by_rule(data: Path, count: int = 150) -> Prompts:
    draw = random.Random(11)
    lines = (data / "eval/gsm8k/train.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"].strip() for line in lines]
    short = [text for text in questions if len(sentences(text)) >= 2 and len(text.split()) <= 50]
    texts, meaning, rule = [], [], []
    for text in draw.sample(short, count):
        number = len(set(meaning))
        other = reworded(text, draw)
        while " ".join(other.split()) == " ".join(text.split()):  # a copy is no rewording
            other = reworded(text, draw)
        for said in (text, other):
            texts.append(said)
            meaning.append(number)
            rule.append("")
        for n, (said, what) in enumerate(others(text, draw), 1):
            texts.append(said)
            meaning.append(number + n)
            rule.append(what)
    return Prompts(texts, meaning, rule)


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", text)


def reworded(text: str, draw: random.Random) -> str:
    *told, asked = sentences(text)
    said = f"{asked} {' '.join(told)}" if draw.random() < 0.5 else text
    for word, other in OTHER_WORDS.items():
        said = re.sub(rf"\b{word}\b", other, said)
    return draw.choice(FRAMES).format(said)


def others(text: str, draw: random.Random, count: int = 10) -> list[tuple[str, str]]:
    """The text with one thing changed, and which."""
    found: dict[str, str] = {}
    numbers = list(re.finditer(r"(?<![\d.,])\d+(?![\d,]|\.\d)", text))
    named = list({match[0] for match in re.finditer(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b", text)})
    first = re.match(r"([A-Z][a-z]{2,})(?:'s)? (?=[a-z])", text)
    named += [first[1]] if first and first[1] not in [*named, *NO_NAMES] and text.count(first[1]) > 1 else []
    for _ in range(200):
        kind = draw.choice(["a number", "a number", "a number", "a name", "a unit", "a not"])
        changed = text
        if kind == "a number" and numbers:
            at = draw.choice(numbers)
            other = str(max(2, int(at[0]) + draw.choice([-3, -2, -1, 1, 2, 3, 10, 100])))
            changed = text[: at.start()] + other + text[at.end() :]
        elif kind == "a name" and named:
            changed = re.sub(rf"\b{draw.choice(named)}\b", draw.choice(NAMES), text)
        elif kind == "a unit":
            there = [unit for unit in UNITS if re.search(rf"\b{unit}\b", text)]
            if there:
                unit = draw.choice(there)
                changed = re.sub(rf"\b{unit}\b", UNITS[unit], text)
        elif kind == "a not":
            places = [
                match.end()
                for match in re.finditer(r"\b(?:is|are|was|were|does|did|can|will|has|had)\b", text)
            ]
            if places:
                at = draw.choice(places)
                changed = f"{text[:at]} not{text[at:]}"
        if changed != text:
            found.setdefault(changed, kind)
        if len(found) == count:
            break
    return list(found.items())


def restated(data: Path) -> Prompts:
    folder = data / "truth_contamination/llm_decontaminator"
    texts, meaning = [], []

    def add(originals: list[str], *said: list[str]) -> None:
        for n, original in enumerate(originals):
            number = len(set(meaning))
            for text in (original, *(one[n] for one in said if n < len(one))):
                if text.strip():
                    texts.append(text)
                    meaning.append(number)

    def read(name: str) -> list[str]:
        lines = (folder / name).read_text("utf-8").splitlines()
        return [json.loads(line)["text"] if line.strip() else "" for line in lines]

    add(read("HumanEval.jsonl"), read("humaneval_python.jsonl"), read("humaneval_js.jsonl"))
    for subject in ("abstract_algebra", "sociology"):
        rows = pl.read_csv(folder / f"{subject}_test.csv", has_header=False).rows()
        originals = ["\n".join(map(str, row[:5])) for row in rows]
        add(originals, read(f"{subject}_test_rephrase_english_filtered_question.jsonl"))
    return Prompts(texts, meaning, [""] * len(texts))


def ours(tool: str, prompts: Prompts, encoder: object) -> None:
    corpus = Corpus.of(chat(text, f"{n}") for n, text in enumerate(prompts.texts))
    found, compared, _ = alike(corpus, encoder, budget=1_000_000)  # type: ignore[arg-type]
    for limit, name in ((SURE, "sure"), (REVIEW, "review")):
        pairs = found.filter(pl.col("score") >= limit).select("example", "other").rows()
        show(f"{tool}, {name} ({limit})", prompts, pairs)
    print(f"  {compared.proposed:,} pairs proposed, {compared.confirmed:,} of those that stay have a cosine")


def show(tool: str, prompts: Prompts, pairs: list[tuple[int, int]]) -> None:
    partners: dict[int, list[int]] = {}
    for a, b in pairs:
        partners.setdefault(max(a, b), []).append(min(a, b))
    meaning = prompts.meaning
    right = {row for row, those in partners.items() if any(meaning[row] == meaning[one] for one in those)}
    due = len(meaning) - len(set(meaning))
    ruled = sum(
        meaning[a] != meaning[b] and bool((prompts.rule[a] or prompts.rule[b]).startswith("a "))
        for a, b in pairs
    )
    wrong = sum(meaning[a] != meaning[b] for a, b in pairs)
    print(
        f"  {tool:34} precision {len(right) / max(1, len(partners)):.3f}  recall {len(right) / max(1, due):.3f}  "
        f"pairs {len(pairs)}, wrong {wrong}, of these with another number, name, unit or not {ruled}"
    )


PEER = """
import json, sys
import numpy as np
from semhash import SemHash
texts, vectors = json.load(open(sys.argv[1])), np.load(sys.argv[2])
place = {}
for n, text in enumerate(texts): place.setdefault(text, n)
class Model:
    def encode(self, inputs, **_): return vectors[[place[one] for one in inputs]]
hashed = SemHash.from_records(records=texts, model=Model())
found = hashed.self_deduplicate(threshold=float(sys.argv[3]))
pairs = [(place[one.record], place[other]) for one in found.filtered for other, _ in one.duplicates if other in place]
json.dump(pairs, sys.stdout)
"""


def semhash(python: Path, prompts: Prompts) -> None:
    """SemHash with either of our encoders, at its default threshold."""
    minilm = load_encoder()
    for name, encoder in (("MiniLM", minilm), ("our static encoder", Static())):
        if encoder is None:
            continue
        with tempfile.TemporaryDirectory() as folder:
            texts, vectors = Path(folder) / "texts.json", Path(folder) / "vectors.npy"
            texts.write_text(json.dumps(prompts.texts), "utf-8")
            np.save(vectors, encoder.encode(prompts.texts))
            command = [str(python), "-c", PEER, str(texts), str(vectors), str(SEMHASH)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"  SemHash, {name}: {done.stderr.strip().splitlines()[-1:]}")
            continue
        show(f"SemHash {SEMHASH}, {name}", prompts, [tuple(pair) for pair in json.loads(done.stdout)])


WAYS = (
    "{}", "{}, please. Thank you!", "Could you do the following for me? {}", "I have a task for you today: {}",
)  # fmt: skip


def families_apart(data: Path, count: int = 500) -> None:
    """Rows held back that have a sibling in training: families of four rewordings with the same answer."""
    draw = random.Random(5)
    rows = json.loads((data / "sft/alpaca_data.json").read_text("utf-8"))
    fit = [row for row in rows if not row["input"] and 6 <= len(row["instruction"].split()) <= 18]
    chosen = draw.sample(fit, count)
    chats = [
        chat(way.format(row["instruction"].rstrip(".?!") if n == 1 else row["instruction"]), row["output"])
        for row in chosen
        for n, way in enumerate(WAYS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in chats), "utf-8")
        off = {name: {"run": False} for name in ("paraphrase_duplicate", "same_meaning_prompt")}
        for name, checks in (
            ("by words only", off),
            ("static only", {"paraphrase_duplicate": {"texts": 0}}),
            ("as it is by default", {}),
        ):
            recipe = Recipe.parse(
                {"data": {"train": [str(file)]}, "model": {"count_tokens": False}, "checks": checks}
            )
            seen = look(recipe, Clock())
            placed, _ = pipeline.place(seen, recipe)
            splits = placed.select(
                family=pl.col("example") // len(WAYS), split=pl.col("split").cast(pl.String)
            )
            trained = splits.filter(pl.col("split") == "train")["family"].unique()
            held = splits.filter(pl.col("split") != "train")
            leaked = held.filter(pl.col("family").is_in(trained.implode())).height
            print(
                f"{count} families of {len(WAYS)}, {name}: {leaked} of {held.height} rows held back have a "
                "sibling in training"
            )


def timed(data: Path) -> None:
    from finesift.read import read

    corpus = read([str(data / "sft/alpaca_data.json")])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, encoder in (("static only", None), ("100 texts by MiniLM", load_encoder())):
        wall, cpu = time.perf_counter(), time.process_time()
        found, compared, _ = alike(corpus, encoder)
        peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
        print(
            f"Alpaca, {corpus.examples.height:,} rows, {name}: {time.perf_counter() - wall:.1f} s, "
            f"{time.process_time() - cpu:.1f} s of processor, {peak:.0f} MB more at the peak; "
            f"{found.height:,} pairs, {compared.left:,} near pairs not confirmed"
        )


if __name__ == "__main__":
    sys.exit(main())
