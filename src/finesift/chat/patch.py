"""A template with `{% generation %}` around what is really trained, for trainers that ask for the keyword.

Each term that a template writes is watched on conversations of every kind: is it trained always, never, in part, or
only in some messages? That says where the keyword belongs. The result is believed only if all of them render as before,
and what it marks is what is trained, in characters and, as transformers counts them, in tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2 import nodes
from tokenizers import Encoding

from finesift.chat.conversations import Conversation
from finesift.chat.mask import Masker, tokens_of
from finesift.chat.spans import Finder, Wanted
from finesift.chat.template import Template
from finesift.chat.tokenizer import Tokenizer
from finesift.chat.trace import Tracer
from finesift.chat.trials import TRIALS, Message
from finesift.chat.watch import Case, Watch
from finesift.errors import ModelError, RenderError

# Under which the patched template must render as the other does, beside those that are asked for.
_SETTINGS: tuple[dict[str, Any], ...] = ({}, {"enable_thinking": False}, {"enable_thinking": True})


@dataclass(frozen=True)
class Patch:
    """source: the template with the keyword. mended: what the keyword that it had was wrong in; "" if it had none, or
    was right. tried: conversations that show that it holds; refused: those that the template refuses."""

    source: str
    mended: str = ""
    tried: int = 0
    refused: int = 0


def patched(
    tokenizer: Tokenizer,
    conversations: Iterable[Conversation] = (),
    settings: Mapping[str, Any] | None = None,
) -> Patch:
    """The tokenizer's template with the keyword. Raises ModelError where it cannot be expressed.

    conversations: rows at hand, on which it must hold too. settings: further values for the template, as training
    will set them.
    """
    masker = Masker(tokenizer, Wanted(settings=settings or {}))
    return patch(tokenizer.template, masker.finder(None), tokenizer, conversations)


def patch(
    template: Template,
    finder: Finder,
    tokenizer: Tokenizer | None = None,
    conversations: Iterable[Conversation] = (),
) -> Patch:
    """The template's patch. Without a tokenizer, tokens are not compared. Raises ModelError where there is none."""
    cases = list(_cases(finder, TRIALS.values()))
    if not cases:
        try:
            template.render(TRIALS["one turn"][0], **finder.settings)
        except RenderError as e:
            raise ModelError(f"{template.name} refuses a question and an answer: {e}.") from e
        raise ModelError(f"{template.name} writes no answer that could be trained.")
    rows = list(_cases(finder, ((one.messages, one.tools) for one in conversations)))
    proof = _Proof(template, finder, tokenizer, [*cases, *rows])
    has = template.sandbox.parse(template.source).find(nodes.Scope) is not None
    wrong = proof.against(template.source) if has else ""
    if has and not wrong:
        return Patch(template.source, tried=len(cases) + len(rows), refused=len(TRIALS) - len(cases))
    source = Watch(template, cases, finder.settings).source() + (
        "\n" if template.source.endswith("\n") else ""
    )
    if why := proof.against(source):
        raise ModelError(
            f"{{% generation %}} cannot be put around what {template.name} trains: {why}.",
            hint="Train with labels instead:  finesift prep --tokenized",
        )
    return Patch(source, wrong, len(cases) + len(rows), len(TRIALS) - len(cases))


def _cases(
    finder: Finder, asked: Iterable[tuple[Sequence[Message], Sequence[Mapping[str, Any]] | None]]
) -> Iterator[Case]:
    """Those that the template renders, and whose mask is proved."""
    for messages, tools in asked:
        try:
            found = finder.find(messages, tools)
        except RenderError:
            continue
        # A turn whose calls are lost is not trained, and no place in the template tells it from one that is. Nor does
        # an empty block mark nothing: transformers looks for the tokens at its edges.
        case = Case(messages, tools, found)
        lost = any(problem.name == "lost_tool_calls" for problem in found.problems)
        if not found.refused and not lost and any(case.trained):
            yield case


class _Proof:
    """What must hold of a patched template."""

    def __init__(
        self, template: Template, finder: Finder, tokenizer: Tokenizer | None, cases: Sequence[Case]
    ) -> None:
        self.template, self.finder, self.tokenizer, self.cases = template, finder, tokenizer, cases

    def against(self, source: str) -> str:
        """Why the source is not the template with the keyword in the right places; "": it is."""
        try:
            changed = Template(source, tokens=self.template.tokens, name=self.template.name)
        except ModelError as e:
            return str(e)
        tree = changed.sandbox.parse(source)
        for hiding in tree.find_all((nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock)):
            if hiding.find(nodes.Scope) is not None:
                return (
                    "the keyword stands in a macro or a set block, where transformers marks other characters"
                )
        for messages, tools in TRIALS.values():
            for settings in ({**self.finder.settings, **more} for more in _SETTINGS):
                for count, prompt in ((len(messages), False), (len(messages) - 1, True)):
                    if _text(changed, messages[:count], tools, prompt, settings) != _text(
                        self.template, messages[:count], tools, prompt, settings
                    ):
                        return "a conversation would be rendered as another text"
        tracer = Tracer(changed)
        for case in self.cases:
            trace = tracer.trace(case.messages, case.tools, self.finder.settings)
            if trace.text != case.found.text:
                return "a conversation would be rendered as another text"
            if why := _differs(case, trace.generation) or self._tokens(case, trace.generation):
                return why
        return ""

    def _tokens(self, case: Case, marked: Sequence[tuple[int, int]]) -> str:
        """Whether transformers makes another mask of the marked characters than the proved one."""
        if self.tokenizer is None:
            return ""
        encoding = self.tokenizer.backend.encode(case.found.text, add_special_tokens=False)
        ours = np.zeros(len(encoding.ids), bool)
        for span in case.found.spans:
            for start, end in span.pieces():
                first, last, edges = tokens_of(encoding, case.found.text, start, end)
                if edges:
                    return ""  # a token over an edge: transformers knows no such thing, and the row is named
                ours[first:last] = True
        differs = np.flatnonzero(ours != as_transformers(encoding, marked))
        if not len(differs):
            return ""
        token = self.tokenizer.backend.decode([encoding.ids[int(differs[0])]], skip_special_tokens=False)
        return f"transformers would {'not ' if ours[differs[0]] else ''}train the token {token!r}"


def _text(
    template: Template,
    messages: Sequence[Message],
    tools: Sequence[Mapping[str, Any]] | None,
    prompt: bool,
    settings: Mapping[str, Any],
) -> str | None:
    try:
        return template.render(messages, tools=tools, add_generation_prompt=prompt, **settings)
    except RenderError:
        return None


def _differs(case: Case, marked: Sequence[tuple[int, int]]) -> str:
    """The first place where the marked characters are not those that are trained."""
    ours, theirs = case.trained, bytearray(len(case.found.text))
    for start, end in marked:
        theirs[start:end] = b"\1" * (end - start)
    if ours == theirs:
        return ""
    text = case.found.text
    at = next(n for n, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b)
    end = next((n for n in range(at, len(text)) if (ours[n], theirs[n]) != (ours[at], theirs[at])), len(text))
    said = "is left out" if ours[at] else "is marked, and not to be trained"
    return f"{text[at:end][:60]!r} {said}, after {text[max(0, at - 40) : at]!r}"


def as_transformers(
    encoding: Encoding, marked: Sequence[tuple[int, int]]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The mask that transformers 5.23 makes of the marked characters (`apply_chat_template`)."""
    mask = np.zeros(len(encoding.ids), bool)
    for start, end in marked:
        first, last = encoding.char_to_token(start), encoding.char_to_token(end - 1)
        if first is None:
            break
        mask[first : last + 1 if last else None] = True
    return mask
