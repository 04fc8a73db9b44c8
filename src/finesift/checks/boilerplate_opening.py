import polars as pl

from finesift.corpus import chat
from finesift.findings import matching
from finesift.registry import check
from finesift.views import is_answer

_OPENING = (
    r"(?i)^[\s¡]*(?:sure(?: thing)?[!,.]|certainly[!,.]|of course[!,.]|absolutely[!,.]|great question\b|that['’]s an? (?:great|good|excellent) question"
    r"|i(?:['’]d| would) be (?:happy|glad) to (?:help|assist)|thank you for (?:your question|asking)|happy to help|no problem[!,.]"
    r"|natürlich[!,.]|gerne[!,.]|bien sûr ?[!,.]|claro[!,.]|por supuesto[!,.]|certo[!,.]|当然(?:可以)?[！，。,!]|好的[，。！,!]|もちろん(?:です)?[、。！])"
)


@check(
    flags=[chat("A prime?", "Sure! Here is a prime: 7."), chat("为什么？", "当然可以！因为……")],
    passes=[chat("Are you sure?", "Sure enough, it rained."), chat("A prime?", "7")],
)
def boilerplate_opening(turns: pl.LazyFrame) -> pl.LazyFrame:
    """An answer opens on a phrase that says nothing: "Sure!", "Great question".

    One does no harm; in every second row it becomes the way the model begins. Counted, not acted upon.
    """
    return matching(
        turns.filter(is_answer), _OPENING, score=0.3, message="the answer opens on a stock phrase"
    )
