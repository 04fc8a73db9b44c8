"""Trains `src/finesift/models/ending.py` to tell a cut answer from one that ends as it likes, and measures it.

    FINESIFT_DATA=../shared/data python tools/build_endings.py [--folds]

Answers as they are, of sources with a licence that lets weights go on, and the same answers cut at a place drawn by
seed. --folds leaves out one whole source after the other, its words too. Alpaca, LIMA and XSTest are never trained
on: `benchmarks/verdicts.py` has them. The figures of --folds are in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import random
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from build_verdicts import trained
from finesift.checks.truncation import cut
from finesift.data import minilm_folder, verdicts_folder
from finesift.models import ending
from finesift.models.layers import Layers, Numbers
from finesift.read import read
from finesift.views import answers

DATA = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[1] / "../shared/data"))
SEED, MOST = 23, 2500
SOURCES = {
    "alpaca gpt-4": "sft/llamafactory/alpaca_en_demo.json",
    "dpo": "sft/llamafactory/dpo_en_demo.json",
    "kto": "sft/llamafactory/kto_en_demo.json",
    "glaive": "sft/llamafactory/glaive_toolcall_en_demo.json",
    "gpteacher": "sft/gpteacher/toolformer-dedupe-only-dataset.json",
    "hh": "preference/hh_rlhf/harmless-base_test.jsonl.gz",
    "self-instruct": "synthesis/self_instruct/seed_tasks.jsonl",
    "taskmaster": "sft/customer_support/taskmaster/TM-4-2024_data_07.json",
    "openassistant": "sft/openassistant/en_100_tree.jsonl",
    "gsm8k": "eval/gsm8k/train.jsonl",
    "mbpp": "eval/mbpp/mbpp.jsonl",
}
# Text for counts of words, and no answers.
PROSE = ("sft/llamafactory/wiki_demo.txt",)
#: A word counts from so many sightings on; a whole answer in so many is cut, where precision is told.
SEEN, CUT_SHARE = 12, 0.1


class Ended(NamedTuple):
    """What was asked, an answer's text, whether it was cut, and where it comes from."""

    asked: str
    text: str
    cut: bool
    source: str


def whole(source: str, path: str, seed: int = SEED) -> list[Ended]:
    """Answers of one source, at most MOST, each once."""
    corpus = read([DATA / path])
    rows = answers(corpus.turns.lazy()).filter(
        (pl.col("part") != "rejected") & (pl.col("content").str.len_chars() > 0)
    )
    pairs = (
        rows.select(pl.col("asked").fill_null(""), "content")
        .unique("content", maintain_order=True)
        .collect()
        .rows()
    )
    draw = random.Random(seed)
    return [Ended(*pair, False, source) for pair in draw.sample(pairs, min(MOST, len(pairs)))]


def shortened(rows: list[Ended]) -> list[Ended]:
    """Each answer of five words and more, cut in the middle of a word, behind one, or behind a line, as budgets do.

    A cut behind a closing mark shows nothing and is none.
    """
    draw = random.Random(SEED + 1)
    out = []
    for row in rows:
        body = row.text.strip()
        if len(body.split()) < 5:
            continue
        for _ in range(8):
            at = draw.randrange(max(1, min(len(body) // 4, 40)), len(body) - 1)
            if draw.random() < 0.6:  # tokens are mostly words
                at = body.rfind(" ", 0, at)
            text = body[: max(at, 0)].rstrip()
            if len(text.split()) >= 2 and text[-1] not in ".!?…)]}\"”'’`*>|。！？:":
                out.append(row._replace(text=text, cut=True))
                break
    return out


def counted(texts: list[str]) -> ending.Words:
    """How often words are the last of a sentence, and the last but one."""
    last, before, inner = Counter[str](), Counter[str](), Counter[str]()
    for text in texts:
        for sentence in ending._stop.split(text):
            said = [word.lower().replace("’", "'") for word in ending._word.findall(sentence)]
            if len(said) < 4:
                inner.update(said)
                continue
            last[said[-1]] += 1
            before[said[-2]] += 1
            inner.update(said)
    share = sum(last.values()) / max(1, sum(inner.values()))
    usual = np.log(share / (1 - share))

    def odds(ends: Counter[str], word: str) -> float:
        return float(np.log((ends[word] + 8 * share) / (inner[word] - ends[word] + 8 * (1 - share))) - usual)

    often = [word for word, count in inner.most_common() if count >= SEEN]
    pieces = (line for line in vocabulary() if not line.startswith("##"))
    known = frozenset(pieces) | {word for word, count in inner.items() if count >= 2}
    return ending.Words({w: odds(last, w) for w in often}, {w: odds(before, w) for w in often}, known)


def vocabulary() -> list[str]:
    from tokenizers import Tokenizer

    return list(Tokenizer.from_file(str(minilm_folder() / "tokenizer.json")).get_vocab())


def taught(rows: list[Ended], texts: list[str]) -> tuple[ending.Words, Layers]:
    """The words of whole answers and prose, and the network; a source does not outvote the others."""
    words = counted(texts)
    rows = [row for row in rows if ending.asks(row.text)]
    labels = np.array([int(row.cut) for row in rows])
    pairs = [(row.source, row.cut) for row in rows]
    counts = Counter(pairs)
    each = np.array([min(1.0, 600 / counts[pair]) for pair in pairs], np.float32)
    for label in (0, 1):
        each[labels == label] *= len(rows) / 2 / each[labels == label].sum()
    inputs = ending.features([row.asked for row in rows], [row.text for row in rows], words)
    return words, trained(inputs, labels, each, ending.LABELS)


def scores(rows: list[Ended], words: ending.Words, model: Layers) -> Numbers:
    """How likely each was cut; 0 where the model is not asked."""
    said = np.zeros(len(rows), np.float32)
    at = [n for n, row in enumerate(rows) if ending.asks(row.text)]
    if at:
        inputs = ending.features([rows[n].asked for n in at], [rows[n].text for n in at], words)
        said[at] = model(inputs)[:, 1]
    return said


def prose() -> list[str]:
    return [(DATA / path).read_text("utf-8") for path in PROSE]


def folds(shown: int = 0) -> None:
    """Recall and false alarms of each source by weights and words that never saw it."""
    sets = {name: whole(name, path) for name, path in SOURCES.items()}
    print(
        f"{'left out':16}{'whole':>7}{'cut':>7}   "
        + "   ".join(f"{'recall':>7}{'alarms':>8}" for _ in LIMITS)
        + f"{'rules':>10}"
    )
    for name, rows in sets.items():
        rest = [row for other, some in sets.items() if other != name for row in some]
        words, model = taught([*rest, *shortened(rest)], [*(row.text for row in rest), *prose()])
        cuts = shortened(rows)
        good, bad = scores(rows, words, model), scores(cuts, words, model)
        line = "   ".join(f"{(bad >= limit).mean():7.3f}{(good >= limit).mean():8.4f}" for limit in LIMITS)
        ruled = [
            np.mean([bool((f := cut(r.text)) and f[0] >= 0.5) for r in some[:800]]) for some in (cuts, rows)
        ]
        print(f"{name:16}{len(rows):7}{len(cuts):7}   {line}   {ruled[0]:.3f} {ruled[1]:.4f}", flush=True)
        for n in np.argsort(-good)[:shown]:
            print(f"    {good[n]:.3f} {rows[n].asked[-60:]!r} -> {rows[n].text[-90:]!r}")


LIMITS = (0.5, 0.9, 0.98)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folds", action="store_true", help="measure, and write nothing")
    parser.add_argument(
        "--show", type=int, default=0, help="whole answers of each source that look most like cuts"
    )
    given = parser.parse_args()
    if given.folds:
        folds(given.show)
        return
    rows = [row for name, path in SOURCES.items() for row in whole(name, path)]
    words, model = taught([*rows, *shortened(rows)], [*(row.text for row in rows), *prose()])
    save(words, model)


def save(words: ending.Words, model: Layers) -> None:
    """One file: the network, and a row of numbers for each word: its odds in sixteenths, last and before, int8."""
    path = verdicts_folder() / "ending.npz"
    model.save(path)
    with np.load(path) as stored:
        parts = dict(stored)
    every = [*words.last, *sorted(words.known - words.last.keys())]
    odds = np.array([[words.last[w], words.before[w]] for w in words.last]) * 16
    parts |= {"words": np.array(" ".join(every)), "odds": np.clip(np.round(odds), -127, 127).astype(np.int8)}
    np.savez_compressed(path, **parts)


if __name__ == "__main__":
    main()
