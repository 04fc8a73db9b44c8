"""The sets of near_duplicates.py, from real text and planted edits: JSONL with one field, `text`."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def build(name: str, source: Path, folder: Path) -> Path:
    """The set's file, written unless it is there."""
    path = folder / f"{name}.jsonl"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in SETS[name](source))
        part.replace(path)
    return path


def alpaca(source: Path) -> list[str]:
    """Alpaca as it is: instruction, input and answer of 52,002 rows."""
    rows = json.loads((source / "sft/alpaca_data.json").read_text("utf-8"))
    return ["\n".join(part for part in row.values() if part) for row in rows]


def big200k(source: Path) -> list[str]:
    """200,000 rows of 100 to 300 words; one in five is another row with 0.5 to 5 % of its words edited."""
    draw = random.Random(1)
    pool = list(sentences(source))
    vocabulary = _vocabulary(pool, draw)
    rows = []
    for _ in range(160_000):
        words: list[str] = []
        size = draw.randint(100, 300)
        while len(words) < size:
            words += draw.choice(pool).split()
        rows.append(" ".join(words[:size]))
    originals = list(rows)
    rows += [
        _edited(draw.choice(originals), draw.uniform(0.005, 0.05), vocabulary, draw) for _ in range(40_000)
    ]
    draw.shuffle(rows)
    return rows


def templates(source: Path) -> list[str]:
    """Alpaca, and 55,000 rows from 200 real passages of 40 to 160 words with 1 to 6 places filled differently."""
    draw = random.Random(2)
    rows = alpaca(source)
    vocabulary = _vocabulary(rows, draw)
    passages = [words for row in rows if 40 <= len(words := row.split()) <= 160]
    for words in draw.sample(passages, 200):
        places = draw.sample(range(len(words)), draw.randint(1, 6))
        for _ in range(275):
            filled = list(words)
            for place in places:
                filled[place] = draw.choice(vocabulary)
            rows.append(" ".join(filled))
    draw.shuffle(rows)
    return rows


def short(source: Path) -> list[str]:
    """200,000 short messages of 3 to 30 words; one in five is another one with one or two words edited."""
    draw = random.Random(3)
    pool = list(sentences(source))
    vocabulary = _vocabulary(pool, draw)
    messages = sorted({text for text in pool if 3 <= len(text.split()) <= 25})
    while len(messages) < 160_000:
        text = f"{draw.choice(pool)} {draw.choice(pool)}"
        if 3 <= len(text.split()) <= 30:
            messages.append(text)
    rows = draw.sample(messages, 160_000)
    for text in draw.choices(rows, k=40_000):
        edits = draw.randint(1, 2)
        rows.append(_edited(text, edits / len(text.split()), vocabulary, draw))
    draw.shuffle(rows)
    return rows


SETS = {"alpaca": alpaca, "big200k": big200k, "templates": templates, "short": short}


def sentences(source: Path) -> Iterator[str]:
    """Sentences of 3 to 60 words from the English training sets, each once, in a fixed order."""
    seen: dict[str, None] = {}
    for path in sorted([*(source / "sft").rglob("*.json"), *(source / "preference").rglob("*.jsonl.gz")]):
        if "_zh_" in path.name:
            continue
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8") as file:
                rows = [json.loads(row) for row in file]
        else:
            rows = json.loads(path.read_text("utf-8"))
        for value in _strings(rows):
            for sentence in SENTENCE.split(value):
                if 3 <= len(sentence.split()) <= 60:
                    seen[sentence.strip()] = None
    yield from seen


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _vocabulary(texts: list[str], draw: random.Random) -> list[str]:
    words = {
        word
        for text in draw.sample(texts, min(len(texts), 20_000))
        for word in text.split()
        if word.isalpha()
    }
    return sorted(words)


def _edited(text: str, share: float, vocabulary: list[str], draw: random.Random) -> str:
    """At least one word is replaced, left out, or followed by another one."""
    words = text.split()
    for _ in range(max(1, round(share * len(words)))):
        place = draw.randrange(len(words))
        fresh = [[draw.choice(vocabulary)], [], [words[place], draw.choice(vocabulary)]]
        words[place : place + 1] = draw.choice(fresh)
        words = words or [draw.choice(vocabulary)]
    return " ".join(words)
