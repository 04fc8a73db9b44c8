"""What crosses behaviours: tone, clarity, length, turns, tools and outcome of a conversation, by rules.

Each attribute gives every conversation one value; the first rule that fits wins, the last is the default.
"""

from __future__ import annotations

import polars as pl

from finesift.views import is_answer, text

_ANGRY = (
    r"(?i)\b(?:angry|furious|outrag\w+|ridiculous|unacceptable|terrible|horrible|awful|worst|useless|incompetent|"
    r"fed up|sick (?:and tired )?of|disgust\w+|disgrace\w*|scam|rip-?off|(?:what|such) a joke|joke of|how dare|"
    r"waste of|frustrat\w+|annoy\w+|appall\w+|pathetic|hopeless|shambles|livid|shame on|had enough|"
    r"los(?:e|ing) (?:my )?patience|pissed|damn|wtf|you people|"
    r"nobody (?:helps|answers|cares)|(?:third|fourth|fifth|hundredth) time|"
    r"still (?:waiting|not|no))\b|!{2,}|\?{3,}|(?-i:\b(?:[A-Z]{3,}\s+){3})"
)
_CONFUSED = (
    r"(?i)\b(?:confus\w+|(?:don['’]t|do not|can['’]t|cannot) (?:understand|follow|get (?:it|this)\b|figure)|not sure|"
    r"unsure|no (?:idea|clue)|puzzled|what does (?:that|this|it) mean|"
    r"i['’]?m (?:\w+ ){0,2}lost|(?:makes? no|doesn['’]t make) sense|unclear|what am i supposed)\b"
)
_POLITE = (
    r"(?i)\b(?:please|thank(?:s| you)|kindly|would you (?:mind|be so kind)|could you|"
    r"appreciat\w+|grateful|(?:kind|best|warm) regards|if it['’]s not too much|sorry to|if you don['’]t mind)\b"
)
_SEVERAL = (
    r"(?is)\?.{3,}\?|\b(?:also|and another thing|second question|two things|one more thing|additionally)\b"
)
_ESCALATED = (
    r"(?i)\b(?:escalat\w+|transfer(?:ring)? you|connect(?:ing)? you|"
    r"(?:hand|forward)(?:ing)? (?:you|this|it|that|your \w+) (?:over|on|to)|"
    r"pass(?:ing)? (?:you|this|it|that|your \w+) (?:on|to)|(?:human|live|senior) (?:agent|colleague|representative)|"
    r"supervisor|specialist|a colleague (?:will|of mine)|"
    r"open(?:ed|ing)? a (?:ticket|case)|our team will (?:contact|call|get back))\b"
)
#: Characters of a request up to which it is short, and from which it is long.
SHORT, LONG = 60, 400
#: Words of a request under which it leaves out what one would have to know.
FEW = 4

#: Messages that decline.
REFUSING = pl.Schema({"example": pl.UInt32, "turn": pl.UInt32})

NAMES: dict[str, tuple[str, ...]] = {
    "tone": ("angry", "confused", "polite", "plain"),
    "clarity": ("several requests", "ambiguous", "clear"),
    "length": ("short", "long", "medium"),
    "turns": ("single", "several"),
    "tools": ("called", "offered", "none"),
    "outcome": ("calls", "refuses", "escalates", "asks back", "answers"),
}


def attributes(turns: pl.DataFrame, examples: pl.DataFrame, refusing: pl.DataFrame) -> pl.DataFrame:
    """example, and a column for each of NAMES; outcome is that of the last answer.

    refusing: example and turn of messages that decline. Of a preference pair the chosen side counts.
    """
    turns = wanted_side(turns)
    asked = pl.col("role") == "user"
    seen = (
        turns.group_by("example", maintain_order=True)
        .agg(
            request=text.filter(asked).str.join("\n"),
            users=asked.sum(),
            calls=(pl.col("tool_calls").is_not_null() & is_answer).any(),
        )
        .join(examples.select("example", "tools"), on="example", how="left", maintain_order="left")
    )
    last = outcomes(turns, refusing).group_by("example").agg(pl.col("outcome").last())
    said = pl.col("request")
    words = said.str.count_matches(r"\S+")
    rules = {
        "tone": (said.str.contains(_ANGRY), said.str.contains(_CONFUSED), said.str.contains(_POLITE)),
        "clarity": (said.str.contains(_SEVERAL), words < FEW),
        "length": (said.str.len_chars() <= SHORT, said.str.len_chars() >= LONG),
        "turns": (pl.col("users") <= 1,),
        "tools": (pl.col("calls"), pl.col("tools").is_not_null()),
    }
    return (
        seen.select("example", **{name: _first(NAMES[name], given) for name, given in rules.items()})
        .join(last, on="example", how="left", maintain_order="left")
        .with_columns(pl.col("outcome").fill_null("answers"))
    )


def outcomes(turns: pl.DataFrame, refusing: pl.DataFrame) -> pl.DataFrame:
    """example, asked (the turn of a user's message; null before the first), outcome: what is done until the next."""
    declined = refusing.select("example", "turn").unique().with_columns(declines=pl.lit(True))
    answer = text.filter(is_answer).last().fill_null("")
    each = (
        turns.join(declined, on=["example", "turn"], how="left", maintain_order="left")
        .with_columns(asked=pl.when(pl.col("role") == "user").then("turn").forward_fill().over("example"))
        .filter(is_answer)
        .group_by("example", "asked", maintain_order=True)
        .agg(
            calls=pl.col("tool_calls").is_not_null().any(),
            declines=pl.col("declines").any(),
            answer=answer,
        )
    )
    said = pl.col("answer")
    rules = (
        pl.col("calls"),
        pl.col("declines"),
        said.str.contains(_ESCALATED),
        said.str.contains(r"[?？؟]\s*$"),
    )
    return each.select("example", "asked", outcome=_first(NAMES["outcome"], rules))


def wanted_side(turns: pl.DataFrame) -> pl.DataFrame:
    """Turns without those of answers that are not wanted: the rejected side of preference pairs."""
    return turns.filter(pl.col("part") != "rejected")


def _first(values: tuple[str, ...], rules: tuple[pl.Expr, ...]) -> pl.Expr:
    found: pl.Expr = pl.lit(values[-1])
    for value, rule in zip(reversed(values[:-1]), reversed(rules), strict=True):
        found = pl.when(rule).then(pl.lit(value)).otherwise(found)
    return found
