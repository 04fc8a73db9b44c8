"""A template with `{% generation %}` around what is really trained, for trainers that ask for the keyword.

Marks are put between all parts of the template, and conversations rendered: the marks that stand where training
begins and ends say where the keyword belongs. The result is believed only if conversations of many kinds render
as before and what it marks is what is trained.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from jinja2 import nodes

from finesift.chat.marks import Marks
from finesift.chat.mask import Masker
from finesift.chat.spans import Finder
from finesift.chat.template import Message, Template
from finesift.chat.tokenizer import Tokenizer
from finesift.chat.trace import Tracer
from finesift.errors import ModelError, RenderError

_LOOP = re.compile(r"\{%- for (\w+) in\b")
_TAG = re.compile(r"\{%- (\w+)(.*)-%\}", re.DOTALL)
_BEGINS = {"for", "if", "macro", "call", "filter"}
_BETWEEN = {"else", "elif"}
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
# What binds looser than a sum: an expression that has it is left whole.
_NO_SUM = {"if", "else", "and", "or", "not", "in", "is", "==", "!=", "<", ">", "<=", ">=", "-", ","}
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_MARK = 0xF0000

_ASK, _ANSWER = {"role": "user", "content": "Name one."}, {"role": "assistant", "content": "Seven."}
_CALL = {
    "role": "assistant",
    "content": "",
    "tool_calls": [
        {"id": "call00000", "type": "function", "function": {"name": "look", "arguments": {"at": "Bern"}}}
    ],
}
_RESULT = {"role": "tool", "content": "21", "name": "look", "tool_call_id": "call00000"}
_TOOL = {"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {}}}
Trial = tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]] | None]
# What the patched template is tried on; those that a template refuses say nothing about it.
TRIALS: tuple[Trial, ...] = (
    ([_ASK, _ANSWER], None),
    ([_ASK, _ANSWER, {**_ASK, "content": "Another?"}, {**_ANSWER, "content": "Eleven."}], None),
    ([{"role": "system", "content": "Be brief."}, _ASK, _ANSWER], None),
    ([_ASK, {**_ANSWER, "reasoning_content": "Odd."}], None),
    ([_ASK, {**_ANSWER, "content": "<think>\nOdd.\n</think>\n\nSeven."}], None),
    (
        [_ASK, {**_ANSWER, "reasoning_content": "Odd."}, _ASK, {**_ANSWER, "reasoning_content": "Prime."}],
        None,
    ),
    ([_ASK, _CALL, _RESULT, _ANSWER], [_TOOL]),
    ([_ASK, {**_CALL, "content": "Let me look."}, _RESULT, _ANSWER], [_TOOL]),
    ([_ASK, {**_ANSWER, "content": "  two\nlines \n"}], None),
)


def patched(tokenizer: Tokenizer) -> str:
    """The source of the tokenizer's template with the keyword. Raises ModelError where it cannot be expressed."""
    template = tokenizer.template
    masker = Masker(tokenizer)
    finder = masker.finder(None)
    try:
        template.render(TRIALS[0][0])
    except RenderError as e:
        raise ModelError(f"{template.name} refuses a question and an answer: {e}.") from e
    trials = [trial for trial in TRIALS if (spans := _spans(finder, *trial)) and spans[1]]
    if not trials:
        raise ModelError(f"{template.name} writes no answer that could be trained.")
    tree = template.sandbox.parse(template.source)
    if tree.find(nodes.Scope) is not None:
        if _holds(template.source, template, finder, trials):
            return template.source
        raise ModelError(
            f"{template.name} has the keyword already, around something else than what is to be trained.",
            hint="`finesift lint` says what. Take it out, and patch again; or train with labels: prep --tokenized.",
        )
    parts = _parts(template, masker.marks)
    for source in _candidates(parts, template, finder, trials):
        if _holds(source, template, finder, trials):
            return source
    raise ModelError(
        f"what {template.name} trains cannot be put between one {{% generation %}} and its end.",
        hint="Train with labels instead:  finesift prep --tokenized",
    )


def _spans(
    finder: Finder, messages: Sequence[Message], tools: Sequence[dict[str, Any]] | None
) -> tuple[str, list[tuple[int, int]]] | None:
    try:
        found = finder.find(messages, tools)
    except RenderError:
        return None
    # A turn whose calls are lost is not trained, and no place in the template tells it from one that is.
    if found.refused or any(problem.name == "lost_tool_calls" for problem in found.problems):
        return None
    return found.text, [piece for span in found.spans for piece in span.pieces()]


def _candidates(
    parts: list[str], template: Template, finder: Finder, trials: Sequence[Trial]
) -> Iterator[str]:
    """Sources with the keyword where marks stand at the edges of what is trained."""
    marked = "".join(f"{chr(_MARK + number)}{part}" for number, part in enumerate(parts)) + chr(
        _MARK + len(parts)
    )
    depths = _depths(parts)
    # Per stretch of text that is trained: the ranges of parts that write it.
    ranges: list[set[tuple[int, int]]] = []
    for messages, tools in trials:
        places = _places(marked, template, messages, tools)
        spans = _spans(finder, messages, tools)
        if places is None or spans is None:
            return
        for start, end in spans[1]:
            first, last = ([number for number, at in places if at == edge] for edge in (start, end))
            ranges.append({(a, b) for a in first for b in last if a < b and _closed(depths, a, b)})
    for widest in (True, False):
        chosen = _cover(ranges, widest=widest)
        if chosen is None:
            return
        yield _laid_out(_wrapped(parts, chosen, None))
        loops = [found[1] for part in parts[: chosen[-1][0]] if (found := _LOOP.match(part))]
        for name in dict.fromkeys(reversed(loops)):
            yield _laid_out(_wrapped(parts, chosen, name))


def _cover(ranges: Sequence[set[tuple[int, int]]], *, widest: bool) -> list[tuple[int, int]] | None:
    """Few ranges, apart from one another, so that each set has one of them; None: there are none."""
    chosen: list[tuple[int, int]] = []
    open_ = [one for one in ranges if one]
    if len(open_) < len(ranges):
        return None
    while open_:
        counts = Counter(pair for one in open_ for pair in one)
        apart = [p for p in counts if all(p[1] <= a or b <= p[0] for a, b in chosen)]
        if not apart:
            return None
        best = max(apart, key=lambda p: (counts[p], (p[1] - p[0]) * (1 if widest else -1), p))
        chosen.append(best)
        open_ = [one for one in open_ if best not in one]
    return sorted(chosen)


def _wrapped(parts: Sequence[str], chosen: Sequence[tuple[int, int]], name: str | None) -> list[str]:
    """The parts with the keyword around the ranges; with a name only where that message is an assistant's."""
    out: list[str] = []
    at = 0
    for start, end in chosen:
        body = parts[start:end]
        out += parts[at:start]
        if name is None:
            out += ["{% generation %}", *body, "{% endgeneration %}"]
        else:
            out += [
                f"{{%- if {name}['role'] == 'assistant' -%}}",
                "{% generation %}",
                *body,
                "{% endgeneration %}",
            ]
            out += ["{%- else -%}", *body, "{%- endif -%}"]
        at = end
    return [*out, *parts[at:]]


def _depths(parts: Sequence[str]) -> list[tuple[int, int]]:
    """Before each part, and after the last: how many blocks are open, and which branch of the innermost it is."""
    depths = [(0, 0)]
    branches = [0]
    for number, part in enumerate(parts, 1):
        tag = _TAG.fullmatch(part)
        if tag and tag[1].startswith("end"):
            branches.pop()
        elif tag and tag[1] in _BETWEEN:
            branches[-1] = number
        elif tag and (tag[1] in _BEGINS or (tag[1] == "set" and "=" not in tag[2])):
            branches.append(number)
        depths.append((len(branches), branches[-1]))
    return depths


def _closed(depths: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether every block that begins between two places ends between them, and none goes on."""
    return depths[start] == depths[end] and all(depths[at][0] >= depths[start][0] for at in range(start, end))


def _laid_out(parts: Sequence[str]) -> str:
    """One part a line, indented by block. All of it is expressions, so that no blank of this layout is text."""
    lines = []
    depth = 0
    for part in parts:
        tag = re.match(r"\{%-? (\w+)(.*)%\}", part, re.DOTALL)
        word = tag[1] if tag else ""
        ends = word.startswith("end") or word in _BETWEEN
        begins = word in _BEGINS | _BETWEEN | {"generation"} or (word == "set" and tag and "=" not in tag[2])
        depth -= ends
        lines.append("    " * depth + part)
        depth += bool(begins)
    return "\n".join(lines)


def _parts(template: Template, marks: Marks) -> list[str]:
    """The source in parts that render alone as they do together, with whitespace control made explicit.

    Sums of texts are taken apart, and literals are cut at special tokens.
    """
    parts: list[str] = []
    kept: list[str] = []  # of the tag that is being read
    lexer = template.sandbox.lexer
    for _, kind, value in lexer.tokeniter(template.source, template.name):
        if kind == "data":
            parts += [_literal(piece) for piece in _cut(value, marks)]
        elif kind in ("block_begin", "variable_begin"):
            kept = []
        elif kind == "block_end":
            parts.append(f"{{%- {''.join(kept).strip()} -%}}")
        elif kind == "variable_end":
            parts += _terms(kept, marks)
        elif not kind.startswith(("comment", "raw")):
            kept.append(value)
    return parts


def _terms(tokens: Sequence[str], marks: Marks) -> list[str]:
    """Outputs that together say what the sum of `tokens` says."""
    terms: list[list[str]] = [[]]
    depth = 0
    for word in tokens:
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth == 0 and word in _NO_SUM:
            return [f"{{{{- {''.join(tokens).strip()} -}}}}"]
        if depth == 0 and word in ("+", "~"):
            terms.append([])
        else:
            terms[-1].append(word)
    outputs = []
    for term in terms:
        said = "".join(term).strip()
        if _STRING.fullmatch(said):
            outputs += [_literal(piece) for piece in _cut(_value(said), marks)]
        else:
            outputs.append(f"{{{{- {said} -}}}}")
    return outputs


def _value(literal: str) -> str:
    """As Jinja reads it: a line break may stand in it."""
    return literal[1:-1].encode("ascii", "backslashreplace").decode("unicode-escape")


def _cut(text: str, marks: Marks) -> list[str]:
    """The text in special tokens and what is between them."""
    pieces = []
    at = 0
    for mark in marks.pattern.finditer(text):
        pieces += [text[at : mark.start()], mark[0]]
        at = mark.end()
    return [piece for piece in (*pieces, text[at:]) if piece]


def _literal(text: str) -> str:
    """As an expression, so that no whitespace control nor brace of its own can change it."""
    return f"{{{{- {text!a} -}}}}"


def _places(
    marked: str, template: Template, messages: Sequence[Message], tools: Sequence[dict[str, Any]] | None
) -> list[tuple[int, int]] | None:
    """(mark, place in the text without marks)."""
    try:
        text = Template(marked, tokens=template.tokens).render(messages, tools=tools)
    except (ModelError, RenderError):
        return None
    places = []
    at = 0
    for char in text:
        if ord(char) >= _MARK:
            places.append((ord(char) - _MARK, at))
        else:
            at += 1
    return places


def _holds(
    source: str,
    template: Template,
    finder: Finder,
    trials: Sequence[Trial],
) -> bool:
    """Does it render as before, and mark what is trained?"""
    try:
        tracer = Tracer(Template(source, tokens=template.tokens))
    except ModelError:
        return False
    for messages, tools in trials:
        wanted = _spans(finder, messages, tools)
        try:
            trace = tracer.trace(messages, tools)
            prompts = [
                one.render(messages[:-1], tools=tools, add_generation_prompt=True)
                for one in (template, tracer.template)
            ]
        except RenderError:
            return False
        if (
            wanted is None
            or trace.text != wanted[0]
            or trace.generation != wanted[1]
            or prompts[0] != prompts[1]
        ):
            return False
    return True
