"""A template with `{% generation %}` around what is really trained, for trainers that ask for the keyword.

Marks are put between all parts of the template, and conversations rendered: the marks that stand where training
begins and ends say where the keyword belongs. The result is believed only if conversations of many kinds render
as before and what it marks is what is trained.
"""

from __future__ import annotations

import re
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

_LOOP = re.compile(r"\{%\+ for (\w+) in\b")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
# What binds looser than a sum: an expression that has it is left whole.
_NO_SUM = {"if", "else", "and", "or", "not", "in", "is", "==", "!=", "<", ">", "<=", ">=", "-", ","}
_MARK = 0xF0000
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_OPEN, _CLOSE = "{%+ generation +%}", "{%+ endgeneration +%}"

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
# What the patched template is tried on; those that a template refuses say nothing about it.
TRIALS: tuple[tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]] | None], ...] = (
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
    trials = [trial for trial in TRIALS if _spans(finder, *trial) is not None]
    if not trials:
        raise ModelError(f"{template.name} takes no conversation that could be tried.")
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
    return None if found.refused else (found.text, [piece for span in found.spans for piece in span.pieces()])


def _candidates(
    parts: list[str],
    template: Template,
    finder: Finder,
    trials: Sequence[tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]] | None]],
) -> Iterator[str]:
    """Sources with the keyword where marks stand at the edges of what is trained; the narrowest last."""
    marked = "".join(f"{chr(_MARK + number)}{part}" for number, part in enumerate(parts)) + chr(
        _MARK + len(parts)
    )
    starts: set[int] | None = None
    ends: set[int] | None = None
    for messages, tools in trials:
        places = _places(marked, template, messages, tools)
        spans = _spans(finder, messages, tools)
        if places is None or spans is None:
            return
        _, edges = spans
        by_mark: dict[int, set[int]] = {}
        for number, at in places:
            by_mark.setdefault(number, set()).add(at)
        first = {n for n, at in by_mark.items() if {start for start, _ in edges} <= at}
        last = {n for n, at in by_mark.items() if {end for _, end in edges} <= at}
        starts = first if starts is None else starts & first
        ends = last if ends is None else ends & last
    for start in sorted(starts or ()):
        for end in sorted((e for e in ends or () if e > start), reverse=True):
            body = "".join(parts[start:end])
            before, after = "".join(parts[:start]), "".join(parts[end:])
            yield f"{before}{_OPEN}{body}{_CLOSE}{after}"
            loops = [found[1] for part in parts[:start] if (found := _LOOP.match(part))]
            for name in dict.fromkeys(reversed(loops)):
                yield (
                    f"{before}{{%+ if {name}['role'] == 'assistant' +%}}{_OPEN}{body}{_CLOSE}"
                    f"{{%+ else +%}}{body}{{%+ endif +%}}{after}"
                )


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
            parts.append(f"{{%+ {''.join(kept).strip()} +%}}")
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
            return [f"{{{{ {''.join(tokens).strip()} }}}}"]
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
            outputs.append(f"{{{{ {said} }}}}")
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
    # As an expression, so that no whitespace control nor brace of its own can change it.
    return f"{{{{ {text!r} }}}}" if text.isascii() else text if "{" not in text else f"{{{{ {text!a} }}}}"


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
    trials: Sequence[tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]] | None]],
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
