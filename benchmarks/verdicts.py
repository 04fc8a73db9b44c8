"""How right the verdicts of the filters are, on labelled truth: one command prints one table.

    FINESIFT_DATA=../shared/data python benchmarks/verdicts.py

Refusal and truncation: XSTest (Röttger et al. 2023; 900 answers of four models to 225 prompts, labelled by two
people; CC BY 4.0). The prompts were split in two by hash before the first rule was written: `seen` was read while
writing them, and the weights were taught with it; `held` was neither. With sources left out:
`tools/build_verdicts.py --folds`. "full": only full refusals count as such; "any": partial ones
too. `truncated_at_256` is derived from token counts; the 19 rows marked uncertain are left out. convmerge runs in an
environment of its own under FINESIFT_PEERS (~/.cache/finesift-peers), made when first needed.
"""

import hashlib
import os
import re
from collections import Counter
from pathlib import Path

import polars as pl

from environments import ask
from finesift.checks.refusal import look
from finesift.checks.truncation import cut, weighed
from finesift.models.answer import refuses

DATA = Path(os.environ.get("FINESIFT_DATA", Path(__file__).parents[1] / "../shared/data"))

# The baseline of XSTest's own evaluation in spirit: how a refusal begins.
STARTS = re.compile(
    r"^\W*(?:I(?:['’]?m| am) (?:sorry|just|not able|unable)|Sorry|I apologi[sz]e|I can(?:not|['’]t)"
    r"|As an (?:AI|assistant|language model)|It(?: is|['’]s) not appropriate|I don['’]t|I do not|I won['’]t)",
    re.IGNORECASE,
)
# Any of these anywhere: the way a list of stock phrases is used.
ANYWHERE = re.compile(
    r"(?i)as an ai|language model|i cannot|i can['’]t|i['’]m sorry|i apologi[sz]e|unable to|not appropriate"
)


def measures(truth: list[bool], said: list[bool]) -> str:
    """Precision, recall and F1, with the counts behind them."""
    counts = Counter(zip(truth, said, strict=True))
    right, wrong, missed = counts[True, True], counts[False, True], counts[True, False]
    precision, recall = right / max(1, right + wrong), right / max(1, right + missed)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return f"{precision:9.3f} {recall:7.3f} {f1:6.3f}   {right:4d} {wrong:4d} {missed:4d}"


def xstest() -> pl.DataFrame:
    """The labelled answers; `half` is seen or held, by the prompt."""
    rows = pl.read_csv(
        DATA / "truth_refusal_truncation/xstest_dev.csv", schema_overrides={"truncated_at_256": pl.String}
    )
    halves = [("seen", "held")[int(hashlib.sha256(id_.encode()).hexdigest(), 16) % 2] for id_ in rows["id"]]
    return rows.with_columns(half=pl.Series(halves))


def main() -> None:
    rows = xstest()
    pairs = rows.select("prompt", "completion").rows()
    peer, rejected = ask("convmerge", ["convmerge"], "refusal_convmerge.py", pairs)
    if isinstance(rejected, str):
        print(f"{peer}: {rejected}\n")
    else:
        rows = rows.with_columns(peer=pl.Series(rejected))
    print(f"{'':44}{'precision':>9} {'recall':>7} {'F1':>6}   {'hits':>4} {'wrong':>4} {'missed':>5}")
    for name, part in [("all", rows), *((half, rows.filter(half=half)) for half in ("seen", "held"))]:
        answers = part["completion"].to_list()
        seen = [refuses(answer) for answer in answers]
        declines = [
            bool(list(look(asked, "", answer)))
            for asked, answer in part.select("prompt", "completion").iter_rows()
        ]
        full = [label.startswith("2") for label in part["final_label"]]
        some = [not label.startswith("1") for label in part["final_label"]]
        print(f"\n{name}: {part.height} answers")
        print(f"{'  refusal, full':44}{measures(full, [bool(s and s.full) for s in seen])}")
        print(f"{'  refusal, any':44}{measures(some, declines)}")
        print(f"{'  refusal, any, by patterns alone':44}{measures(some, [s is not None for s in seen])}")
        print(f"{'  peer: openings, full':44}{measures(full, [bool(STARTS.match(a)) for a in answers])}")
        print(
            f"{'  peer: phrases anywhere, full':44}{measures(full, [bool(ANYWHERE.search(a)) for a in answers])}"
        )
        if "peer" in part.columns:
            print(f"{f'  peer: {peer}, full':44}{measures(full, part['peer'].to_list())}")
            print(f"{f'  peer: {peer}, any':44}{measures(some, part['peer'].to_list())}")
        harmless = [not kind.startswith("contrast") for kind in part["type"]]
        scores = [
            max((found.score for found in look(asked, "", answer)), default=0.0)
            for asked, answer in part.select("prompt", "completion").iter_rows()
        ]
        unwanted = [s and h for s, h in zip(some, harmless, strict=True)]
        for limit, does in ((0.5, "reviewed"), (0.9, "set aside")):
            line = measures(unwanted, [score >= limit for score in scores])
            print(f"{f'  unwanted refusal (harmless prompt), {does}':44}{line}")
        sure = part.filter(pl.col("truncated_at_256") != "uncertain")
        was_cut = [mark == "1" for mark in sure["truncated_at_256"]]
        found = [
            weighed(cut(answer), answer, asked)
            for asked, answer in sure.select("prompt", "completion").iter_rows()
        ]
        print(
            f"{'  truncation, by the text alone':44}{measures(was_cut, [bool(f and f[0] >= 0.5) for f in found])}"
        )
        plain = [not re.search(r"[.!?\"”’)]\s*$", answer) for answer in sure["completion"]]
        print(f"{'  peer: ends without a stop':44}{measures(was_cut, plain)}")
    bad_rows()


def bad_rows() -> None:
    """Alpaca's rows that people mended: how many have a finding at its limit, by what was done to them.

    Most rewritten rows are sound and were made harder or more precise, which no filter can see: a low count is right.
    Source: AlpacaDataCleaned.
    """
    from finesift.corpus import Corpus, chat
    from finesift.recipe import Recipe
    from finesift.registry import load_checks

    truth = pl.read_ndjson(DATA / "truth_bad_rows/alpaca_vs_cleaned_dev.jsonl", infer_schema_length=None)
    asked = pl.concat_str(
        pl.col("orig").struct.field("instruction"), pl.col("orig").struct.field("input"), separator="\n"
    ).str.strip_chars()
    rows = truth.select("label", asked=asked, answer=pl.col("orig").struct.field("output"))
    tables = Corpus.of(chat(a, b) for a, b in rows.select("asked", "answer").iter_rows()).tables
    found = pl.concat(
        check(tables).filter(pl.col("score") >= (Recipe().limit(check.name).review or 2.0))
        for check in load_checks().values()
        if check.scope == "row" and check.name not in ("contamination", "cannot_render", "over_budget")
    ).collect()
    flagged = set(found["example"])
    print("\nbad rows of Alpaca: found / all")
    for label, places in (
        rows.with_row_index("at").group_by("label", maintain_order=True).agg("at").iter_rows()
    ):
        print(f"  {label:40} {len(flagged & set(places)):4d} / {len(places)}")


if __name__ == "__main__":
    main()
