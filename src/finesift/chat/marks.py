"""The texts that steer a model: special tokens, and which of them end a turn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from jinja2 import nodes

from finesift.chat.template import Template
from finesift.chat.tokenizer import Tokenizer

# What looks like a mark in a template: <|im_end|>, </s>, <｜User｜>, [/INST], <end_of_turn>.
_LOOKS = re.compile(r"<[|｜/]?[\w▁][^<>\s]{0,40}>|<[|｜][^<>|｜\s]{1,40}[|｜]>|\[/?[A-Z_]{2,20}\]|<<?/?SYS>>")
# A header is compared in these pieces: a mark, a word, or a single character.
_PIECE = re.compile(rf"{_LOOKS.pattern}|\w+|.", re.DOTALL)


class Marks:
    """special: texts that are one token wherever they stand. stop: those of them that end a generation."""

    def __init__(self, special: Iterable[str], stop: Iterable[str]) -> None:
        self.special = frozenset(special) - {""}
        self.stop = frozenset(stop) - {""}

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Marks:
        """Tokens that are plain whitespace (Gemma has some) are no marks."""
        special = tokenizer.special_text()
        return cls(
            (text for text in special if text.strip()),
            (text for text, number in special.items() if number in tokenizer.stop_ids),
        )

    @classmethod
    def guessed(cls, template: Template) -> Marks:
        """From the template alone: what it writes that looks like a mark, and its tokens."""
        written = set(template.tokens.values()) | set(_LOOKS.findall("\0".join(literals(template))))
        return cls(written, {template.tokens.get("eos_token", "")})

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Any special text, the longest first."""
        return _any_of(self.special)

    @cached_property
    def stops(self) -> re.Pattern[str]:
        return _any_of(self.stop)

    @cached_property
    def _endings(self) -> tuple[str, ...]:
        return tuple(sorted(self.special, key=len, reverse=True))

    def tail(self, text: str, start: int, end: int) -> int:
        """Where the run of special texts and whitespace begins that ends the text between start and end.

        From the back: a pattern would begin anew at each of a million spaces.
        """
        while end > start:
            if text[end - 1].isspace():
                end -= 1
            elif text.endswith(self._endings, start, end):
                end -= next(len(mark) for mark in self._endings if text.endswith(mark, start, end))
            else:
                break
        return end


def pieces(text: str) -> list[str]:
    """The text cut into marks, words and single characters."""
    return _PIECE.findall(text)


def literals(template: Template) -> list[str]:
    """The texts that the template holds."""
    tree = template.sandbox.parse(template.source)
    data = [node.data for node in tree.find_all(nodes.TemplateData)]
    return data + [node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str)]


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))) or r"(?!)")
