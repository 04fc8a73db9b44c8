"""What becomes of each term that a template writes: trained always, never, in part, or only in some messages.

The terms are marked, conversations rendered, and each piece of text traced back to the term that wrote it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from finesift.chat.pieces import Block, Part, Piece, pieces_of, tree_of
from finesift.chat.spans import Spans
from finesift.chat.template import Template
from finesift.chat.terms import Leaf, leaves_of
from finesift.chat.trials import Message
from finesift.chat.weave import ALL, NONE, UNKNOWN, Verdict, Verdicts, woven
from finesift.errors import ModelError, RenderError

# Marks for terms begin here, then come the two answers to a question about one, and what ends a leaf.
_MARK, _YES, _NO, _END = 0xF0000, "\U00100001", "\U00100002", "\U00100003"
_ANY = re.compile("([\U000f0000-\U00100003])")
# Literals are cut and looked at again until none is trained in part; a template of ours needs two rounds.
_ROUNDS = 6
# Beginnings of a value that differ in what is trained; more are no header.
_LEADS = 4
_TARGETS = re.compile(r"for\s+(.+?)\s+in\b", re.DOTALL)
_ASSIGNED = re.compile(r"set\s+(\w+)\s*=\s*\w+\[")
_NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        "is not and or in if else defined undefined none None true false True False string mapping iterable "
        "sequence loop",
    )
)
_Key = tuple[int, int]
# A text that a term wrote, which characters of it are trained, and the answers to questions then.
_Time = tuple[str, tuple[int, int] | None, str]


@dataclass(frozen=True)
class Case:
    """A conversation with its proved spans."""

    messages: Sequence[Message]
    tools: Sequence[Mapping[str, Any]] | None
    found: Spans

    @property
    def trained(self) -> bytearray:
        """Per character, whether it is trained."""
        flags = bytearray(len(self.found.text))
        for span in self.found.spans:
            for start, end in span.pieces():
                flags[start:end] = b"\1" * (end - start)
        return flags


@dataclass
class _Seen:
    """What became of a term: (its text, which of it is trained, answers to questions), once per time it was written."""

    times: list[_Time] = field(default_factory=list)
    torn: bool = False  # trained in several pieces


class Watch:
    """Watches the terms of a template on conversations."""

    def __init__(self, template: Template, cases: Sequence[Case], settings: Mapping[str, Any]) -> None:
        self.template, self.cases, self.settings = template, cases, settings
        self.tree = tree_of(pieces_of(template.source, template.sandbox))
        self.leaves = {id(leaf.piece): leaf for leaf in leaves_of(self.tree) if leaf.outermost}
        self.conditions = list(dict.fromkeys(_conditions(self.tree)))
        self._everywhere = {"messages", "tools"} | {
            match[1]
            for piece in self.tree
            if isinstance(piece, Piece) and (match := re.match(r"set\s+(\w+)\s*=", piece.said))
        }

    def source(self) -> str:
        """The source with the keyword."""
        self._cut()
        verdicts = self._verdicts()
        known = self.template.source
        name = next(n for n in ("written", *(f"written{n}" for n in range(9_999))) if n not in known)
        return woven(self.tree, self.leaves, verdicts, name)

    def _cut(self) -> None:
        """Cuts literals at the edges of what is trained."""
        for _ in range(_ROUNDS):
            cuts: dict[_Key, set[int]] = defaultdict(set)
            for key, seen in self._look({}).items():
                if self.leaves[key[0]].terms[key[1]].text is None:
                    continue
                for text, part, _ in seen.times:
                    if part and part != (0, len(text)):
                        cuts[key] |= set(part) - {0, len(text)}
            if not cuts:
                return
            # From the back, so that the numbers before stay.
            for (leaf, number), places in sorted(cuts.items(), reverse=True):
                self.leaves[leaf].cut(number, sorted(places))

    def _verdicts(self) -> Verdicts:
        seen = self._look({})
        verdicts = {key: _verdict(one) for key, one in seen.items()}
        mixed = {key for key, verdict in verdicts.items() if verdict is None}
        questions = {key: self._answered(key, self._questions(self.leaves[key[0]])) for key in mixed}
        known = self._look(questions) if mixed else {}
        found: dict[_Key, Verdict] = {k: v for k, v in verdicts.items() if v is not None}
        for key in mixed:
            verdict = _asked(known[key], questions[key])
            if verdict is None:
                said = self.leaves[key[0]].terms[key[1]].said
                raise self._refusal(
                    f"what is trained of {{{{ {said} }}}} follows no rule that could be written"
                )
            found[key] = verdict
        return found

    def _answered(self, key: _Key, questions: Sequence[str]) -> list[str]:
        """The questions that raise no error wherever this term is written."""
        try:
            self._look({key: questions})
        except ModelError:
            half = len(questions) // 2
            if not half:
                return []
            return self._answered(key, questions[:half]) + self._answered(key, questions[half:])
        return list(questions)

    def _questions(self, leaf: Leaf) -> list[str]:
        """What may tell whether a term is trained: of the names around it, and what the template itself asks."""
        names: list[str] = []
        loops = False
        for tag in leaf.around:
            if loop := _TARGETS.match(tag.said):
                names += [name.strip() for name in loop[1].split(",")]
                loops = True
            elif assigned := _ASSIGNED.match(tag.said):
                names.append(assigned[1])
        names = list(dict.fromkeys(reversed(names)))
        asked = [f"{name}['role'] == 'assistant'" for name in names]
        if loops:
            asked += ["loop.last", "loop.first"]
            asked += [
                f"loop.{which} is defined and loop.{which}['role'] == '{role}'"
                for which in ("previtem", "nextitem")
                for role in ("tool", "user", "assistant")
            ]
        asked += [f"{name}['{field}']" for name in names for field in ("tool_calls", "content")]
        asked.append("messages[-1]['role'] == 'assistant'")
        in_sight = {*names, *self._everywhere}
        return asked + [text for text in self.conditions if _roots(text) <= in_sight]

    def _look(self, questions: Mapping[_Key, Sequence[str]]) -> dict[_Key, _Seen]:
        """Renders all cases and tells what became of each term."""
        keys = [(piece, number) for piece, leaf in self.leaves.items() for number in range(len(leaf.terms))]
        seen = {key: _Seen() for key in keys}
        marked = "".join(
            _Marked(self.leaves, {key: n for n, key in enumerate(keys)}, questions).of(self.tree)
        )
        program = Template(marked, tokens=self.template.tokens, name=self.template.name)
        for case in self.cases:
            try:
                text = program.render(case.messages, tools=case.tools, **self.settings)
            except RenderError as e:
                raise self._refusal(str(e)) from e
            flags = case.trained
            plain = []
            at = 0
            # (key, where it begins, answers)
            opened: tuple[_Key, int, str] | None = None
            for n, part in enumerate(_ANY.split(text)):
                if n % 2 == 0:
                    plain.append(part)
                    at += len(part)
                elif part in (_YES, _NO):
                    assert opened is not None
                    opened = (opened[0], at, opened[2] + part)
                else:
                    if opened is not None:
                        _note(seen[opened[0]], "".join(plain), flags, opened[1], at, opened[2])
                    opened = None if part == _END else (keys[ord(part) - _MARK], at, "")
            if "".join(plain) != case.found.text:
                raise self._refusal("its terms one by one write another text than together")
        return seen

    def _refusal(self, why: str) -> ModelError:
        return ModelError(
            f"{{% generation %}} cannot be put around what {self.template.name} trains: {why}.",
            hint="Train with labels instead:  finesift prep --tokenized",
        )


def _note(seen: _Seen, text: str, flags: bytearray, start: int, end: int, answers: str) -> None:
    if end == start:
        return
    own = flags[start:end]
    first, last = own.find(1), own.rfind(1) + 1
    part = None if first < 0 else (first, last)
    seen.torn |= part is not None and 0 in own[first:last]
    seen.times.append((text[start:end], part, answers))


class _Marked:
    """The template with a mark before each term, and nothing that whitespace control could take away."""

    def __init__(
        self,
        leaves: Mapping[int, Leaf],
        numbers: Mapping[_Key, int],
        questions: Mapping[_Key, Sequence[str]],
    ) -> None:
        self.leaves, self.numbers, self.questions = leaves, numbers, questions

    def of(self, parts: Sequence[Part]) -> Iterator[str]:
        for part in parts:
            if isinstance(part, Block):
                for tag, body in part.branches:
                    yield f"{{%- {tag.said} -%}}"
                    yield from self.of(body)
                yield f"{{%- {part.end.said} -%}}"
            elif leaf := self.leaves.get(id(part)):
                yield from self._leaf(leaf)
            elif part.kind == "block" and part.word not in ("generation", "endgeneration"):
                yield f"{{%- {part.said} -%}}"
            elif part.kind == "text":
                yield f"{{{{- {part.text!r} -}}}}"
            elif part.kind == "output":
                yield f"{{{{- {part.said} -}}}}"

    def _leaf(self, leaf: Leaf) -> Iterator[str]:
        for number, term in enumerate(leaf.terms):
            key = (id(leaf.piece), number)
            yield chr(_MARK + self.numbers[key])
            for question in self.questions.get(key, ()):
                yield f"{{{{- {_YES!a} if {question} else {_NO!a} -}}}}"
            whole = len(leaf.terms) == 1
            yield f"{{{{- {term.said if whole else term.alone} -}}}}"
        yield _END


def _conditions(parts: Sequence[Part]) -> Iterator[str]:
    """What the template itself asks."""
    for part in parts:
        if isinstance(part, Block):
            for tag, body in part.branches:
                if tag.word in ("if", "elif"):
                    yield tag.said.removeprefix(tag.word).strip()
                yield from _conditions(body)


def _verdict(seen: _Seen) -> Verdict | None:
    """None: it depends on something."""
    if not seen.times:
        return UNKNOWN
    if seen.torn:
        return None
    parts = [(text, part) for text, part, _ in seen.times]
    if all(part is None for _, part in parts):
        return NONE
    if all(part == (0, len(text)) for text, part in parts):
        return ALL
    return _split(parts) if all(part is not None for _, part in parts) else None


def _split(parts: Sequence[tuple[str, tuple[int, int] | None]]) -> Verdict | None:
    """How a value that is always trained, at least in part, is to be split; None: not by how it begins and ends."""
    places = [(text, *part) for text, part in parts if part]
    leads = sorted({text[:start] for text, start, _ in places if start}, key=len, reverse=True)
    tails = {text[end:] for text, _, end in places}
    if len(leads) > _LEADS or len(tails) > 1:
        return None
    for text, start, _ in places:
        if len(next((lead for lead in leads if text.startswith(lead)), "")) != start:
            return None
    rest = not leads or any(not start for _, start, _ in places)
    return Verdict("some", lead=tuple(leads), rest=rest, tail=tails.pop())


def _asked(seen: _Seen, questions: Sequence[str]) -> Verdict | None:
    """What is trained of a term, by the answers to the questions; None: they do not tell."""
    if seen.torn:
        return None
    groups: dict[str | None, list[_Time]] = defaultdict(list)
    for text, part, answers in seen.times:
        groups[None if part is None else text[part[1] :]].append((text, part, answers))
    verdict: Verdict | None = None
    known: list[_Time] = []
    for group in sorted(groups.values(), key=len):
        own = NONE if group[0][1] is None else _verdict(_Seen(group))
        if own is None:
            return None
        if verdict is None:
            verdict, known = own, group
            continue
        times = known + group
        asked = [[bits[n] == _YES for _, _, bits in times] for n in range(len(questions))]
        first = [True] * len(known) + [False] * len(group)
        verdict = _either(verdict, own, first, asked, questions) or _by_lead(verdict, own, times)
        if verdict is None:
            return None
        known = times
    return verdict


def _either(
    one: Verdict,
    other: Verdict,
    first: Sequence[bool],
    answers: Sequence[Sequence[bool]],
    questions: Sequence[str],
) -> Verdict | None:
    """One verdict where a condition holds, the other where not. first: which times are the first's."""
    if one == NONE and not other.either and not other.when:
        one, other, first = other, one, [not each for each in first]
    when = _condition(first, answers, questions)
    if not when:
        return None
    if other == NONE and not one.either and not one.when:
        return replace(one, when=when)
    return Verdict("some", when=when, either=(one, other))


def _by_lead(one: Verdict, other: Verdict, times: Sequence[_Time]) -> Verdict | None:
    """Where no condition tells, a beginning that only what is trained has may."""
    verdict = one if other == NONE else other if one == NONE else None
    if verdict is None or not verdict.lead or verdict.rest or verdict.either:
        return None
    others = [text for text, part, _ in times if part is None]
    return None if any(text.startswith(verdict.lead) for text in others) else verdict


def _condition(
    wanted: Sequence[bool], answers: Sequence[Sequence[bool]], questions: Sequence[str]
) -> str | None:
    """The simplest expression whose answers are those wanted: a question, its opposite, or two of them together."""
    sides = []
    for question, said in zip(questions, answers, strict=True):
        sides.append((f"({question})" if " " in question else question, list(said)))
        sides.append((f"not ({question})", [not one for one in said]))
    for text, said in sides:
        if said == list(wanted):
            return text

    def follows(one: Sequence[bool], other: Sequence[bool]) -> bool:
        return all(b or not a for a, b in zip(one, other, strict=True))

    # Of two that must both hold, each holds wherever it is wanted; of two of which one must, each holds only there.
    for (text, said), (other, also) in combinations([side for side in sides if follows(wanted, side[1])], 2):
        if [a and b for a, b in zip(said, also, strict=True)] == list(wanted):
            return f"{text} and {other}"
    for (text, said), (other, also) in combinations([side for side in sides if follows(side[1], wanted)], 2):
        if [a or b for a, b in zip(said, also, strict=True)] == list(wanted):
            return f"({text} or {other})"
    return None


def _roots(text: str) -> set[str]:
    """The names that an expression reads."""
    words = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    names = set(re.findall(r"(?<![\w.|])[A-Za-z_]\w*", words))
    return names - _NO_NAMES
