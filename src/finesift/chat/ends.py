"""Where an answer's turn ends.

The rule: with the first special token after the answer's text that ends a generation, or that the template writes
after every answer, be it by the message itself, by the next one or by the template's own end. So a token that only the
next message writes is the answer's all the same (Jamba), and an end of the text that follows `<|end|>` after the last
answer only is not (Phi-3.5). What the template writes after the last answer alone ends it where nothing else does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

from finesift.chat.marks import Marks
from finesift.chat.template import Message

# A word that no conversation has, to find the place of a message's text by.
PROBE = "Zqxjkv7"
PROBLEMS = {
    "no_end": "no special token ends the answer, so the model never learns to stop",
    "end_is_no_stop": "the token that ends the answer is not one that ends a generation",
}
_BLANKS = re.compile(r"\s*")


def closing(render: Callable[[Sequence[Message]], str | None], marks: Marks) -> str:
    """The special token that the template writes after every answer, whether or not another message follows.

    "" where there is none, or where the template refuses to say.
    """
    words = [f"{PROBE}{number}" for number in range(4)]
    roles = ("user", "assistant") * 2
    text = render([{"role": role, "content": word} for role, word in zip(roles, words, strict=True)])
    if text is None or any(text.count(word) != 1 for word in words):
        return ""
    middle = text[text.index(words[1]) + len(words[1]) : text.index(words[2])]
    last = text[text.index(words[3]) + len(words[3]) :]
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(middle, last, strict=False)))
    both = [mark[0] for mark in marks.pattern.finditer(middle) if mark[0] and mark.end() <= same]
    return next((mark for mark in both if mark in marks.stop), both[0] if both else "")


def end_of(
    text: str, start: int, end: int, content: object, marks: Marks, closing: str
) -> tuple[int, str | None]:
    """Where the turn ends of an answer that stands between start and end, and what is wrong with that, by name."""
    floor = start
    if isinstance(content, str) and marks.pattern.search(content):
        # What the answer itself says at its end is no end.
        said = content.strip()
        floor = max(start, text.rfind(said, start, end) + len(said))
    tail = marks.tail(text, floor, end)
    own = [(mark.end(), mark[0]) for mark in marks.pattern.finditer(text, tail, end)]
    # Beyond is what the next message, or the end of the template, writes.
    beyond = _BLANKS.match(text, end)
    following = marks.pattern.match(text, beyond.end() if beyond else end)
    after = [(following.end(), following[0])] if following and following[0] else []
    if own and closing:
        after = [(at, mark) for at, mark in after if mark == closing]
    for at, mark in (*own, *after):
        if mark in marks.stop:
            return at, None
        if mark == closing:
            return at, "end_is_no_stop"
    if own:
        return own[-1][0], "end_is_no_stop"
    last = floor + len(text[floor:end].rstrip())
    if isinstance(content, str) and content[-1:].isspace():
        # Blanks that the answer itself ends with are the model's.
        last = max(last, text.rfind(content, start, end) + len(content))
    return last, "no_end"


def early(
    text: str, trained: Iterable[tuple[int, int]], end: int, message: Message, marks: Marks
) -> str | None:
    """A mark that ends a generation before the answer's end: what follows it is trained, and never asked for.

    trained: the places of what is trained of the message, in order. At the end of one, the model may hand over. A mark
    that the message itself holds is `special_text`.
    """
    for start, stop in trained:
        for mark in marks.stops.finditer(text, start, min(stop, end)):
            if mark[0] and text[mark.end() : stop].strip() and mark[0] not in str(message):
                return mark[0]
    return None
