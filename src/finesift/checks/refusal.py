import re
from collections.abc import Iterator

import polars as pl

from finesift.corpus import chat, pair
from finesift.findings import Seen, examine
from finesift.match.signs import sign, signed
from finesift.models.answer import (
    MAYBE,
    MAYBE_ELSEWHERE,
    OPENING,
    REPROACH,
    Refusal,
    declining,
    lacks,
    refuses,
    reproaches,
)
from finesift.models.request import CLEAR, WANTED, Asks, asks, matched, touchy
from finesift.registry import check
from finesift.views import answers, is_instruction, narrowed, text

# An answer that only moralises is taken for a refusal from here on.
_DECLINES = 0.5
# What is asked for is itself a refusal.
_declines = re.compile(
    r"(?i)\b(?:can['’]?t|cannot|unable|impossible|refus\w+|declin\w+|reject\w*|sorry|apolog\w+)\b"
)
# The reason is a tool that is not there.
_limited = re.compile(
    r"\b(?:functions?|functionality|capabilit(?:y|ies)|tools?|external (?:tasks?|services?|systems?|actions?)|Funktion(?:en)?|Werkzeuge?|fonctions?|fonctionnalités?|outils?|funci[oó]n(?:es)?|herramientas?)\b|功能|工具|函数|能力|外部任务|機能|ツール",
    re.IGNORECASE,
)
# It goes on to say what its tools can do.
_offers = re.compile(
    r"\bI can (?:only |currently |still |however )*(?:help|assist|provide|offer|tell|give|check|look|find|calculate|convert|create|get|generate)\b|\b(?:if|let me know if) you need\b|(?:能|可以)(?:够)?(?:为您|帮您|帮你|帮助|提供|协助|查询|计算|做|回答)",
    re.IGNORECASE,
)
# The user points to a text that is not there, and the answer says so.
_omits = re.compile(
    r"\b(?:you (?:have not|haven['’]t|did not|didn['’]t)|(?:was|were|is|are) not|no (?:text|passage|paragraph|article|sentence|image|data|list) (?:was|is|has been)) (?:provide|given?|includ|share|attach|specif)|(?:未|没有|并未)(?:提供|给出|附上)",
    re.IGNORECASE,
)
_points = re.compile(
    r"\b(?:given|following|provided|above|below|attached|this|these)\b|给定|以下|下列|所给|上述|这[个篇段张些]|该",
    re.IGNORECASE,
)

# It names nothing of what was asked.
_stock = re.compile(
    r"\b(?:help|assist)(?: you)?(?: with (?:that|this|it|your request))?\W*$|\b(?:fulfil\w*|complete|answer|process|provide) (?:that|this|your|such)\b",
    re.IGNORECASE | re.MULTILINE,
)
# The reason is the assistant's nature, or what the user left out.
_explains = re.compile(
    r"\b(?:(?:a|an|my) (?:\w+ )?(?:AI|language model|chatbot)|functionality|capabilit(?:y|ies)|(?:no|without) (?:more )?(?:context|information|text|image|article)"
    r"|GPT|text-based|real-time|up-to-date|enough information|visuals?|physical(?:ly)?|designed to|perform actions"
    r"|you (?:have not|haven['’]t|did not|didn['’]t) (?:provide|given?|includ|share|attach|specif))",
    re.IGNORECASE,
)


def look(
    asked: str,
    system: str,
    answer: str,
    first: bool = True,
    tools: str | None = None,
    wanted: tuple[str, ...] = (),
) -> Iterator[Seen]:
    """A refusal, scored by how sure we are that nobody wanted it. `first`: nothing was said before the question.

    tools: those that the row declares. wanted: what the assistant is there to decline.
    """
    seen = refuses(answer) or _moralises(asked, answer)
    if seen is None:
        return
    how = "declines" if seen.full else "declines in part"
    opening, asked_for = answer[: OPENING * 2], asks(asked)
    if subject := matched(wanted, asked, opening):
        score, why = 0.3 * seen.sure, f"the recipe wants it to decline {subject}"
    elif system and not _curt(answer):
        score, why = 0.3 * seen.sure, "it explains itself, and the system prompt sets limits: probably wanted"
    elif tools and (_limited.search(opening) or _offers.search(opening)):
        score, why = 0.3 * seen.sure, "it says what its tools can do: probably a wanted refusal"
    elif _omits.search(opening) and len(asked) < 120 and "\n" not in asked and _points.search(asked):
        score, why = 0.45 * seen.sure, "it says what was left out: probably a wanted refusal"
    elif lacks(opening) or not asked.strip():
        score, why = 0.45 * seen.sure, "what was asked is not in the conversation: probably a wanted refusal"
    elif asked_for is None:
        score, why = 0.75 * seen.sure, "whether that was wanted is not clear: the request is not in English"
    else:
        plain = first and not tools and seen.full and seen.sure > 0.9
        plain &= not (_declines.search(asked) or _explains.search(opening) or touchy(asked))
        # What only a device or an account could do is declined by right, unless by a phrase that fits anything.
        plain &= asked_for.unknowable < 0.5 or (_curt(answer) and _stock.search(opening) is not None)
        score, why = _weighed(asked_for, seen, plain)
    yield Seen(score, f"the answer {how} ({seen.sure:.2f}); {why}", seen.start, seen.end)


def _moralises(asked: str, answer: str) -> Refusal | None:
    """What no pattern takes for a refusal, but is as likely one as not. Of a request that calls for nothing of the kind
    it is the subject."""
    if not reproaches(answer):
        return None
    asked_for = asks(asked)
    if asked_for is None or asked_for.nothing_calls_for_it > 0.6:
        return None
    if (sure := declining(asked, answer)) < _DECLINES:
        return None
    return Refusal(min(sure, 0.9), True, 0, min(len(answer), OPENING))


def _weighed(asked_for: Asks, seen: Refusal, plain: bool) -> tuple[float, str]:
    """plain: nothing but the request itself could have called for declining."""
    said = f"what was asked: {asked_for}"
    if plain and asked_for.nothing_calls_for_it >= CLEAR:
        return 0.95, f"nothing calls for it; {said}"
    if asked_for.nothing_calls_for_it < WANTED:
        return 0.3 * seen.sure, f"probably a wanted refusal; {said}"
    # A person decides, and sees first what nothing seems to call for.
    return (
        0.5 + 0.38 * seen.sure * asked_for.nothing_calls_for_it,
        f"whether that was wanted is not clear; {said}",
    )


def _curt(answer: str) -> bool:
    """A stock refusal: one or two sentences that offer nothing and name no reason of this assistant's own."""
    return len(answer) < 160 and not re.search(r"[:;]| but I can | if you |because", answer[10:])


# Whose opening has none of these does not decline.
_WORDS = [*MAYBE, *MAYBE_ELSEWHERE, *REPROACH]
_WORDED = sign(*_WORDS)


@check(
    flags=[
        chat("Name three rivers in France.", "I'm sorry, but I can't help with that."),
        chat("Wie koche ich Reis?", "Es tut mir leid, dabei kann ich Ihnen leider nicht helfen."),
        chat("如何煮米饭？", "抱歉，我无法提供这方面的信息。"),
        pair("Name a river.", "I cannot provide that information.", "The Loire."),
    ],
    passes=[
        chat("My dog died.", "I'm sorry to hear that. Would you like to talk about him?"),
        chat("Write a line for a guard.", '"I cannot let you pass," the guard said.'),
        chat("Write a poem.", "As an AI language model, I have no feelings, but here is the poem:\nRed leaf"),
        pair("Name a river.", "The Loire.", "I cannot provide that information."),
    ],
)
def refusal(turns: pl.LazyFrame, examples: pl.LazyFrame, *, wanted: tuple[str, ...] = ()) -> pl.LazyFrame:
    """An answer declines what it was asked.

    Trained on refusals of harmless questions, a model learns to refuse. An apology counts only together with
    inability; quoted and narrated refusals, and boilerplate before an answer, do not; an answer that moralises
    instead is one. The score says how sure it is that nobody wanted this one, by a packaged classifier of the
    request: above 0.9 nothing in it, in the system prompt or among the tools calls for declining; below 0.5 the
    request asks for harm, for what is private, for what the assistant cannot know, for what its instructions forbid
    or the recipe says (`[refusals] wanted`), or for what none of its tools can do. Requests in other languages than
    English are for a person. Refusals on the rejected side of a pair are where they belong.
    Source: the labels of Röttger et al. 2023, "XSTest".
    """
    opening = text.str.strip_chars_start().str.head(OPENING)
    system = pl.when(is_instruction).then(text).max().over("example").fill_null("")
    first = pl.col("turn") == pl.when(system == "").then(1).otherwise(2)
    rows = narrowed(
        answers(signed(turns).with_columns(system=system, first=first)),
        (pl.col("part") != "rejected") & _WORDED,
        opening.str.contains_any(_WORDS, ascii_case_insensitive=True),
    )
    rows = rows.join(examples.select("example", "tools"), on="example", how="left", maintain_order="left")
    rows = rows.with_columns(wanted=pl.lit(list(wanted), pl.List(pl.String)))
    return examine(rows, look, "asked", "system", "content", "first", "tools", "wanted")
