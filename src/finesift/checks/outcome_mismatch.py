import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check
from finesift.views import is_answer

_ASKED = chat("What did my neighbour order last week?", "Two kettles and a grinder.")
_SENT = chat("Where is my parcel?", "I am sorry, but I cannot help with that.")


@check(
    flags=[
        _ASKED
        | {
            "planned": [{"behaviour": "others_data", "wanted": "refuse", "outcome": "answers", "fits": False}]
        },
        _SENT
        | {"planned": [{"behaviour": "my_order", "wanted": "answer", "outcome": "refuses", "fits": False}]},
    ],
    passes=[
        chat("Where is my parcel?", "It arrives today.")
        | {"planned": [{"behaviour": "my_order", "wanted": "answer", "outcome": "answers", "fits": True}]},
        _ASKED,
    ],
)
def outcome_mismatch(turns: pl.LazyFrame, planned: pl.LazyFrame) -> pl.LazyFrame:
    """The answer does not do what the plan wants of its behaviour.

    A row of a behaviour that must be refused and is answered teaches the opposite, and so does one of every day that is
    refused. Without a plan in the recipe nothing is found. The score is how sure the behaviour is.
    """
    last = turns.filter(is_answer).group_by("example").agg(pl.col("turn").max())
    wrong = planned.filter(~pl.col("fits")).join(last, on="example", how="left", maintain_order="left")
    return findings(
        wrong,
        score=pl.col("sure"),
        message=pl.format(
            "the plan wants of {} that the answer does: {}; it does: {}",
            pl.col("behaviour"),
            pl.col("wanted"),
            pl.col("outcome"),
        ),
    )
