import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check


@check(
    flags=[chat("Hi", "Hello.") | {"error": "Conversation roles must alternate user/assistant"}],
    passes=[chat("Hi", "Hello.")],
)
def cannot_render(rendered: pl.LazyFrame, *, tokenizer_named: bool = True) -> pl.LazyFrame:
    """The chat template refuses the conversation.

    No trainer can format this row with this template; most skip it with a log line that nobody reads. Where
    nobody named a tokenizer the template is the packaged one's, and another may well take the row: score 0.5.
    """
    whose = "the chat template" if tokenizer_named else "the packaged chat template (no other was named)"
    return findings(
        rendered.filter(pl.col("error").is_not_null()),
        score=1.0 if tokenizer_named else 0.5,
        message=pl.format("{} refuses it: {}", pl.lit(whose), "error"),
    )
