"""What the contamination checks find, what they take for found, and how fast they are.

    python benchmarks/contamination.py [--read N]

Truth: restated questions of MMLU (sociology, abstract algebra) and HumanEval (Python, JavaScript), with items of the
same set and tasks on the same topic as hard negatives. `--read N` prints N flagged rows of each natural pair of sets
with the item, for a person to judge. Peers run in environments of their own under FINESIFT_PEERS
(~/.cache/finesift-peers), made when first needed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from environments import ask
from finesift.corpus import Corpus, chat
from finesift.embed.load import load_encoder
from finesift.match.canaries import KINDS
from finesift.match.contain import contained
from finesift.match.restate import EXAM, STEM, restated
from finesift.read import read
from finesift.read.held_out import items
from finesift.recipe import LIMITS

DATA = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[2] / "shared/data"))
TRUTH = DATA / "truth_contamination/llm_decontaminator"
# What its n-grams import, bounded as its extra "processing" bounds it; the extra itself asks for far more.
DATATROVE = ["datatrove", "numpy", "orjson", "regex", "spacy", "xxhash<4"]
# Each peer with its own defaults; and datatrove told to look for questions, which its defaults do not.
PEERS = [
    ("convmerge", ["convmerge"], "contamination_convmerge.py", [], ""),
    ("datatrove", DATATROVE, "contamination_datatrove.py", [], ""),
    ("datatrove", DATATROVE, "contamination_datatrove.py", ["--questions"], ", questions too"),
]
restated_by_rules = KINDS["restated by rules"]
# MMLU's subjects whose questions stand behind a passage.
READING = ("high_school_us_history", "high_school_european_history", "high_school_world_history")
# How exams word a question, and how people ask the same.
_EXAM_WORDING = [
    (r"(?i)\baccording to (?:the|this) (?:passage|excerpt|text)( above)?,?", "as it is told there,"),
    (r"(?i)\b(?:from|in) the (?:passage|excerpt),? one may infer that", "is it right to say that"),
    (r"(?i)\bwhich (?:one )?of the following (?:best |most accurately |most directly )?", "what "),
    (r"(?i)\bthe (?:passage|excerpt)( above)?", "the text"),
    (r"(?i)\bmost (?:directly|likely|closely) (?:led to|contributed to)", "brought about"),
    (r"(?i)\bled to\b", "brought about"), (r"(?i)\ban example of\b", "a case of"),
    (r"(?i)\bduring\b", "at the time of"),
    (r"(?i)\breflects?\b", "shows"), (r"(?i)\brepresents?\b", "stands for"), (r"(?i)\bsupports?\b", "backs"),
    (r"(?i)\bauthor\b", "writer"), (r"(?i)\bcentury\b", "hundred years"), (r"(?i)\bconflict\b", "dispute"),
    (r"(?i)\bgovernment\b", "state"), (r"(?i)\bpolic(?:y|ies)\b", "course"), (r"(?i)\bevents?\b", "happening"),
    (r"(?i)\bprimarily\b", "mainly"), (r"(?i)\bdescribed?s?\b", "pictured"),
    (r"(?i)\bresult(?:ed)? (?:of|from|in)\b", "outcome of"),
]  # fmt: skip
REVIEW = LIMITS["restatement"][0].review or 0.0

# HumanEval's tasks are common exercises, and MBPP and CodeAlpaca hold many of them: rows that ask for the same thing
# are no negatives. Judged by reading the 110 rows that score highest; a row is left out for a task when it matches.
SAME_TASK = {
    "greatest_common_divisor": "common divisor|gcd",
    "median": "median",
    "fib": "fibonacci",
    "prime_fib": "fib",
    "fib4": "fib",
    "fibfib": "fib",
    "is_palindrome": "palindrome",
    "is_prime": r"\bprime\b",
    "triangle_area": "triangle",
    "remove_vowels": "vowels",
    "vowels_count": "vowels",
    "largest_prime_factor": "prime factor",
    "factorize": "prime factor",
    "count_up_to": "prime numbers",
    "decimal_to_binary": "binary",
    "concatenate": "concatenat",
    "get_positive": "positive",
    "monotonic": "monotonic",
    "count_distinct_characters": "distinct|different char|unique char",
    "unique": "unique|duplicat",
    "add": "two (given )?(integers|numbers)|addNumbers",
    "next_smallest": "smallest",
    "remove_duplicates": "duplicat",
    "strlen": "length",
    "largest_smallest_integers": "largest|smallest",
    "sum_to_n": "sum of",
    "max_element": "max|largest",
    "flip_case": "case",
    "is_sorted": "sorted",
    "sum_squares": "squares",
    "common": "common|intersection",
    "even_odd_count": "even|odd",
    "sort_array": "sort",
    "sort_even": "sort",
    "words_string": "words",
    "maximum": "maximum",
    "all_prefixes": "prefix",
    "circular_shift": "shift|rotat",
    "add_elements": "sum",
    "rolling_max": "max",
    "longest": "longest",
    "reverse_delete": "palindrome",
    "count_upper": "upper",
    "special_factorial": "factorial",
    "f": "factorial",
    "is_happy": "happy",
    "order_by_points": "sort",
    "sorted_list_sum": "sort",
    "sum_product": "sum|product",
}


@dataclass
class Truth:
    """Items; rows that restate them, each its own (None: nothing usable); and rows that restate none."""

    name: str
    items: pl.DataFrame
    restated: list[str | None]
    others: list[str]
    same: Callable[[int, int], bool]  # (other row, item): do they ask the same after all?


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def prompts(*paths: Path) -> list[str]:
    turns = pl.concat([read([str(path)]).turns for path in paths])
    return turns.filter(pl.col("role") == "user")["content"].to_list()


def usable(path: Path) -> list[str | None]:
    """The restatement of each item; None where the file has a blank."""
    return [row["text"] if len(row["text"].split()) > 2 else None for row in lines(path)]


def question_alone(item: dict) -> str | None:
    """The last line of an item that carries a passage, in other words; None where there is too little to know it by."""
    lines_ = item["question"].strip().split("\n")
    asked = lines_[-1].strip()
    told = [word for word in re.findall(r"\w+", asked.lower()) if not re.match(EXAM, word[:STEM])]
    if len(lines_) < 2 or len(item["question"].split()) < 60 or len(asked.split()) > 60 or len(set(told)) < 5:
        return None
    other = asked
    for pattern, instead in _EXAM_WORDING:
        other = re.sub(pattern, instead, other)
    return re.sub(r" {2,}", " ", f"I wonder: {other[:1].lower()}{other[1:]}") if other != asked else None


def reading() -> list[Truth]:
    """Questions of reading subjects without their passage and options, against those of the other two subjects."""
    # An item is named by its line, and a passage has many: counted here, as the rows that restate them are.
    held = {
        name: items(read([str(DATA / f"eval/mmlu/test/{name}_test.csv")]), name).with_columns(
            item=pl.int_range(pl.len(), dtype=pl.UInt32)
        )
        for name in READING
    }
    found = []
    for name in READING:
        texts = [question_alone(item) for item in held[name].iter_rows(named=True)]
        others = [
            text
            for other in READING
            if other != name
            for item in held[other].iter_rows(named=True)
            if (text := question_alone(item)) is not None
        ]
        found.append(Truth(f"MMLU, {name}, question alone", held[name], texts, others, lambda *_: False))
    return found


def truths() -> list[Truth]:
    human_eval = items(read([str(DATA / "eval/human_eval/HumanEval.jsonl.gz")]), "HumanEval")
    mmlu = items(read([str(DATA / "eval/mmlu/test/*.csv")]), "MMLU")
    code = [
        *prompts(DATA / "eval/mbpp/mbpp.jsonl"),
        *prompts(*sorted((DATA / "sft/codealpaca").glob("*.json"))),
    ]
    tasks = [re.findall(r"def (\w+)", question)[-1] for question in human_eval["question"]]
    patterns = [re.compile(SAME_TASK.get(task, "(?!)"), re.IGNORECASE) for task in tasks]

    def same_task(row: int, item: int) -> bool:
        return bool(patterns[item].search(code[row]))

    found = [
        Truth(f"HumanEval, {name}", human_eval, usable(TRUTH / file), code, same_task)
        for name, file in (("Python", "humaneval_python.jsonl"), ("JavaScript", "humaneval_js.jsonl"))
    ]
    for subject, file in (("sociology", "sociology_test"), ("algebra", "abstract_algebra_test")):
        held = items(read([str(TRUTH / f"{file}.csv")]), subject)
        texts = usable(TRUTH / f"{file}_rephrase_english_filtered_question.jsonl")
        mine = set(held["question"])
        draw = np.random.default_rng(0)
        rest = [question for question in mmlu["question"] if question not in mine]
        others = [rest[n] for n in draw.permutation(len(rest))[:3000]]
        found.append(Truth(f"MMLU, {subject}", held, texts, others, lambda *_: False))
    gsm8k = items(read([str(DATA / "eval/gsm8k/test.jsonl")]), "GSM8K")
    by_rule = [restated_by_rules(item) for item in gsm8k.iter_rows(named=True)]
    others = prompts(DATA / "eval/gsm8k/train.jsonl")[:3000]
    by_rules = Truth("GSM8K, by rules", gsm8k, by_rule, others, lambda *_: False)
    return [*found, by_rules, *reading()]


def scores(truth: Truth, encoder: object) -> tuple[np.ndarray, np.ndarray]:
    """Of each row that found anything and is not to be left out: its score, and whether it found its own item."""
    texts = [text or "" for text in truth.restated] + truth.others
    corpus = Corpus.of(chat(text, "I see.") for text in texts)
    found = restated(corpus.turns, truth.items, encoder, budget=20_000)
    first = truth.items["item"][0]
    kept = []
    for example, item, score in found.select("example", "item", "score").iter_rows():
        other = example - len(truth.restated)
        if other < 0 and truth.restated[example] is None:
            continue
        if other >= 0 and truth.same(other, item - first):
            continue
        kept.append((score, example == item - first))
    return np.array([k[0] for k in kept]), np.array([k[1] for k in kept], bool)


def measured(score: np.ndarray, right: np.ndarray, positives: int) -> list[str]:
    order = np.argsort(-score)
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    recall = np.cumsum(right[order]) / positives
    good = np.flatnonzero(precision >= 0.95)
    at = score >= REVIEW
    p, r = (right[at].mean() if at.any() else 1.0), right[at].sum() / positives
    return [
        f"{recall[good.max()] if len(good) else 0:.3f}",
        f"{p:.3f}",
        f"{r:.3f}",
        f"{2 * p * r / max(p + r, 1e-9):.3f}",
    ]


def overlap(truth: Truth, ngram: int) -> str:
    """The share of restated rows that have any n-gram of words in common with their item."""

    def grams(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", text.lower())
        return {tuple(words[n : n + ngram]) for n in range(len(words) - ngram + 1)}

    pairs = [
        (text, f"{question}\n{options or ''}")
        for text, (question, options) in zip(
            truth.restated, truth.items.select("question", "options").iter_rows(), strict=False
        )
        if text is not None
    ]
    return f"{sum(bool(grams(a) & grams(b)) for a, b in pairs) / len(pairs):.3f}"


def beside(truth: Truth) -> list[list[str]]:
    """A row for each peer. It says yes or no to a row, so there is one precision and one recall.

    A restated row that is flagged counts as found, whichever item the peer names.
    """
    positives = sum(text is not None for text in truth.restated)
    given = {
        "items": truth.items.select("question", "options", "answer").to_dicts(),
        "texts": [text or "" for text in truth.restated] + truth.others,
    }
    rows = []
    for name, packages, script, options, how in PEERS:
        label, found = ask(name, packages, script, given, *options)
        if isinstance(found, str):
            rows.append([truth.name, f"{label}{how}: {found}", str(positives), "", "", "", ""])
            continue
        right = sum(item is not None for item in found[: len(truth.restated)])
        wrong = sum(
            item is not None and not truth.same(other, item)
            for other, item in enumerate(found[len(truth.restated) :])
        )
        precision, recall = right / max(1, right + wrong), right / positives
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        measures = [f"{precision:.3f}" if right + wrong else "", f"{recall:.3f}", f"{f1:.3f}"]
        rows.append([truth.name, f"{label}{how}", str(positives), "", *measures])
    return rows


def table(head: list[str], rows: list[list[str]]) -> None:
    for cells in [head, ["---"] * len(head), *rows]:
        print("| " + " | ".join(cells) + " |")
    print()


def restatements() -> None:
    encoder = load_encoder()
    rows = []
    for truth in truths():
        positives = sum(text is not None for text in truth.restated)
        for name, how in ((encoder and encoder.name, encoder), ("words only", None)):
            if name:
                rows.append([truth.name, name, str(positives), *measured(*scores(truth, how), positives)])
        rows += [
            [truth.name, f"{n}-gram overlap", str(positives), "", "", overlap(truth, n), ""]
            for n in (8, 10, 13)
        ]
        rows += beside(truth)
    print("## Restatements\n")
    print(
        f"Recall at precision 0.95, and precision, recall and F1 at the default limit for review, {REVIEW}.\n"
    )
    table(["items", "by", "restated", "recall at 0.95", "precision", "recall", "F1"], rows)


def natural(read_rows: int) -> None:
    gsm8k = DATA / "eval/gsm8k"
    mmlu, truthful = DATA / "eval/mmlu/test/*.csv", DATA / "eval/truthfulqa/TruthfulQA.csv"
    alpaca = DATA / "sft/alpaca_data.json"
    cases = [
        ("LIMA", DATA / "sft/lima/*.json*", "GSM8K train", gsm8k / "train.jsonl"),
        ("GSM8K train", gsm8k / "train.jsonl", "GSM8K test", gsm8k / "test.jsonl"),
        (
            "CodeAlpaca",
            DATA / "sft/codealpaca/*.json*",
            "HumanEval",
            DATA / "eval/human_eval/HumanEval.jsonl.gz",
        ),
        ("Alpaca", alpaca, "MMLU", mmlu),
        ("Alpaca", alpaca, "TruthfulQA", truthful),
    ]
    encoder, rows, shown = load_encoder(), [], []
    for trained, path, evaluated, held in cases:
        corpus, against = read([str(path)]), items(read([str(held)]), evaluated)
        start = time.perf_counter(), time.process_time()
        overlaps = contained(corpus.turns, against)
        middle = time.perf_counter(), time.process_time()
        meant = restated(corpus.turns, against, encoder)
        end = time.perf_counter(), time.process_time()
        limit = LIMITS["contamination"][0]
        # A row whose overlap was found is not counted as a restatement again.
        fresh = meant.filter(pl.col("score") >= REVIEW).join(
            overlaps.filter(pl.col("score") >= limit.review), on=["example", "set"], how="anti"
        )
        aside = overlaps.filter(pl.col("score") >= limit.set_aside)
        doubtful = overlaps.filter(pl.col("score").is_between(limit.review, limit.set_aside, closed="left"))
        rows.append(
            [
                f"{trained} ({corpus.examples.height:,})",
                f"{evaluated} ({against.height:,})",
                *[f"{found['example'].n_unique():,}" for found in (aside, doubtful, fresh)],
                f"{middle[0] - start[0]:.1f} ({middle[1] - start[1]:.1f})",
                f"{end[0] - middle[0]:.1f} ({end[1] - middle[1]:.1f})",
            ]
        )
        for kind, found in (("set aside", aside), ("review", doubtful), ("restated", fresh)):
            for row in found.sample(min(read_rows, found.height), seed=17).iter_rows(named=True):
                said = corpus.turns.filter(
                    (pl.col("example") == row["example"]) & (pl.col("turn") == row["turn"])
                )["content"][0]
                item = against.filter(pl.col("item") == row["item"]).row(0, named=True)
                shown.append(
                    f"[{trained} / {evaluated}, {kind}, {row['score']:.2f}] {said[:300]!r}"
                    f"\n    {item['question'][:300]!r}"
                )
    print("## Natural pairs of sets\n\nRows found, and seconds (CPU seconds) for each level.\n")
    head = [
        "trained on",
        "evaluated on",
        "set aside",
        "review",
        "restated, review",
        "n-grams, s",
        "restatements, s",
    ]
    table(head, rows)
    print("\n".join(shown))


def speed() -> None:
    """The n-gram level against 86,000 held-out documents, beside plain Python."""
    from finesift.match.grams import Index, ngrams
    from finesift.match.texts import Texts

    corpus = read([str(DATA / "sft/alpaca_data.json")])
    said = corpus.turns["content"].drop_nulls()
    # The held-out documents are made of the evaluations there are, cut in pieces.
    sources = ("mmlu/test/*.csv", "bbh/*.json", "gsm8k/*.jsonl")
    held = pl.concat([items(read([str(DATA / "eval" / path)]), path)["question"] for path in sources])
    held = pl.concat([held + f" {n}" for n in range(-(-86_000 // len(held)))]).head(86_000)
    texts = Texts.of(said)
    megabytes = len(texts.data) / 1e6
    rows = []
    for n in (5, 13):
        start = time.process_time()
        documents = Texts.of(held)
        grams, _ = ngrams(documents, np.arange(len(documents)), ngram=n)
        index = Index(np.unique(grams), n)
        built = time.process_time() - start
        start = time.process_time()
        index.find(texts)
        took = time.process_time() - start
        rows.append([f"finesift, {n}-grams", f"{built:.2f}", f"{megabytes / took:.0f}"])
    start = time.process_time()
    known = {
        tuple(words[k : k + 13])
        for text in held
        for words in [text.lower().split()]
        for k in range(len(words) - 12)
    }
    built = time.process_time() - start
    start = time.process_time()
    some = said.head(10_000)
    for text in some:
        words = text.lower().split()
        any(tuple(words[k : k + 13]) in known for k in range(len(words) - 12))
    took = time.process_time() - start
    rows.append(["Python set, 13-grams", f"{built:.2f}", f"{some.str.len_bytes().sum() / 1e6 / took:.1f}"])
    start = time.process_time()
    translate = str.maketrans(dict.fromkeys("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", ""))
    strings = {" ".join(words[k : k + 13]) for text in held for words in [text.lower().translate(translate).split()]
               for k in range(len(words) - 12)}  # fmt: skip
    built = time.process_time() - start
    start = time.process_time()
    for text in some:
        words = text.lower().translate(translate).split()
        any(" ".join(words[k : k + 13]) in strings for k in range(len(words) - 12))
    took = time.process_time() - start
    rows.append(
        ["janitor's way (joined strings)", f"{built:.2f}", f"{some.str.len_bytes().sum() / 1e6 / took:.1f}"]
    )
    print("## Speed of the n-gram level\n\n86,000 held-out documents; CPU seconds.\n")
    table(["", "index, s", "MB/s per core"], rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--read", type=int, default=0, metavar="N")
    given = parser.parse_args()
    os.environ["FINESIFT_CACHE"] = ""  # embeddings that were kept cost nothing
    if not DATA.is_dir():
        raise SystemExit(f"{DATA} is absent: set FINESIFT_DATA to the folder of real data")
    restatements()
    natural(given.read)
    speed()
