"""The kernels under AddressSanitizer and UndefinedBehaviorSanitizer, on mutated text, against the reference."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FUZZ = """
import random, sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[1])
from reference import jaccard, shingles, words
from finesift.match import grams as g
from finesift.match import kernels as k
from finesift.match.signs import automaton
from finesift.match.texts import Texts
from finesift.read.conversations import fast_chats
from finesift.read.records import record

library, draw = Path(sys.argv[2]), random.Random(int(sys.argv[3]))
best = k.Kernels.best(library).isa
variants = [k.Kernels(isa, library) for isa in k.ISAS[: k.ISAS.index(best) + 1]]
known = fast_chats.Chats(["id", "messages"], "messages", "role", "content", {"user": "user", "gpt": "assistant"})
said = b'{"id": [1, {"a": "\\u00e9"}], "messages": [{"role": "user", "content": "q\\ud83d\\ude00 and more"}]}'
known_signs = automaton(tuple(frozenset([word.encode()]) for word in ["word", "ord w", "中", "x" * 40, "é", "9"]))
pieces = ["word ", "É", "中文", "\\u0301", "😀", "x" * 70, "\\n", ". ", "ﬁ", "_", "9", "\\U00020000", "ไทย", "\\u200b"]
for _ in range(int(sys.argv[4])):
    count = draw.randint(1, 6)
    documents = ["".join(draw.choices(pieces, k=draw.randint(0, 30))).encode() for _ in range(count)]
    clean = draw.random() < 0.5
    if not clean:  # bytes that are not UTF-8, cut characters
        documents = [bytes(b if draw.random() < 0.9 else draw.randrange(256) for b in d) for d in documents]
        documents = [d[draw.randint(0, 3) :] for d in documents]
    edges = np.cumsum([0, *map(len, documents)])
    # A buffer of exactly the right size: one byte too far is seen.
    data = np.frombuffer(bytearray(b"".join(documents)), np.uint8).copy()
    texts = Texts(data, edges[:-1].copy(), edges[1:].copy())
    seen = []
    times = draw.randint(0, 2**32)
    for kernels in variants:
        draw_ = random.Random(times)
        g.kernels = lambda kernels=kernels: kernels
        lists = [g.words(texts, i)[0].tolist() for i in range(count)]
        keys, whole, _ = g.band_keys(texts, 0, count, ngram=3, least=1)
        grams, stops = g.ngrams(texts, np.arange(count), ngram=3)
        left, right = np.triu_indices(count)
        similarity = g.jaccard(grams, stops, left, right)
        out = np.zeros(count, np.uint8)
        kernels("unusual", data, len(data), texts.starts, texts.ends, 0, count, out)
        again = [document * (draw_.randint(1, 12) if draw_.random() < 0.1 else 1) for document in documents]
        ends = np.cumsum([0, *map(len, again)])
        said_again = np.frombuffer(bytearray(b"".join(again)), np.uint8).copy()
        may = np.zeros(count, np.uint8)
        kernels("may_repeat", said_again, len(said_again), ends[:-1].copy(), ends[1:].copy(), 0, count, may)
        found_signs = np.zeros(count, np.uint64)
        kernels("signs", data, len(data), texts.starts, texts.ends, 0, count, known_signs.classes,
                known_signs.following, known_signs.following.shape[1], known_signs.telling, known_signs.found,
                found_signs)
        slots = np.zeros(64 + 4 * len(grams), np.uint64)[: 1 << (63 + 4 * len(grams)).bit_length() - 1]
        held, bits = np.zeros(len(slots), np.uint32), np.zeros(16, np.uint64)
        kernels("index", grams, np.arange(len(grams), dtype=np.uint32), len(grams), slots, held, len(slots), bits, 1024)
        hits = [np.zeros(7, np.uint32) for _ in range(3)]
        found = kernels("probe", data, len(data), texts.starts, texts.ends, 0, count, 3, slots, held, len(slots), bits,
                        1024, 7, *hits)
        some, others = (np.unique(grams[draw.randint(0, 9) : draw.randint(0, 30)]) for _ in range(2))
        assert g.union(some, others).tolist() == sorted({*some.tolist(), *others.tolist()})
        seen.append(
            (lists, keys.tolist(), whole.tolist(), grams.tolist(), similarity.tolist(), out.tolist(), found,
             may.tolist(), found_signs.tolist())
        )
    assert all(other == seen[0] for other in seen), documents
    lines = []
    for _ in range(draw.randint(1, 3)):
        line = bytearray(said[: draw.choice([len(said), len(said), draw.randint(0, len(said))])])
        for _ in range(draw.randint(0, 2)):
            if line:
                line[draw.randrange(len(line))] = draw.choice(b'"\\\\{}[],:u\\xc3\\xf0\\xed z')
        lines.append(bytes(line))
    read = []
    for kernels in variants:
        fast_chats.kernels = record.kernels = lambda kernels=kernels: kernels
        # A bytearray of its own: one byte behind it at most is not the sanitizer's.
        data = bytearray(b"\\n".join(lines))
        found = known.read(data, record.line_ends(data)) if data else None
        one = np.frombuffer(data or b"{", np.uint8).copy()
        objects, done = np.zeros(2 * len(one), np.uint8), np.zeros(2, np.int64)
        count = kernels("objects", one, len(one), objects, done)
        assert done[0] <= len(one) and objects[: done[1]].tobytes().count(b"\\n") == count, lines
        ends = kernels("key_ends", one, len(one))
        columns = found and (found.lengths, found.roles, found.contents.to_list(), found.extras)
        read.append((done.tolist(), ends, columns))
    assert all(other == read[0] for other in read), lines
    if clean:
        texts_ = [d.decode() for d in documents]
        assert [len(l) for l in seen[0][0]] == [len(words(t)) for t in texts_], documents
        sets = [shingles(t, 3) for t in texts_]
        expected = [jaccard(sets[a], sets[b]) for a, b in zip(left, right)]
        assert np.allclose(seen[0][4], expected), documents
        assert seen[0][6] == sum(max(1, len(l) - 2) for l in seen[0][0] if l), documents
print("same")
"""


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory):
    compiler = shutil.which("gcc")
    runtime = (
        compiler
        and subprocess.run(
            [compiler, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    if not runtime or not Path(runtime).is_absolute():
        pytest.skip("no gcc with AddressSanitizer here (Debian: apt-get install gcc)")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    library = tmp_path_factory.mktemp("sanitized") / "libkernels.so"
    build.compile_kernels(
        # Whatever the optimiser leaves of them, reads are the same; it takes three quarters of the compiler's time.
        library,
        "-g",
        "-O1",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
        compiler=[compiler],
    )
    return library, runtime


@pytest.mark.parametrize("inputs", [300, pytest.param(20_000, marks=pytest.mark.long)])
def test_no_byte_outside_a_document_is_read(sanitized, inputs):
    library, runtime = sanitized
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, str(Path(__file__).parent), str(library), "5", str(inputs)],
        env={
            **os.environ,
            "LD_PRELOAD": runtime,
            "ASAN_OPTIONS": "detect_leaks=0",
            "PYTHONMALLOC": "malloc",  # so that the sanitizer sees where each array ends
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "same\n", done.stderr[-3000:]
