import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check


@check(
    flags=[chat("Hi", "Hello.") | {"error": "Conversation roles must alternate user/assistant"}],
    passes=[chat("Hi", "Hello.")],
)
def cannot_render(rendered: pl.LazyFrame) -> pl.LazyFrame:
    """The model's own chat template refuses the conversation.

    No trainer can format this row with this template; most skip it with a log line that nobody reads.
    """
    return findings(
        rendered.filter(pl.col("error").is_not_null()),
        score=1.0,
        message=pl.format("the chat template refuses it: {}", "error"),
    )
