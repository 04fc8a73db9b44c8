"""Where an answer hands over: text of another role that a template prints inside the model's turn.

Some templates look ahead and print a tool's result between the call and what follows, within one turn of the model
(Gemma 4). At inference the model writes up to its call and stops; the runtime writes the result, with whatever stands
around it; then the model goes on from there. So training ends where the conversation up to the call ends, and begins
again where the next message does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from finesift.chat.marks import Marks
from finesift.chat.trace import Trace


def hidden(trace: Trace, messages: Sequence[Any], turn: int, start: int, end: int) -> list[tuple[int, int]]:
    """Places between start and end that hold a text of a message of another role, which the trace did not see.

    Looked for where such a message, between this answer and the next, wrote nothing of its own.
    """
    found = []
    for number in range(turn + 1, len(messages)):
        message = messages[number]
        if message.get("role") == "assistant":
            break
        content = message.get("content")
        said = content.strip() if isinstance(content, str) else ""
        if said and not trace.of(number) and (at := trace.text.find(said, start, end)) >= 0:
            found.append((at, at + len(said)))
    return found


def cut(
    text: str,
    start: int,
    first: int,
    marks: Marks,
    render: Callable[[], str | None],
) -> int:
    """Where the model hands over: as far as the text is that of the conversation up to its answer, in whole marks.

    first: where the text of another message begins.
    render: the conversation up to and with the answer, or None where the template refuses that. A mark that ends a
    generation and stands there is the model's own.
    """
    alone = render()
    same = start
    if alone is not None:
        limit = min(len(alone), first)
        while same < limit and alone[same] == text[same]:
            same += 1
    else:
        same = first
    # A mark that begins alike in both texts is no common mark.
    around = next(
        (mark for mark in marks.pattern.finditer(text, start) if mark.start() < same < mark.end()), None
    )
    if around:
        same = around.start()
    stop = marks.stops.match(text, same)
    return stop.end() if stop and stop.end() <= first else same
