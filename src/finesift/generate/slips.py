"""What a model lets slip when it writes examples: the form instead of a text, talk about the example, the wrong voice,
the same again and again.

The patterns of voice and talk are English. What the plan or the set's own requests say counts as no slip.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from finesift.generate.parse import Message
from finesift.generate.peers import words_of

#: What is written where a text was to be.
_FORM = re.compile(
    r"(?i)[\W_]*(?:(?:the |a |an |your |user'?s? |assistant'?s? )*(?:none|null|n/?a|todo|tbd|text|content|message|"
    r"request|question|prompt|answer|reply|response|not available|(?:better|flawed) answer|something)(?: here)?|"
    r"[\[<{(]insert[^.]*[\])>}])[\W_]*"
)
FORM = 80  # characters at most
#: Talk about the example instead of the example.
_ABOUT = re.compile(
    r"(?i)\b(?:this|here|that)(?: is|['’]s) (?:an?|another|the|one) (?:\w+ )?"
    r"(?:example|request|conversation|message|list) (?:of|for|from|in|where|that|who)\b|"
    r"\bin (?:valid )?json(?: format)?\b|\btraining (?:example|data|an assistant)\b"
)
#: What somebody says of whoever asks: a request that says it, and neither "I", "you" nor a question, asks nothing.
_OF_OTHERS = re.compile(
    r"(?i)(?:^|[.!,]\s+)the (?:customer|user|client)s? (?:is|was|are|were|has|have|had|wants?|wanted|asks?|asked|"
    r"requests|requested|wrote|writes|returned|cannot|could|will|would|did|does|needs?)\b"
)
_ASKS = re.compile(r"(?i)[?？]|\b(?:i|i['’]\w+|my|me|mine|we|our|us|you|your|please)\b")
#: How the one who answers begins or ends, where the one who asks was to speak.
_ANSWERING = re.compile(
    r"(?i)^\W*(?:sure|certainly|absolutely|of course)[,!.]|\bhow (?:can|may) i (?:help|assist) you\b|"
    r"\b(?:i['’]m|i am) (?:here|happy|glad) to (?:help|assist)\b|\bsorry for your (?:trouble|loss|inconvenience)|"
    r"\bthank you for (?:contacting|reaching out|your patience|returning|choosing)\b"
)
#: Words of a message that is looked at for repeating itself, how long the runs, and the least share of different ones.
WORDS, RUN, DIFFERENT = 20, 3, 0.6


class Slips:
    """known: texts of the plan and of the set, which are as they should be."""

    def __init__(self, known: Iterable[str]) -> None:
        texts = [*known]
        self._patterns = [
            (pattern, why)
            for pattern, why in (
                (_ABOUT, "it talks about the example"),
                (_ANSWERING, "the user speaks as the assistant"),
            )
            if not any(pattern.search(text) for text in texts)
        ]

    def of(self, messages: Sequence[Message]) -> str | None:
        """The slip of a row, in words; None: there is none."""
        for place, message in enumerate(messages, 1):
            said = message["content"]
            if len(said) <= FORM and _FORM.fullmatch(said):
                return f"form: message {place} holds no text: {said.strip()[:40]!r}"
            if repeats(said):
                return f"repetition: message {place} says the same again and again"
        request, answer = messages[0]["content"], messages[1]["content"]
        if words_of(request) == words_of(answer):
            return "form: the answer is the request"
        for pattern, why in self._patterns:
            if found := pattern.search(request):
                return f"voice: {why}: {found[0].strip()[:60]!r}"
        if _OF_OTHERS.search(request) and not _ASKS.search(request):
            return "voice: it tells of a request instead of making one"
        return None


def repeats(text: str) -> bool:
    """Whether too few runs of words in a text are different."""
    words = words_of(text)
    runs = [*zip(*(words[start:] for start in range(RUN)), strict=False)]
    return len(words) >= WORDS and len(set(runs)) < DIFFERENT * len(runs)
