"""Documents for the kernels."""

import polars as pl

from finesift.match.texts import SLICE, Texts


def test_unusual_characters_are_normalised_and_the_column_stays_as_it_is():
    said = ["plain", "ﬁne Ⅳ ", None, "ＦＵＬＬ", ""] * SLICE
    column = pl.Series(said, dtype=pl.String)
    texts = Texts.of(column)
    found = [bytes(texts.data[a:b]).decode() for a, b in zip(texts.starts, texts.ends, strict=True)]
    assert found[:5] == found[-5:]
    assert [text.lower() for text in found[:5]] == ["plain", "fine iv ", "", "full", ""]
    assert column.to_list() == said


def test_no_documents():
    assert len(Texts.of(pl.Series([], dtype=pl.String))) == 0
