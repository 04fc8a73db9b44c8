"""The loss mask: which tokens of a conversation are trained, for any template.

`Masker` is the way in: conversations go in, token ids and a mask come out, with everything that was found
odd on the way. `spans.py` says which characters are trained; this says which tokens those are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from finesift.chat.conversations import Conversation, with_silence_said
from finesift.chat.marks import Marks
from finesift.chat.problem import Problem
from finesift.chat.skeleton import Skeleton, Skeletons
from finesift.chat.spans import EVERYTHING, Finder, Span, Spans, Wanted
from finesift.chat.tokenizer import Tokenizer
from finesift.chat.trace import Tracer
from finesift.errors import RenderError

# Conversations per parcel, and parcels in flight: an encoding with offsets takes 100 bytes a token.
PARCEL = 256
WAITING = 3
#: What trainers write into `labels` where a token is not trained.
IGNORED = -100


@dataclass(frozen=True)
class Masked:
    """A conversation, rendered and encoded.

    ids: uint32 [T]. trained: bool [T]. problems: what is wrong with it, by name; empty is what we want.
    Where the template refuses the conversation, text and ids are empty.
    """

    conversation: Conversation
    text: str
    ids: NDArray[np.uint32]
    trained: NDArray[np.bool_]
    spans: Spans
    problems: list[Problem]

    @property
    def refused(self) -> bool:
        """Nothing to train on: the template refuses it, or hides what is the answer's."""
        return not self.trained.any()

    @cached_property
    def labels(self) -> NDArray[np.int32]:
        """int32 [T]: the ids, and -100 where a token is not trained."""
        return np.where(self.trained, self.ids.astype(np.int32), np.int32(IGNORED))


class Masker:
    """Masks for one tokenizer and its template.

    by_kind: trace a kind of conversation once, and compare the others with it; of each kind some are traced
    nevertheless, and should one differ, all further ones.
    """

    def __init__(self, tokenizer: Tokenizer, wanted: Wanted = EVERYTHING, *, by_kind: bool = False) -> None:
        self.tokenizer = tokenizer
        self.wanted = wanted
        self.marks = Marks.of(tokenizer)
        self._finders: dict[int, Finder] = {}
        self._tails: dict[str, list[int]] = {}
        self._skeletons = Skeletons(self.marks, self.finder) if by_kind else None

    def mask(self, conversations: Iterable[Conversation]) -> Iterator[Masked]:
        """Lazily, in order. While one parcel is encoded, the next is rendered."""
        waiting: deque[tuple[list[tuple[Conversation, Spans | Problem]], Future[list[Encoding]]]] = deque()
        with ThreadPoolExecutor(1) as encoder:
            parcel: list[tuple[Conversation, Spans | Problem]] = []
            for one in conversations:
                parcel.append((one, self.find(one)))
                if len(parcel) == PARCEL:
                    waiting.append((parcel, encoder.submit(self._encode, parcel)))
                    parcel = []
                    if len(waiting) == WAITING:
                        yield from self._collect(*waiting.popleft())
            waiting.append((parcel, encoder.submit(self._encode, parcel)))
            while waiting:
                yield from self._collect(*waiting.popleft())

    def finder(self, tools: object) -> Finder:
        template = self.tokenizer.template_for(tools)
        if id(template) not in self._finders:
            self._finders[id(template)] = Finder(Tracer(template), self.marks, self.wanted)
        return self._finders[id(template)]

    def find(self, one: Conversation) -> Spans | Problem:
        """The trained characters, or the problem that there are none because the template refuses.

        Of plain text all are, and the token that ends it.
        """
        if one.plain:
            begin, end = self.tokenizer.document
            text = one.messages[0].get("content", "")
            return Spans(f"{begin}{text}{end}", [Span(0, len(begin), len(begin) + len(text) + len(end))])
        skeleton = None if self._skeletons is None else self._skeletons.of(one)
        try:
            known = None if skeleton is None else self._like(one, skeleton)
            if known and skeleton and not skeleton.is_sampled():
                return known
            found = self.finder(one.tools).find(one.messages, one.tools, train=one.train)
        except RenderError as e:
            return self._with_silent_calls(one) or Problem("cannot_render", None, str(e))
        if known and self._skeletons and (known.text, known.spans) != (found.text, found.spans):
            self._skeletons.distrust(one)
        return found

    def _with_silent_calls(self, one: Conversation) -> Spans | None:
        """The spans of a refused conversation once its answers that only call tools say "", else None.

        Only what was refused comes here, so no other text changes. A template that leaves the calls out would
        train an empty answer in their place: there the refusal stands.
        """
        messages = with_silence_said(one.messages)
        if messages == one.messages:
            return None
        try:
            found = self.finder(one.tools).find(messages, one.tools, train=one.train)
        except RenderError:
            return None
        return None if any(problem.name == "lost_tool_calls" for problem in found.problems) else found

    def _like(self, one: Conversation, skeleton: Skeleton) -> Spans | None:
        """The spans of a conversation that renders as its kind does, else None."""
        contents = [message["content"] for message in one.messages]
        # A text that imitates a mark may end elsewhere.
        if any(map(self.marks.pattern.search, contents)):
            return None
        finder = self.finder(None)
        text = finder.template.render(one.messages, **finder.settings)
        return skeleton.spans(text, contents)

    def _encode(self, parcel: list[tuple[Conversation, Spans | Problem]]) -> list[Encoding]:
        texts = [found.text if isinstance(found, Spans) else "" for _, found in parcel]
        return self.tokenizer.backend.encode_batch(texts, add_special_tokens=False)

    def _collect(
        self, parcel: list[tuple[Conversation, Spans | Problem]], encoded: Future[list[Encoding]]
    ) -> Iterator[Masked]:
        for (one, found), encoding in zip(parcel, encoded.result(), strict=True):
            ids = np.array(encoding.ids, np.uint32)
            trained = np.zeros(len(ids), bool)
            if isinstance(found, Problem):
                yield Masked(one, "", ids, trained, Spans(""), [found])
                continue
            problems = list(found.problems)
            for span in found.spans:
                for start, end in span.pieces():
                    first, last, edges = tokens_of(encoding, found.text, start, end)
                    trained[first:last] = True
                    problems += [Problem("edge_token", span.turn, message) for message in edges]
            problems += self._parity(found, encoding)
            if not trained.any() and not found.refused:
                problems.append(Problem("nothing_trained", None, "no token of it is trained"))
            yield Masked(one, found.text, ids, trained, found, problems)

    def _parity(self, found: Spans, encoding: Encoding) -> Iterator[Problem]:
        """Are the ids before the last answer those of the prompt that inference sends?

        Special tokens cut a text into parts that are encoded each on its own, so what comes after the last
        of them decides.
        """
        if found.prompt is None or not found.text.startswith(found.prompt) or not found.spans:
            return
        size = len(found.prompt)
        after = 0
        for mark in self.marks.pattern.finditer(found.prompt):
            after = mark.end()
        tail = found.prompt[after:]
        if not tail:
            return
        if tail not in self._tails:
            if len(self._tails) > 4_096:
                self._tails.clear()
            self._tails[tail] = self.tokenizer.encode([tail])[0]
        first, last, _ = tokens_of(encoding, found.text, after, size)
        if encoding.ids[first:last] != self._tails[tail]:
            turn = found.spans[-1].turn
            yield Problem("prompt_tokens_differ", turn, "the prompt's last tokens are others in training")


def tokens_of(encoding: Encoding, text: str, start: int, end: int) -> tuple[int, int, list[str]]:
    """The tokens (first, last + 1) that lie in characters start to end, and what stands over an edge.

    A token over the first edge is left out: at inference the prompt has ended in its middle, so the model
    cannot write it. One over the last edge is left out too, unless all it takes from beyond is whitespace.
    """
    edges = []
    first = last = None
    at = start
    while at < end and (first := encoding.char_to_token(at)) is None:
        at += 1  # a character that the tokenizer drops
    if first is None:
        return 0, 0, []
    begin, stop = _place(encoding, first)
    if begin < start:
        edges.append(f"the token {text[begin:stop]!r} stands over the edge of the prompt: not trained")
        first += 1
    at = end - 1
    while at > start and (last := encoding.char_to_token(at)) is None:
        at -= 1
    if last is None:
        last = encoding.char_to_token(at)
    if last is None:
        return 0, 0, edges
    # One character may be several tokens, which all have its place.
    place = _place(encoding, last)
    while last + 1 < len(encoding) and encoding.token_to_chars(last + 1) == place:
        last += 1
    begin, stop = place
    if stop > end and not text[end:stop].isspace():
        edges.append(f"the token {text[begin:stop]!r} stands over the end of the answer: not trained")
        last -= 1
    return first, last + 1, edges


def _place(encoding: Encoding, token: int) -> tuple[int, int]:
    place = encoding.token_to_chars(token)
    assert place is not None  # a token that a character was found in has a place
    return place
