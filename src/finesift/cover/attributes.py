"""What crosses behaviours: tone, clarity, length, turns, tools and outcome of a conversation, by rules.

Each attribute gives every conversation one value; the first rule that fits wins, the last is the default.
"""

from __future__ import annotations

import polars as pl

from finesift.corpus import is_answer, text

_ANGRY = (
    r"(?i)\b(?:angry|furious|outrag\w+|ridiculous|unacceptable|terrible|horrible|awful|worst|useless|incompetent|"
    r"fed up|sick of|disgust\w+|scam|rip-?off|joke of|how dare|waste of|frustrat\w+|pissed|damn|wtf|"
    r"nobody (?:helps|answers|cares)|(?:third|fourth|fifth|hundredth) time|"
    r"still (?:waiting|not|no))\b|!{2,}|\?{3,}|(?-i:\b(?:[A-Z]{3,}\s+){3})"
)
_CONFUSED = (
    r"(?i)\b(?:confus\w+|don['’]t understand|do not understand|not sure|no idea|what does (?:that|this|it) mean|"
    r"i['’]m lost|makes no sense|unclear|what am i supposed)\b"
)
_POLITE = r"(?i)\b(?:please|thank(?:s| you)|kindly|would you mind|could you|appreciate|sorry to)\b"
_SEVERAL = (
    r"(?is)\?.{3,}\?|\b(?:also|and another thing|second question|two things|one more thing|additionally)\b"
)
_ESCALATED = (
    r"(?i)\b(?:escalat\w+|transfer(?:ring)? you|connect(?:ing)? you|hand(?:ing)? (?:you|this) over|"
    r"pass(?:ing)? (?:you|this) on|(?:human|live|senior) (?:agent|colleague|representative)|"
    r"supervisor|specialist|a colleague (?:will|of mine)|"
    r"open(?:ed|ing)? a (?:ticket|case)|our team will (?:contact|call|get back))\b"
)
#: Characters of a request up to which it is short, and from which it is long.
SHORT, LONG = 60, 400
#: Words of a request under which it leaves out what one would have to know.
FEW = 4

NAMES: dict[str, tuple[str, ...]] = {
    "tone": ("angry", "confused", "polite", "plain"),
    "clarity": ("several requests", "ambiguous", "clear"),
    "length": ("short", "long", "medium"),
    "turns": ("single", "several"),
    "tools": ("called", "offered", "none"),
    "outcome": ("calls", "refuses", "escalates", "asks back", "answers"),
}


def attributes(turns: pl.DataFrame, examples: pl.DataFrame, refusing: pl.Series) -> pl.DataFrame:
    """example, and a column for each of NAMES. refusing: numbers of the examples whose answer declines."""
    asked, answered = pl.col("role") == "user", is_answer
    request = text.filter(asked).str.join("\n")
    last = text.filter(answered).last().fill_null("")
    seen = (
        turns.group_by("example", maintain_order=True)
        .agg(
            request=request,
            answer=last,
            users=asked.sum(),
            calls=(pl.col("tool_calls").is_not_null() & answered).any(),
        )
        .join(examples.select("example", "tools"), on="example", how="left", maintain_order="left")
    )
    said, answer = pl.col("request"), pl.col("answer")
    words = said.str.count_matches(r"\S+")
    rules = {
        "tone": (said.str.contains(_ANGRY), said.str.contains(_CONFUSED), said.str.contains(_POLITE)),
        "clarity": (said.str.contains(_SEVERAL), words < FEW),
        "length": (said.str.len_chars() <= SHORT, said.str.len_chars() >= LONG),
        "turns": (pl.col("users") <= 1,),
        "tools": (pl.col("calls"), pl.col("tools").is_not_null()),
        "outcome": (
            pl.col("calls"),
            pl.col("example").is_in(refusing.implode()),
            answer.str.contains(_ESCALATED),
            answer.str.contains(r"[?？]\s*$"),
        ),
    }
    return seen.select("example", **{name: _first(NAMES[name], given) for name, given in rules.items()})


def _first(values: tuple[str, ...], rules: tuple[pl.Expr, ...]) -> pl.Expr:
    found: pl.Expr = pl.lit(values[-1])
    for value, rule in zip(reversed(values[:-1]), reversed(rules), strict=True):
        found = pl.when(rule).then(pl.lit(value)).otherwise(found)
    return found
