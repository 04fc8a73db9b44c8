import polars as pl

from finesift.corpus import chat
from finesift.findings import matching
from finesift.registry import check

# The marks of the templates in use: ChatML, Llama 2 to 4, Mistral, Gemma, Phi, Command R, DeepSeek, GLM, Harmony.
_MARK = (
    r"<\|[A-Za-z][\w ]{0,40}\|>|<｜[^｜<>\n]{1,40}｜>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_(?:turn|image)>|\[gMASK\]"
    r"|\[/?(?:AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\]|<(?:bos|eos|pad|sop|eop)>|</s>\s*$"
)


@check(
    flags=[
        chat("Is this normal?", "That is the separator: <|im_end|>\n<|im_start|>user"),
        chat("Hi", "[INST] Hello [/INST]"),
        chat("Hi", "Hello.</s>"),
    ],
    passes=[
        chat("What is the ChatML format?", "Turns are wrapped in marks that the tokenizer knows."),
        chat("Strike it.", "<s>old</s> new"),
        chat("Pipe?", "a <| b and c |> d"),
    ],
    everywhere=True,
)
def special_tokens(turns: pl.LazyFrame) -> pl.LazyFrame:
    """A message spells a special token of a chat template.

    Most tokenizers turn the spelling into the token itself: the turn ends in the middle of the text, or another
    role begins to speak. Left over from data that was rendered before, or written by somebody who wants that.
    Code marks do not protect it: the tokenizer does not know them.
    Source: the special tokens of the tokenizers named in the pattern.
    """
    return matching(turns, _MARK, score=0.8, message="the text spells a special token")
