"""What a request asks for, as far as declining it goes; weights by tools/build_verdicts.py, see data/verdicts/NOTICE.

    harmless     anybody may ask it
    harm         harm to somebody, a crime, contempt of a group
    private      what somebody keeps to themselves
    unknowable   what nobody knows, or can do, who has the conversation only

Words alone do not tell: "kill a process" and "kill a neighbour" differ in what is killed. So the inputs are the mean of
the packaged token vectors, which says what it is about, and whether patterns occur, which say how it is put.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from finesift.data import verdicts_folder
from finesift.embed.static import Static
from finesift.models.layers import Layers, Numbers

LABELS = ("harmless", "harm", "private", "unknowable")
#: From here on nothing in a request calls for declining. Chosen on half of HH's openings and of Alpaca, LIMA and BANKING77,
#: each scored by a model that was not trained on it: ordinary requests reach it in 0.84, harmful ones in 0.01.
CLEAR = 0.9
#: Below this the refusal was probably wanted; between the two a person decides.
WANTED = 0.25
#: How near a request or an answer is to a subject, as a cosine, to be about it.
ABOUT = 0.3
# So much of a request is looked at: what is wanted stands at its beginning.
LONGEST = 600
# Vectors have length 1 over 256 numbers; so much larger, they weigh about as much as a pattern.
_SCALE = 8.0
_PATTERNS = {
    "violence": r"\b(?:kill|murder|stab|shoot|shot|strangl|chok|poison|bomb|explo|blow|burn|destroy|attack|hurt|beat|hit|tortur|rap(?:e|ist)|assault|kidnap|execut|crush|punch|suicid|drown|slash|cut|hang)\w*",
    "crime": r"\b(?:steal|stole|rob|robb|hack|launder|counterfeit|fraud|smuggl|shoplift|blackmail|extort|forge|fake|scam|phish|ransom|traffick|stalk|spy|cheat|illegal|cocaine|heroin|meth|weed|drugs?|weapons?|guns?|break into)\w*",
    "groups": r"\b(?:women|men|gay|lesbian|trans\w*|muslim|jew|christian|black|white|asian|mexican|immigrant|disabled|old|fat|poor|race|racis|sexis|religio|ethnic|hitler|nazi)\w*",
    "body": r"\b(?:sex\w*|naked|nude|porn\w*|penis|pussy|ass|tits|fuck\w*|shit\w*|bitch\w*|horny|swear|curse|slurs?|insults?)\b",
    "private": r"\b(?:home address|residential address|address|phone number|number|password|salary|e-?mail|social security|ssn|passport|medical|PIN|records?|history|diary)\b",
    "of a person": r"\b(?:my (?:\w+ ){0,2}(?:neighbou?r|boss|teacher|wife|husband|ex|girlfriend|boyfriend|friend|sister|brother|mother|father|doctor|colleague|co-?worker|employee|partner|kid|child|son|daughter)|some(?:one|body)|people|him|her|them|person|child|kids?|(?:my|your|him|her|them)sel(?:f|ves))\b",
    "task": r"^\W*(?:please |kindly |can you |could you |would you |i (?:want|need|would like) you to )*(?:\w+ly )?(?:add|analy[sz]e|answer|arrange|calculate|categori[sz]e|classify|combine|come up with|compare|complete|compose|compute|construct|convert|correct|create|define|describe|design|determine|draft|edit|estimate|evaluate|explain|extract|find|fix|generate|give|group|identify|list|make|name|outline|paraphrase|predict|propose|provide|rank|recommend|rewrite|select|show|simplify|solve|sort|suggest|summari[sz]e|translate|write)\b",
    "how": r"^\W*(?:how (?:do|can|should|could|would|to)|what(?:['’]s| is| are) (?:the|a|some) (?:best|easiest|good|fastest|safest)|where can|tell me how|teach me|help me|i want to|i need to|can you help)\b",
    "why": r"^\W*(?:why|explain why)\b",
    "fact": r"^\W*(?:who|when|which|where (?:is|was|did)|what (?:is|are|was|were|does|did|happened)|how (?:many|much|old|far|long|tall|big|large))\b",
    "opinion": r"\b(?:do you|what do you think|your opinion|you think|should i|is it (?:ok|okay|true|right|wrong)|would you|are you)\b",
    "definition": r"\b(?:definition|define|meaning|mean(?:t|s)?|difference between|what kind of|legal term)\b",
    "past": r"\b(?:was|were|did|happened|cause[sd]?|history|historic\w*|century|war|massacre|genocide|empire|assassinat\w+|1[0-9]{3}|20[0-2][0-9])\b",
    "fiction": r"\b(?:game|gta|minecraft|skyrim|film|movie|novel|story|character|play(?:ing)?|fiction\w*|scene|stage|boss fight|level|chess|cartoon|series|book|anime|dungeons)\b",
    "machine": r"\b(?:process|program|code|python|java|linux|server|script|app|file|computer|database|engine|query|terminal|windows|command|function)\b",
    "possession": r"\b(?:my (?:\w+ )?(?:account|card|order|balance|flight|parcel|package|refund|payment|transfer|phone|bill|insurance|bank|top-?up|PIN))\b",
    "now": r"\b(?:today|right now|current(?:ly)?|latest|live|this (?:week|morning|year)|tomorrow|tonight|at the moment|weather|stock price|lottery)\b",
    "attached": r"\b(?:attached|this (?:image|picture|photo|file|video|link|url|website|audio)|https?://)",
    "prevents": r"\b(?:prevent|protect|avoid|reduce|fight|stop|report|help (?:against|with)|signs|symptoms|safely|safety)\b",
    "covert": r"\b(?:without (?:getting |being |them |her |him |my |anyone |paying )?(?:caught|knowing|noticed|seen|knowledge|a licen[cs]e|permission)|get(?:ting)? away with|secretly|undetected|untraceable|look like an accident|revenge|illegally)\b",
}  # fmt: skip


@cache
def _model() -> Layers:
    return Layers.load(verdicts_folder() / "request.npz")


@cache
def _encoder() -> Static:
    return Static()


_patterns = [re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS.values()]


def features(requests: Sequence[str]) -> Numbers:
    """float32 [N, 256 + patterns]."""
    texts = [request[:LONGEST] for request in requests]
    said = np.array([[bool(p.search(text)) for p in _patterns] for text in texts], np.float32)
    rows: Numbers = np.concatenate([_encoder().encode(texts) * _SCALE, said.reshape(len(texts), -1)], axis=1)
    return rows


def asks_for(requests: Sequence[str]) -> Numbers:
    """float32 [N, 4]: how likely each request is of each of LABELS; rows add up to 1."""
    return _model()(features(requests)) if requests else np.empty((0, len(LABELS)), np.float32)


class Asks(NamedTuple):
    """How likely a request is of each of LABELS."""

    harmless: float
    harm: float
    private: float
    unknowable: float

    @property
    def nothing_calls_for_it(self) -> float:
        """How likely it is that no harm and nothing private is asked for. What cannot be known, a good answer says."""
        return 1 - self.harm - self.private

    def __str__(self) -> str:
        return ", ".join(
            f"{label} {share:.2f}" for label, share in zip(LABELS, self, strict=True) if share >= 0.05
        )


# Short words of other languages that English sentences do not have.
_ELSEWHERE = frozenset(
    re.split(
        " ",
        "der die das und ist nicht ein eine ich wie mit auf le les des est une dans pour que qui je el los las una por con del "
        "cómo qué il che per non sono di os uma não para como het een van niet ik hoe się nie jest na det som och är jag",
    )
)


def english(request: str) -> bool:
    """Whether a request can be read here: the vectors are of English words."""
    words = re.findall(r"[^\W\d_]+", request[:LONGEST].lower())
    foreign = sum(word in _ELSEWHERE for word in words)
    return (
        bool(words)
        and foreign * 5 < len(words)
        and sum(word.isascii() for word in words) * 10 >= 8 * len(words)
    )


@lru_cache(maxsize=4096)
def asks(request: str) -> Asks | None:
    """What one request asks for; None: it is empty or not in English."""
    if not english(request):
        return None
    return Asks(*map(float, asks_for([request])[0]))


def touchy(request: str) -> bool:
    """Whether patterns see violence or crime near persons, sex, privacy or stealth: reasons to ask a person, whatever
    the classifier says."""
    has = {name: bool(pattern.search(request)) for name, pattern in zip(_PATTERNS, _patterns, strict=True)}
    near = (has["violence"] or has["crime"] or has["private"]) and has["of a person"]
    return near or has["covert"] or has["body"]


def matched(subjects: Iterable[str], *texts: str) -> str | None:
    """The subject that one of the texts is about, by meaning; None: none is."""
    named = tuple(subjects)
    if not named:
        return None
    near = _encoder().encode([text[:LONGEST] for text in texts]) @ _encoder().encode(named).T
    best = int(near.max(axis=0).argmax())
    return named[best] if near.max() >= ABOUT else None
