import polars as pl

from finesift.corpus import chat
from finesift.findings import matching
from finesift.match.signs import sign, signed
from finesift.registry import check
from finesift.views import is_answer, narrowed

# Self-Instruct's numbered fields, Alpaca's headings, and a bare second instruction with its output.
_NEXT = (
    r"(?im)^[ \t#]*\d{1,3}[.)] ?(?:instruction|input|output)[ \t]*:"
    r"|^### ?(?:instruction|response)[ \t]*:?[ \t]*$"
    r"|^instruction[ \t]*:.*\n+(?:input[ \t]*:.*\n+)?output[ \t]*:"
)

_NAMED = sign("instruction", "response", "input:", "input ", "input\t", "output:", "output ", "output\t")


@check(
    flags=[
        chat("Should I buy stocks?", "It depends.\n##\n18. Instruction: Find the noun.\n18. Output:\nApple"),
        chat("What is the float?", "A sign.\n\n### Instruction:\nWhat is the disc?\n\n### Response:\nA lid."),
    ],
    passes=[
        chat("Explain I/O.", "1. Input: what goes in\n2. Then work\n3. The result comes out"[14:]),
        chat("Headings?", "### Results\nGood.\n\n### Outputs and inputs\nMany."),
    ],
)
def merged_rows(turns: pl.LazyFrame) -> pl.LazyFrame:
    """An answer runs on into another row: its instruction, input and output.

    A generator that writes several rows at once is split by a pattern, and the pattern sometimes fails. Trained
    on it, the model asks itself questions.
    Source: class "merged instructions" of AlpacaDataCleaned.
    """
    return matching(
        narrowed(signed(turns), is_answer & _NAMED),
        _NEXT,
        score=0.85,
        message="another row begins inside the answer",
    )
