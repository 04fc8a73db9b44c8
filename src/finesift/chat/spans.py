"""Which characters of a rendered conversation are trained.

The rule: what the model has to write after the inference prompt, up to and including the text that ends its
turn. Not the header that the prompt supplies, not what a tool or the user said, not the newline after the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from finesift.chat import ends, handover
from finesift.chat.ends import PROBE
from finesift.chat.lost import left_out, loses_calls, said_in, words_of
from finesift.chat.marks import Marks, pieces
from finesift.chat.problem import Problem
from finesift.chat.sandbox import SECONDS, Allowance
from finesift.chat.template import OWN, REASONING, Message
from finesift.chat.trace import Trace, Tracer
from finesift.errors import ModelError, RenderError

How = Literal["traced", "prefix", "substituted"]

# Answers at either end of a long conversation whose header is not taken to be like the others'.
_EDGE = 16
_CLOSING = re.compile(r"\s*(?:</?[|｜]?[\w▁ ]+[|｜]?>|\[/?[A-Z_]+\])\s*")


@dataclass(frozen=True)
class Span:
    """What is trained of one message: characters start to end, without the gaps in between.

    how: traced is proof; prefix and substituted are what is left where the template hides the message.
    """

    turn: int
    start: int
    end: int
    gaps: tuple[tuple[int, int], ...] = ()
    how: How = "traced"

    def pieces(self) -> Iterator[tuple[int, int]]:
        at = self.start
        for start, end in self.gaps:
            if start > at:
                yield at, start
            at = max(at, end)
        if at < self.end:
            yield at, self.end

    def text(self, rendered: str) -> str:
        return "".join(rendered[start:end] for start, end in self.pieces())


@dataclass
class Spans:
    """A rendered conversation with what is trained of it. prompt: what inference would send for the last answer."""

    text: str
    spans: list[Span] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    prompt: str | None = None
    generation: list[tuple[int, int]] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return any(problem.name == "mask_refused" for problem in self.problems)


@dataclass(frozen=True)
class Wanted:
    """What is to be trained of a conversation, and how it is rendered for that.

    reasoning: whether it is trained too. only_last: whether only the last answer is. settings: further values
    for the template (enable_thinking, …), as inference will set them.
    """

    reasoning: bool = True
    only_last: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if taken := sorted(set(self.settings) & OWN):
            raise ModelError(
                f"{taken[0]} is no setting of a template: it is given with each conversation.",
                hint="Settings are what a template reads beside that, as enable_thinking.",
            )


#: What every answer is trained in full by.
EVERYTHING = Wanted()


class Finder:
    """Finds what is trained, for the conversations of one template."""

    def __init__(self, tracer: Tracer, marks: Marks, wanted: Wanted = EVERYTHING) -> None:
        self.tracer = tracer
        self.template = tracer.template
        self.marks = marks
        self.wanted = wanted
        self.settings = dict(wanted.settings)

    def find(
        self,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]] | None = None,
        *,
        train: Sequence[bool | None] | None = None,
    ) -> Spans:
        """train: the data's own word for each message; only False counts. Raises RenderError as rendering does."""
        trace = self.tracer.trace(messages, tools, self.settings)
        found = Spans(trace.text, generation=trace.generation)
        found.problems += left_out(trace.text, messages, tools)
        answers = [turn for turn, message in enumerate(messages) if message.get("role") == "assistant"]
        wanted = answers[-1:] if self.wanted.only_last else answers
        headers = _Headers(answers)
        allowance = Allowance()
        for turn in wanted:
            if train is not None and train[turn] is False:
                continue
            before = messages[turn - 1].get("role") if turn else None
            span = self._alike(trace, messages, turn, headers.known(before, turn), found)
            if span is None:
                if allowance.is_spent():
                    raise RenderError(f"it takes more than {SECONDS:g} s to find what is trained of it")
                prompt = self._render(messages[:turn], tools, prompt=True)
                if turn == answers[-1]:
                    found.prompt = prompt
                span = self._span(trace, messages, tools, turn, prompt, found)
                headers.note(before, trace, span)
            if span is not None:
                span = self._without_others(trace, messages, tools, span, found)
                if loses_calls(span.text(trace.text), messages[turn]):
                    # What is left is the end of a turn: trained, it teaches to say nothing.
                    name = "lost_tool_calls"
                    said = "the template leaves out the tool calls, which were the whole answer"
                    found.problems = [problem for problem in found.problems if problem.turn != turn]
                    found.problems.append(Problem(name, turn, said))
                    continue
                found.spans.append(span)
                found.problems += self._check(trace.text, span, messages[turn])
        if found.prompt is not None and turn_is_last(found.spans, answers):
            last = found.spans[-1]
            if trace.text[: last.start] != found.prompt:
                found.problems.append(
                    Problem("prompt_differs", last.turn, _difference(trace.text[: last.start], found.prompt))
                )
        return found

    def _without_others(
        self,
        trace: Trace,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]] | None,
        span: Span,
        found: Spans,
    ) -> Span:
        """The span without what the template prints of other messages inside the answer's turn."""
        text, turn = trace.text, span.turn
        places = [
            place
            for place in handover.hidden(trace, messages, turn, span.start, span.end)
            if not any(start <= place[0] and place[1] <= end for start, end in span.gaps)
        ]
        first = self._first_changed(messages, tools, span, text) if places else None
        if first is None:
            return span
        end = handover.cut(
            text,
            span.start,
            first,
            self.marks,
            lambda: self._render(messages[: turn + 1], tools, prompt=False),
        )
        ended = any(mark.end() == end for mark in self.marks.pattern.finditer(text, span.start, end))
        said = [
            problem for problem in found.problems if problem.turn == turn and problem.name in ends.PROBLEMS
        ]
        if ended:
            found.problems = [problem for problem in found.problems if problem not in said]
        elif not said:
            found.problems.append(Problem("no_end", turn, ends.PROBLEMS["no_end"]))
        return Span(turn, span.start, end, tuple(gap for gap in span.gaps if gap[1] <= end), span.how)

    def _first_changed(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] | None, span: Span, text: str
    ) -> int | None:
        """Where other words of the messages after the answer first change its text, or None.

        "5" may stand in a call too; and a later system message be written before all else, which moves the answer.
        """
        later = span.turn + 1
        after = [
            message if message.get("role") == "assistant" else {**message, "content": PROBE}
            for message in messages[later:]
        ]
        changed = self._render([*messages[:later], *after], tools, prompt=False)
        if changed is None:
            return None
        same = _same(text, changed)
        if same < span.start:
            same = span.start + _found(text[span.start : span.end], changed)
        return same if same < span.end else None

    def _render(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] | None, *, prompt: bool
    ) -> str | None:
        try:
            return self.template.render(messages, tools=tools, add_generation_prompt=prompt, **self.settings)
        except RenderError:
            return None

    def _span(
        self,
        trace: Trace,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]] | None,
        turn: int,
        prompt: str | None,
        found: Spans,
    ) -> Span | None:
        own = trace.of(turn)
        if not own:
            return self._fallback(trace, messages, tools, turn, prompt, found)
        region = own[0][0], own[-1][1]
        start = self._after_header(trace.text, region, messages, tools, turn, prompt)
        return self._from(trace, messages[turn], turn, own, start, found)

    def _alike(
        self, trace: Trace, messages: Sequence[Message], turn: int, header: str | None, found: Spans
    ) -> Span | None:
        """The span of an answer that begins as the others of its conversation do; None: it is to be found."""
        if header is None:
            return None
        own = trace.of(turn)
        if not own or not trace.text.startswith(header, own[0][0], own[-1][1]):
            return None
        return self._from(trace, messages[turn], turn, own, own[0][0] + len(header), found)

    def _from(
        self, trace: Trace, message: Message, turn: int, own: list[tuple[int, int]], start: int, found: Spans
    ) -> Span:
        """The span of a message whose regions are `own` and whose own text begins at `start`."""
        region = own[0][0], own[-1][1]
        end, problem = self._end(trace.text, start, region[1], message)
        if problem:
            found.problems.append(Problem(problem, turn, ends.PROBLEMS[problem]))
        gaps = trace.others(turn, start, end)
        gaps += [(a[1], b[0]) for a, b in pairwise(own) if (a[1], b[0]) not in gaps]
        if not self.wanted.reasoning:
            gaps += self._reasoning(trace.text, start, end, message)
        return Span(turn, start, end, tuple(sorted(gaps)))

    def _after_header(
        self,
        text: str,
        region: tuple[int, int],
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]] | None,
        turn: int,
        prompt: str | None,
    ) -> int:
        """Where the message's own text begins: after what the generation prompt would have written."""
        begin, end = region
        if not turn and not (prompt and text.startswith(prompt)):
            # Nothing is asked yet. What the template adds after a question may stand here, behind what it makes up.
            asked = [{"role": "user", "content": PROBE}]
            bare, asks = (self._render(asked, tools, prompt=prompts) for prompts in (False, True))
            adds = asks[len(bare) :] if bare is not None and asks and asks.startswith(bare) else ""
            header = self._probed(text, region, messages, tools, turn)
            before, made_up, _ = text[begin : begin + header].rpartition(self._closing or "\0")
            turn_at = begin + len(before + made_up)
            turn_at += len(text[turn_at:end]) - len(text[turn_at:end].lstrip()) if made_up else 0
            shared = _shared(text, turn_at, end, adds)
            return turn_at + shared if shared else begin + header
        if prompt is not None:
            if begin <= len(prompt) <= end and text.startswith(prompt):
                if len(prompt) > begin or self._prompts(messages[:turn], tools, prompt):
                    return len(prompt)
            elif shared := _shared(text, begin, end, self._prompts(messages[:turn], tools, prompt)):
                return begin + shared
        return begin + self._probed(text, region, messages, tools, turn)

    def _prompts(
        self, before: Sequence[Message], tools: Sequence[Mapping[str, Any]] | None, prompt: str
    ) -> str:
        """What `add_generation_prompt` adds to the messages before."""
        bare = self._render(before, tools, prompt=False)
        if bare is None:
            return ""
        return prompt[_same(bare, prompt) :]

    def _probed(
        self,
        text: str,
        region: tuple[int, int],
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]] | None,
        turn: int,
    ) -> int:
        """For a template without a generation prompt: what it writes before a unique word as content."""
        probes = [*messages[:turn], {"role": "assistant", "content": PROBE}, *messages[turn + 1 :]]
        try:
            trace = self.tracer.trace(probes, tools, self.settings)
        except RenderError:
            return 0
        own = trace.of(turn)
        if not own:
            return 0
        at = trace.text.find(PROBE, own[0][0], own[-1][1])
        header = trace.text[own[0][0] : at].rstrip(" ") if at >= 0 else ""
        return len(header) if header.strip() and text.startswith(header, region[0]) else 0

    def _end(self, text: str, start: int, end: int, message: Message) -> tuple[int, str | None]:
        return ends.end_of(text, start, end, message.get("content"), self.marks, self._closing)

    @cached_property
    def _closing(self) -> str:
        return ends.closing(lambda messages: self._render(messages, None, prompt=False), self.marks)

    def _reasoning(self, text: str, start: int, end: int, message: Message) -> list[tuple[int, int]]:
        """The place of the reasoning, with the marks around it."""
        said = next((message[key] for key in REASONING if isinstance(message.get(key), str)), "").strip()
        content = message.get("content")
        if not said and isinstance(content, str) and "</think>" in content:
            said = content.partition("</think>")[0].removeprefix("<think>").strip()
        at = text.find(said, start, end) if said else -1
        if at < 0:
            return []
        closing = _CLOSING.match(text, at + len(said), end)
        return [(start, closing.end() if closing else at + len(said))]

    def _check(self, text: str, span: Span, message: Message) -> Iterator[Problem]:
        """Is each field of the message trained? A template may drop what it was not made for."""
        trained = text[span.start : span.end]
        content = message.get("content")
        if isinstance(content, str) and content.strip() not in trained:
            said = content.rpartition("</think>")[2].strip()
            if said not in trained:
                yield Problem(
                    "lost_answer", span.turn, "the template does not write the answer's text as it is"
                )
            else:
                yield Problem(
                    "lost_reasoning", span.turn, "the template leaves out the reasoning in the text"
                )
        reasoning = next((message[key] for key in REASONING if isinstance(message.get(key), str)), "")
        if reasoning.strip() and reasoning.strip() not in trained:
            yield Problem("lost_reasoning", span.turn, "the template leaves out the reasoning")
        if stop := ends.early(text, span.pieces(), span.end, message, self.marks):
            yield Problem(
                "stops_early", span.turn, f"{stop} ends a generation, and more of the answer follows"
            )
        for call in message.get("tool_calls") or ():
            called = call.get("function", call) if isinstance(call, dict) else {}
            if missing := [one for one in words_of(called) if not said_in(one, trained)]:
                yield Problem(
                    "lost_tool_calls", span.turn, f"the template leaves out of a tool call: {missing[0]}"
                )

    def _fallback(
        self,
        trace: Trace,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]] | None,
        turn: int,
        prompt: str | None,
        found: Spans,
    ) -> Span | None:
        """For a message that the trace did not see: growing prefixes, then a changed word."""
        text = trace.text
        through = self._render(messages[: turn + 1], tools, prompt=False)
        if prompt and through and through.startswith(prompt) and text.startswith(through):
            end, problem = self._end(text, len(prompt), len(through), messages[turn])
            how: How = "prefix"
            start = len(prompt)
        else:
            place = self._substituted(text, messages, tools, turn)
            if place is None:
                found.problems.append(
                    Problem("mask_refused", turn, "the template hides which text is this answer's")
                )
                return None
            start, stop = place
            end, problem = self._end(text, start, stop, messages[turn])
            how = "substituted"
        if problem:
            found.problems.append(Problem(problem, turn, ends.PROBLEMS[problem]))
        found.problems.append(Problem("mask_untraced", turn, f"the mask was found by {_HOW[how]}"))
        return Span(turn, start, end, how=how)

    def _substituted(
        self,
        text: str,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]] | None,
        turn: int,
    ) -> tuple[int, int] | None:
        """The place of the content, if that is all the message has: where another word changes the text."""
        message = messages[turn]
        content = message.get("content")
        if not isinstance(content, str) or not content.strip() or message.get("tool_calls"):
            return None
        changed = self._render(
            [*messages[:turn], {**message, "content": PROBE}, *messages[turn + 1 :]], tools, prompt=False
        )
        if changed is None or changed.count(PROBE) != 1:
            return None
        at = changed.index(PROBE)
        rest = changed[at + len(PROBE) :]
        if text[:at] != changed[:at] or not text.endswith(rest):
            return None
        end = len(text) - len(rest)
        return (at, end) if text[at:end].strip() == content.strip() else None


class _Headers:
    """Headers of a conversation's answers by the role before them.

    Each costs a render of all that is before it, so of a long conversation only the first and last answers'
    are found; one between them is taken to begin alike, where all before it do and its text says so.
    """

    def __init__(self, answers: Sequence[int]) -> None:
        self._between = set(answers[_EDGE:-_EDGE])
        self._known: dict[object, set[str]] = {}

    def known(self, before: object, turn: int) -> str | None:
        headers = self._known.get(before, set())
        return next(iter(headers)) if turn in self._between and len(headers) == 1 else None

    def note(self, before: object, trace: Trace, span: Span | None) -> None:
        own = trace.of(span.turn) if span and self._between else None
        if span and own:
            self._known.setdefault(before, set()).add(trace.text[own[0][0] : span.start])


_HOW = {"prefix": "comparing growing conversations", "substituted": "changing the answer's text"}


def turn_is_last(spans: Sequence[Span], answers: Sequence[int]) -> bool:
    return bool(spans and answers) and spans[-1].turn == answers[-1]


def _shared(text: str, begin: int, end: int, header: str) -> int:
    """How many characters of `header` the text has at `begin`, in whole marks and words.

    What is before `begin` may have written the first part of the header.
    """
    for skipped in range(len(header)):
        if skipped and not text.endswith(header[:skipped], 0, begin):
            continue
        at = begin
        for piece in pieces(header[skipped:]):
            if at + len(piece) > end or not text.startswith(piece, at):
                break
            at += len(piece)
        if at > begin:
            return at - begin
    return 0


def _same(one: str, other: str) -> int:
    """How many characters two texts have in common from the beginning."""
    differ = (n for n, (ours, theirs) in enumerate(zip(one, other, strict=False)) if ours != theirs)
    return next(differ, min(len(one), len(other)))


def _found(text: str, other: str) -> int:
    """How many characters of a text, from its beginning, stand together somewhere in another."""
    found, missing = 0, len(text) + 1
    while missing - found > 1:
        middle = (found + missing) // 2
        found, missing = (middle, missing) if text[:middle] in other else (found, middle)
    return found


def _difference(text: str, prompt: str) -> str:
    same = _same(text, prompt)
    return (
        f"before the answer, training has {text[same : same + 40]!r} "
        f"where inference has {prompt[same : same + 40]!r}"
    )
