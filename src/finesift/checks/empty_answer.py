import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check
from finesift.views import answers, is_answer, text, visible

# What generators write where they have nothing to say: Self-Instruct's template has <noinput>, and its models answer
# with that, or with <nooutput>. Without angle brackets "No output" may be what a program prints.
_NO_OUTPUT, _NO_INPUT = r"(?i)^\W*(?:<no[ _-]?output>|nooutput)\W*$", r"(?i)^\W*<no[ _-]?input>\W*$"


@check(
    flags=[chat("Name a prime.", "   "), chat("Draw a house.", "<nooutput>")],
    passes=[chat("Say nothing.", "…"), chat("What does this program print?\npass", "No output.")],
)
def empty_answer(turns: pl.LazyFrame) -> pl.LazyFrame:
    """An assistant message has nothing in it to learn.

    Trained on, it teaches the model to end its turn at once. Spaces and signs without a shape are
    nothing, and so is a generator's own mark for it, `<nooutput>`, where the prompt does not speak of it; a
    message that only calls a tool is not empty.
    """
    calls = pl.col("tool_calls").is_not_null() | pl.col("media").is_not_null()
    silent = turns.filter(is_answer & ~visible & ~calls)
    # Who speaks of output, or asks for an input, may get the word for an answer.
    asked = pl.col("asked")
    mark = (text.str.contains(_NO_OUTPUT) & ~asked.str.contains(r"(?i)no[ _-]?output")) | (
        text.str.contains(_NO_INPUT) & ~asked.str.contains(r"(?i)\binput")
    )
    marked = answers(turns).filter(mark & ~calls)
    return pl.concat(
        [
            findings(silent, score=1.0, message="the answer is empty"),
            findings(
                marked,
                score=1.0,
                start=0,
                end=text.str.len_chars(),
                message=pl.format("the answer is a generator's mark for none: {}", text.str.strip_chars()),
            ),
        ]
    )
