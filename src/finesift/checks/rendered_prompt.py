import polars as pl

from finesift.corpus import chat
from finesift.findings import matching
from finesift.match.signs import sign, signed
from finesift.registry import check
from finesift.views import narrowed

# A prompt that ends in the header of the answer to come, as hand-rolled templates end it.
_HEADER = (
    r"(?i)(?:^|\n)\s*#{2,3} ?(?:response|assistant|output)[ \t]*:?\s*$"
    r"|(?:^|\n)[ \t]*(?:user|human)[ \t]*:(?s:.*)\n[ \t]*(?:assistant|ai|bot)[ \t]*:\s*$"
    r"|^below is an instruction that describes a task"
)

_MAY_BE = sign("##", "user", "human", "below is an instruction")


@check(
    flags=[
        chat("### Instruction:\nName a tree.\n\n### Response:", "Oak."),
        chat("User: Name a tree.\nAssistant:", "Oak."),
    ],
    passes=[
        chat("Write a chat between a user and an assistant about trees.", "User: Hi.\nAssistant: Hello."),
        chat("What should my heading be?\n## Results", "Keep it."),
    ],
)
def rendered_prompt(turns: pl.LazyFrame) -> pl.LazyFrame:
    """A prompt ends in the header of an answer: it was rendered with a template already.

    The chat template puts its own marks around these, so the model is trained on two templates at once and sees the
    inner one never again. Take the instruction out of the text, or train it as plain text.
    """
    return matching(
        narrowed(signed(turns), (pl.col("role") == "user") & _MAY_BE),
        _HEADER,
        score=0.7,
        message="the prompt holds the marks of another template",
    ).filter(pl.col("start").is_not_null())
