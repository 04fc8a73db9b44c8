"""What a template writes around the texts of a conversation, found once per kind of conversation.

Nearly all rows of a data set are alike but for their texts. So a conversation of unique words in the same
roles is traced and masked, and what the template wrote around the words is kept. A row whose plain render is
exactly that, with its own texts in place of the words, has the same mask; every other row is traced itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finesift.chat.conversations import Conversation
from finesift.chat.marks import Marks
from finesift.chat.problem import Problem
from finesift.chat.spans import Finder, Span, Spans
from finesift.errors import RenderError

# A place where no token reaches over, in every tokenizer that `count` trusts to cut: see `count._cuts`.
_LONG = 400
# Of the rows of a kind, how many are traced, and then one in how many.
FIRST, SAMPLE = 8, 128
# Messages of a kind; longer conversations are rarely alike.
MOST = 64
_FIRST = re.compile(r".{1,400}?(?:(?<=[!-~])(?= )|(?<=[A-Za-z])(?=[.,;:!?)\n]))", re.DOTALL)


@dataclass(frozen=True)
class Segment:
    """A run of text that is trained, or is not: literals, and numbers of messages whose text stands there.

    tail: where no mark stands at its beginning, what precedes it since the last mark; a token could reach over.
    """

    trained: bool
    parts: tuple[str | int, ...]
    tail: str = ""


@dataclass
class Skeleton:
    """segments: alternately not trained and trained. problems: what holds for every row of this kind.

    turns: the message of each trained segment; None where one message has several. ends: whether the last of
    them is the last answer. seen: rows of this kind so far.
    """

    segments: tuple[Segment, ...]
    answers: int
    problems: tuple[Problem, ...]
    turns: tuple[int, ...] | None
    ends: bool
    seen: int = 0

    def __post_init__(self) -> None:
        self.names = sorted({problem.name for problem in self.problems})
        self.tails = [(n, segment.tail) for n, segment in enumerate(self.segments) if segment.tail]

    def is_sampled(self) -> bool:
        """Whether a conversation of this kind, the next one, is to be traced as well."""
        self.seen += 1
        return self.seen <= FIRST or self.seen % SAMPLE == 0

    def samples(self, count: int) -> NDArray[np.bool_]:
        """bool [count]: the same for so many conversations, the next ones."""
        numbers = np.arange(self.seen + 1, self.seen + count + 1)
        self.seen += count
        sampled: NDArray[np.bool_] = (numbers <= FIRST) | (numbers % SAMPLE == 0)
        return sampled

    def spans(self, text: str, contents: Sequence[str]) -> Spans | None:
        """The spans of a rendered text, if it is this skeleton with these contents, or these without blanks."""
        if self.turns is None:
            return None
        parts = self.fill(contents)
        if "".join(parts) != text:
            parts = self.fill([content.strip() for content in contents])
            if "".join(parts) != text:
                return None
        spans = []
        at = 0
        turns = iter(self.turns)
        for segment, part in zip(self.segments, parts, strict=True):
            if segment.trained:
                spans.append(Span(next(turns), at, at + len(part)))
            at += len(part)
        same = not any(problem.name == "prompt_differs" for problem in self.problems)
        prompt = text[: spans[-1].start] if spans and same and self.ends else None
        return Spans(text, spans, list(self.problems), prompt)

    def fill(self, contents: Sequence[str]) -> list[str]:
        """The segments with texts in the place of the words."""
        return [
            "".join([part if isinstance(part, str) else contents[part] for part in segment.parts])
            for segment in self.segments
        ]


class Skeletons:
    """Skeletons by kind of conversation: its roles and which messages the data says are not trained."""

    def __init__(self, marks: Marks, finder: Callable[[object], Finder]) -> None:
        self.marks = marks
        self.finder = finder
        self._known: dict[tuple[object, ...], Skeleton | None] = {}

    def of(self, one: Conversation) -> Skeleton | None:
        """None: there is more to this conversation than texts, or less, or the template does not treat them plainly."""
        if one.plain or one.tools is not None or len(one.messages) > MOST:
            return None
        roles = []
        for message in one.messages:
            if len(message) != 2 or not message.get("content"):
                return None
            roles.append(message["role"])
        key = self._key(one)
        if key not in self._known:
            self._known[key] = self._find(roles, one.train)
        return self._known[key]

    def distrust(self, one: Conversation) -> None:
        """From now on each conversation of this kind is traced."""
        self._known[self._key(one)] = None

    def seen(self) -> dict[str, int]:
        """Conversations that were like the skeleton of their kind, by kind."""
        return {str(key): found.seen for key, found in self._known.items() if found and found.seen}

    def _key(self, one: Conversation) -> tuple[object, ...]:
        return (*(message["role"] for message in one.messages), tuple(one.train or ()))

    def _find(self, roles: Sequence[str], train: Sequence[bool | None] | None) -> Skeleton | None:
        words = [f"Zq{number}jkvx" for number in range(len(roles))]
        messages = [{"role": role, "content": word} for role, word in zip(roles, words, strict=True)]
        try:
            found = self.finder(None).find(messages, None, train=train)
        except RenderError:
            return None
        text = found.text
        if any(name.startswith(("lost", "mask")) for name in (problem.name for problem in found.problems)):
            return None
        if not text or any(text.count(word) != 1 for word in words):
            return None
        places = {text.index(word): number for number, word in enumerate(words)}
        if [places[at] for at in sorted(places)] != sorted(places.values()):
            return None
        trained = [False] * len(text)
        for span in found.spans:
            for start, end in span.pieces():
                trained[start:end] = [True] * (end - start)
        segments: list[Segment] = []
        at = 0
        while at < len(text):
            end = at
            parts: list[str | int] = []
            while end < len(text) and trained[end] == trained[at]:
                if (number := places.get(end)) is not None:
                    parts.append(number)
                    end += len(words[number])
                    continue
                if not parts or isinstance(parts[-1], int):
                    parts.append("")
                parts[-1] = f"{parts[-1]}{text[end]}"
                end += 1
            tail = self._tail(segments, parts)
            if tail is None:
                return None
            segments.append(Segment(trained[at], tuple(parts), tail))
            at = end
        plain = len(found.spans) == sum(segment.trained for segment in segments)
        turns = tuple(span.turn for span in found.spans)
        answers = [turn for turn, role in enumerate(roles) if role == "assistant"]
        ends = bool(turns and answers) and turns[-1] == answers[-1]
        return Skeleton(
            tuple(segments), len(found.spans), tuple(found.problems), turns if plain else None, ends
        )

    def _tail(self, before: Sequence[Segment], parts: Sequence[str | int]) -> str | None:
        """What a token at the beginning of `parts` could reach back into; None: more than we want to know."""
        first = parts[0]
        if not before or (isinstance(first, str) and self.marks.pattern.match(first)):
            return ""
        last = before[-1].parts[-1]
        if isinstance(last, int):
            return None
        ends = [mark.end() for mark in self.marks.pattern.finditer(last)]
        if not ends or (ends[-1] < len(last) and isinstance(first, str)):
            return None
        return last[ends[-1] :]


def untraced(seen: int) -> int:
    """Of so many conversations of a kind, how many were not traced themselves; see `Skeleton.is_sampled`."""
    return seen - min(seen, FIRST) - seen // SAMPLE


def beginning(text: str) -> str:
    """The part of a text that a token before it could reach into; "": that part is long."""
    found = _FIRST.match(text)
    return found[0] if found else text if len(text) <= _LONG else ""
