"""Encoders side by side: `python benchmarks/embedders.py [--wordllama PYTHON] [--without-minilm]` prints what the
documentation says of them.

    CLINC      development half: an intent is the mean of 3 (or 10) of its training requests; the share of its test
               requests whose nearest is their own, over five draws; BANKING77's test set likewise, from 10
    STS-B, SICK   Spearman's correlation with people's grades, of the development set and of the training set
    MRPC       the area under the curve of paraphrases against the rest, training set
    HumanEval, MMLU   restated items (Yang et al. 2023): the original is the nearest of all originals, or among ten
    speed      short requests of CLINC per second of processor time; seconds to load, of this process

The static encoder stands twice: as it is, and weighed by how rare a token is among the texts, as rows are compared by
meaning. wordllama runs in the environment of `--wordllama` (`pip install wordllama`; its weights are in the wheel; no
wheel was found that holds weights for model2vec). Below: what the search in cells misses of the exact neighbours, and
how often MiniLM's best pair is among the static encoder's 50 nearest.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from finesift.embed.load import load_encoder
from finesift.embed.neighbours import pairs, top
from finesift.embed.static import Static
from measure import data_folder

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
WIDTH = 1 << 13


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wordllama", type=Path, help="the Python of an environment with wordllama")
    parser.add_argument("--without-minilm", action="store_true", help="it takes ten minutes")
    given = parser.parse_args()
    data = data_folder()
    begun = time.process_time()
    static = Static()
    loading = time.process_time() - begun
    encoders: dict[str, Encode] = {
        "static": static.encode,
        "static, weighed": weighed(static),
        "char n-grams": grams,
    }
    if given.wordllama:
        encoders["wordllama 256"] = wordllama(given.wordllama)
    minilm = None if given.without_minilm else load_encoder()
    if minilm is not None:
        encoders["MiniLM int8"] = minilm.encode
    heads = ("CLINC@3", "CLINC@10", "BANK@10", "STS-B", "SICK", "MRPC", "HE@1", "HE@10", "MMLU@1", "texts/s")
    print(f"{'':16} " + " ".join(f"{head:>8}" for head in heads))
    for name, encode in encoders.items():
        figures = [*intents(data, encode), *graded(data, encode), *items(data, encode), speed(data, encode)]
        print(
            f"{name:16} " + " ".join(f"{one:>8.3f}" if one < 2 else f"{one:>8,.0f}" for one in figures),
            flush=True,
        )
    print(f"static: loaded in {loading:.2f} s of processor time")
    cells(data, static)
    if minilm is not None:
        two_stages(data, static, minilm.encode)


def weighed(static: Static) -> Encode:
    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        tokens = static.tokens(list(texts))
        vectors: NDArray[np.float32] = static.weighed(tokens, static.rarity(tokens)).astype(np.float32)
        return vectors

    return encode


def grams(texts: Sequence[str]) -> NDArray[np.float32]:
    """3- to 5-grams of characters, hashed, log counts: needs no weights at all."""
    vectors = np.zeros((len(texts), WIDTH), np.float32)
    for row, text in enumerate(texts):
        said = f" {' '.join(text.lower().split())} ".encode()
        for size in (3, 4, 5):
            for at in range(len(said) - size + 1):
                vectors[row, crc32(said[at : at + size]) % WIDTH] += 1
    vectors = np.log1p(vectors)
    norms = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors / norms


PEER = """
import json, sys, wordllama, numpy as np
from pathlib import Path
model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
np.save(sys.argv[2], model.embed(json.load(open(sys.argv[1])), norm=True))
"""


def wordllama(python: Path) -> Encode:
    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        with tempfile.TemporaryDirectory() as folder:
            said, vectors = Path(folder) / "texts.json", Path(folder) / "vectors.npy"
            said.write_text(json.dumps(list(texts)), "utf-8")
            subprocess.run([str(python), "-c", PEER, str(said), str(vectors)], check=True)
            loaded: NDArray[np.float32] = np.load(vectors).astype(np.float32)
        return loaded

    return encode


def clinc(data: Path, part: str) -> tuple[list[str], NDArray[np.int64]]:
    rows = json.loads((data / "truth_behaviours/clinc150/dev.json").read_text("utf-8"))
    number = {name: n for n, name in enumerate(rows["intents"])}
    known = [row if isinstance(row, list) else [row["text"], row["intent"]] for row in rows[part]]
    return [text for text, _ in known], np.array([number[name] for _, name in known])


def banking(data: Path, part: str) -> tuple[list[str], NDArray[np.int64]]:
    with (data / f"sft/customer_support/banking77/{part}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = sorted({row["category"] for row in rows})
    return [row["text"] for row in rows], np.array([names.index(row["category"]) for row in rows])


def intents(data: Path, encode: Encode) -> list[float]:
    found = []
    for read, shots in ((clinc, (3, 10)), (banking, (10,))):
        (shown, labels), (asked, right) = read(data, "train"), read(data, "test")
        both = encode([*shown, *asked])
        taught, tested = both[: len(shown)], both[len(shown) :]
        for few in shots:
            draws = []
            for seed in range(5):
                draw = np.random.default_rng(seed)
                kinds = range(int(labels.max()) + 1)
                chosen = [draw.choice(np.flatnonzero(labels == kind), few, replace=False) for kind in kinds]
                centres = np.stack([taught[some].mean(axis=0) for some in chosen])
                centres /= np.linalg.norm(centres, axis=1, keepdims=True)
                draws.append(float(((tested @ centres.T).argmax(axis=1) == right).mean()))
            found.append(float(np.mean(draws)))
    return found


def graded(data: Path, encode: Encode) -> list[float]:
    folder = data / "truth_paraphrase"
    lines = (folder / "stsb/sts-dev.csv").read_text("utf-8").splitlines()
    stsb = [(float(row[4]), row[5], row[6]) for row in (line.split("\t") for line in lines)]
    lines = (folder / "sick/SICK_train.txt").read_text("utf-8").splitlines()[1:]
    sick = [(float(row[3]), row[1], row[2]) for row in (line.split("\t") for line in lines if line.strip())]
    lines = (folder / "mrpc/msr_paraphrase_train.txt").read_text("utf-8-sig").splitlines()[1:]
    mrpc = [(float(row[0]), row[3], row[4]) for row in (line.split("\t") for line in lines)]
    grades = [cosines(encode, rows) for rows in (stsb, sick, mrpc)]
    ranked = [float(np.corrcoef(ranks(said), ranks(grade))[0, 1]) for said, grade in grades[:2]]
    said, grade = grades[2]
    order = ranks(said)
    positive = grade == 1
    above = order[positive].sum() - positive.sum() * (positive.sum() - 1) / 2
    return [*ranked, float(above / (positive.sum() * (~positive).sum()))]


def cosines(
    encode: Encode, rows: list[tuple[float, str, str]]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    vectors = encode([text for _, *both in rows for text in both])
    alike: NDArray[np.float32] = np.einsum("ij,ij->i", vectors[::2], vectors[1::2])
    return alike, np.array([grade for grade, *_ in rows])


def ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """From 0; ties share their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    mean: NDArray[np.float64] = ends - (counts + 1) / 2
    return mean[place]


def items(data: Path, encode: Encode) -> list[float]:
    folder = data / "truth_contamination/llm_decontaminator"

    def read(name: str) -> list[str]:
        return [
            json.loads(line)["text"] if line.strip() else ""
            for line in (folder / name).read_text("utf-8").splitlines()
        ]

    originals = read("HumanEval.jsonl")
    code = [(n, text) for name in ("python", "js") for n, text in enumerate(read(f"humaneval_{name}.jsonl"))]
    found = hits(encode, originals, code, (1, 10))
    exams: list[str] = []
    asked: list[tuple[int, str]] = []
    for subject in ("abstract_algebra", "sociology"):
        with (folder / f"{subject}_test.csv").open(encoding="utf-8") as file:
            rows = ["\n".join(row[:5]) for row in csv.reader(file)]
        said = read(f"{subject}_test_rephrase_english_filtered_question.jsonl")
        asked += [(n + len(exams), text) for n, text in enumerate(said)]
        exams += rows
    return [*found, *hits(encode, exams, asked, (1,))]


def hits(
    encode: Encode, originals: list[str], said: list[tuple[int, str]], among: tuple[int, ...]
) -> list[float]:
    kept = [(n, text) for n, text in said if text.strip() and n < len(originals)]
    vectors = encode([*originals, *(text for _, text in kept)])
    places, _ = top(vectors[len(originals) :], vectors[: len(originals)], max(among))
    right = np.array([n for n, _ in kept])[:, None]
    return [float((places[:, :k] == right).any(axis=1).mean()) for k in among]


def speed(data: Path, encode: Encode) -> float:
    texts = clinc(data, "train")[0]
    some = [
        f"{text} {n}" for n, text in enumerate(texts[:: max(1, len(texts) // 1500)])
    ]  # nothing kept helps
    encode(some[:8])
    begun = time.process_time()
    encode(some)
    # Work of a process of its own is none of this one's.
    spent = time.process_time() - begun
    return len(some) / spent if spent > 0.002 else float("nan")


def cells(data: Path, static: Static) -> None:
    rows = json.loads((data / "sft/alpaca_data.json").read_text("utf-8"))
    texts = list(dict.fromkeys(re.sub(r"\s+", " ", f"{row['instruction']} {row['input']}") for row in rows))
    tokens = static.tokens(texts)
    vectors = static.weighed(tokens, static.rarity(tokens))
    order = np.random.default_rng(17).permutation(len(vectors))
    begun = time.process_time()
    left, right, _ = pairs(vectors, k=10, least=0.6, order=order)
    spent = time.process_time() - begun
    known = set(zip(left.tolist(), right.tolist(), strict=True))
    asked = np.arange(0, len(vectors), 25)
    places, near = top(vectors[asked].astype(np.float32), vectors.astype(np.float32), 11)
    for least in (0.6, 0.7, 0.8, 0.9):
        due = [
            (min(a, b), max(a, b))
            for a, row, cosines_ in zip(asked.tolist(), places.tolist(), near.tolist(), strict=True)
            for b, cosine in zip(row, cosines_, strict=True)
            if a != b and cosine >= least + 0.001
        ]
        share = sum(pair in known for pair in due) / max(1, len(due))
        print(f"cells: of {len(due):,} exact neighbours at {least}, {share:.4f} are found")
    print(f"cells: {len(vectors):,} prompts in {spent:.1f} s of processor time")


def two_stages(data: Path, static: Static, encode: Encode) -> None:
    texts = [*clinc(data, "train")[0][::2], *clinc(data, "test")[0]]
    best, _ = top(encode(texts), encode(texts), 2)
    near, _ = top(static.encode(texts), static.encode(texts), 51)
    own = np.arange(len(texts))
    mate = np.where(best[:, 0] == own, best[:, 1], best[:, 0])
    print(
        f"two stages: MiniLM's nearest is among static's 50 for {float((near == mate[:, None]).any(axis=1).mean()):.4f}"
    )


if __name__ == "__main__":
    main()
