import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check
from finesift.views import is_answer, text

_NOTHING = ("nan", "NaN", "None", "null", "NULL", "<NA>", "undefined")


@check(
    flags=[
        chat("Name a tree.", "Oak.", system="None"),
        chat("nan", "Oak."),
    ],
    passes=[
        chat("What does an empty cell hold in pandas?", "nan"),
        chat("What is null?", "A value that is none.", system="Be brief."),
    ],
)
def missing_value(turns: pl.LazyFrame) -> pl.LazyFrame:
    """A prompt says nothing but nan, None or null, as a data frame writes for a value that is missing.

    Turned into text, an empty cell becomes a word: every row then opens with a system prompt of "None", or a question
    ends in "nan", and the model learns to read it. Answers are judged by `placeholder_answer`.
    """
    return findings(
        turns.filter(~is_answer & text.str.strip_chars().is_in(_NOTHING)),
        score=0.7,
        start=0,
        end=text.str.len_chars(),
        message=pl.format("the message says nothing but {}", text.str.strip_chars()),
    )
