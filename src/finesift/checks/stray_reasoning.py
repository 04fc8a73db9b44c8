import polars as pl

from finesift.corpus import chat
from finesift.findings import findings, spot
from finesift.registry import check
from finesift.views import is_answer, narrowed, text

# The marks that models put around what they think, in the spellings of DeepSeek and Qwen, Mistral, Kimi, Seed, Cohere,
# and prompts.
_PAIRS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
    "<seed:think>": "</seed:think>",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
}
_MARKS = [mark for both in _PAIRS.items() for mark in both]
_ANY = (
    r"</?(?:seed:)?think>|</?thinking>|</?thought>|</?reasoning>|\[/?THINK\]|◁/?think▷|<\|(?:begin|end)_of_thought\|>"
    r"|<\|(?:START|END)_THINKING\|>"
)
_CODE = r"(?s)```.*?(?:```|$)|`[^`\n]+`"


@check(
    flags=[
        chat("Is 91 prime?", "91 is 7 times 13.\n</think>\n\nNo."),
        chat("Is 91 prime?", "[THINK]\n91 is 7 times"),
        chat("Is 91 prime?", "Let me see. <think>7 times 13.</think> No."),
    ],
    passes=[
        chat("Is 91 prime?", {"role": "assistant", "content": "No.", "reasoning": "7 times 13."}),
        chat("How do I mark reasoning?", "Put it between `<think>` and `</think>`."),
        chat("Is 7 < 9?", "Yes: 7 < 9."),
    ],
)
def stray_reasoning(turns: pl.LazyFrame) -> pl.LazyFrame:
    """Marks of reasoning stand in an answer: half of a pair, a second block, another model's.

    A mark that never opened, or whose block stands in the middle, trains as plain text what the template would have
    put elsewhere. A `<think>` that never closes is an answer that was cut; `truncation` tells of it.
    """
    bare = text.str.replace_all(_CODE, "")
    opened = pl.sum_horizontal([bare.str.count_matches(mark, literal=True) for mark in _PAIRS])
    closed = pl.sum_horizontal([bare.str.count_matches(mark, literal=True) for mark in _PAIRS.values()])
    start, end = spot(_ANY)
    cut = (opened > closed) & text.str.contains("<think>", literal=True)
    return findings(
        narrowed(turns, is_answer & text.str.contains_any(_MARKS), bare.str.contains_any(_MARKS) & ~cut),
        score=pl.when(opened > closed).then(0.9).when(opened < closed).then(0.8).otherwise(0.6),
        start=start,
        end=end,
        message=pl.when(opened > closed)
        .then(pl.lit("the reasoning never ends: the answer was cut"))
        .when(opened < closed)
        .then(pl.lit("the reasoning ends without having begun"))
        .otherwise(pl.lit("a block of reasoning stands inside the answer")),
    )
