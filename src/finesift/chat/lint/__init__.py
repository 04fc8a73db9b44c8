"""What a template does to conversations: dropped, moved, injected, trimmed, refused, never trained, never ended.

Conversations of unique words go through the template, and what comes out is compared with what went in. Given
data, each thing found is counted on its rows. None of it raises an error at training time.

Out of sight from template, tokenizer and data are faults of a trainer's own code: how transformers makes masks of
sequences cut on the left or of a span at token 0, and masks that are not moved along when an image becomes many
tokens. `chat/audit.py` compares the batches, whatever made them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from finesift.chat.lint.probe import ANSWER, USER, Probed, Remark, detectors
from finesift.chat.mask import Masker
from finesift.chat.proof import KINDS, prove
from finesift.chat.spans import Wanted
from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import Corpus
from finesift.errors import RenderError

__all__ = ["Remark", "lint"]
_PLACES = 3


def lint(
    tokenizer: Tokenizer, corpus: Corpus | None = None, *, settings: Mapping[str, Any] | None = None
) -> list[Remark]:
    """All remarks on the tokenizer's template, faults first. Raises ModelError where there is no template.

    settings: further values for the template (enable_thinking, …), as training will set them.
    """
    wanted = Wanted(settings=settings or {})
    remarks = list(_sources(tokenizer))
    probed = Probed(tokenizer, Masker(tokenizer, wanted), wanted.settings)
    try:
        tokenizer.template.render([USER, ANSWER], **probed.settings)
    except RenderError as e:
        return [*remarks, Remark("refuses_all", True, f"a question and an answer are refused: {e}")]
    for one in detectors():
        remarks += one.detect(probed)
    if corpus is not None:
        remarks = [_counted(remark, corpus) for remark in remarks] + _proved(corpus, tokenizer, wanted)
    return sorted(remarks, key=lambda remark: (not remark.harms, not remark.fault))


def _sources(tokenizer: Tokenizer) -> Iterator[Remark]:
    places = list(tokenizer.sources)
    if len(places) > 1 and len({str(tokenizer.sources[place]) for place in places}) > 1:
        yield Remark(
            "templates_differ",
            True,
            f"{' and '.join(places)} hold different templates; {places[0]} is used, another program may not",
        )


def _touches() -> dict[str, pl.Expr]:
    """Which messages of the data a remark is about. A fault of whole rows is counted by the proof."""
    return {name: about for one in detectors() for name, about in one.touches.items()}


def _counted(remark: Remark, corpus: Corpus) -> Remark:
    if remark.name in ("tools_lost", "tool_descriptions_lost"):
        touched = corpus.examples.filter(pl.col("tools").is_not_null()).select("example")
    elif (about := _touches().get(remark.name)) is not None:
        touched = corpus.turns.filter(about).select("example")
    else:
        return remark
    return _with_rows(remark, touched.unique("example"), corpus)


def _proved(corpus: Corpus, tokenizer: Tokenizer, wanted: Wanted) -> list[Remark]:
    """What the proof finds wrong with rows of the data, whatever the template does to others."""
    proof = prove(corpus, tokenizer, wanted)
    remarks = []
    for name in proof.counts():
        score, what = KINDS[name]
        touched = proof.rows.filter(pl.col("problems").list.contains(name)).select("example").unique()
        remarks.append(
            _with_rows(Remark(f"data: {name}", score >= 1 or name.startswith("lost_"), what), touched, corpus)
        )
    return remarks


def _with_rows(remark: Remark, touched: pl.DataFrame, corpus: Corpus) -> Remark:
    first = corpus.examples.join(touched.sort("example").head(_PLACES), on="example", how="semi")
    places = [f"{source}:{row}" for source, row in first.select("source", "row").iter_rows()]
    return replace(remark, rows=touched.height, places=places)
