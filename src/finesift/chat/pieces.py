"""The source of a template in pieces, so that it can be changed in one place and stay as it is in all others.

Jinja's own lexer says what is text and what is a tag, and which blanks it takes away. All pieces together are the
source; a gap is what whitespace control takes away before a tag, so it writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from finesift.chat.sandbox import Sandbox
from finesift.errors import ModelError

Kind = Literal["text", "output", "block", "gap", "comment"]

#: Blocks that hold others, and what stands between two branches of one. The keyword's own is none: its tags are pieces
#: like others, so that they can be taken out.
BEGINS = frozenset({"for", "if", "macro", "call", "filter"})
BETWEEN = frozenset({"else", "elif"})
_NEWLINE = re.compile(r"\r\n|\r|\n")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True)
class Piece:
    """raw: as it stands in the source. text: what a text writes. words: what a tag holds, blanks included."""

    kind: Kind
    raw: str
    text: str = ""
    words: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The keyword of a block."""
        return next((word for word in self.words if word.strip()), "") if self.kind == "block" else ""

    @property
    def said(self) -> str:
        """What stands between the braces of a tag."""
        return "".join(self.words).strip()

    @property
    def begins(self) -> bool:
        return self.word in BEGINS or (self.word == "set" and not self._assigns())

    def _assigns(self) -> bool:
        depth = 0
        for word in self.words:
            depth += (word in _OPENING) - (word in _CLOSING)
            if word == "=" and depth == 0:
                return True
        return False


@dataclass
class Block:
    """A block with its branches: the tag that begins each and what stands in it. end: the tag that ends it."""

    branches: list[tuple[Piece, list[Part]]]
    end: Piece

    @property
    def word(self) -> str:
        return self.branches[0][0].word


Part = Piece | Block


def pieces_of(source: str, sandbox: Sandbox) -> list[Piece]:
    """All pieces in order. Newlines are as Jinja reads them, and it reads none at the end of a file."""
    lines = _NEWLINE.split(source)
    if lines[-1] == "":
        del lines[-1]
    source = "\n".join(lines)
    found: list[Piece] = []
    reading = _Reading(source)
    for _, kind, value in sandbox.lexer.tokeniter(source, None):
        found += reading.add(kind, value)
    if reading.at < len(source):
        found.append(Piece("gap", source[reading.at :]))
    return found


@dataclass
class _Reading:
    """Where the reader is: tokens come as substrings of the source, in order."""

    source: str
    at: int = 0
    begun: int = 0
    kind: str = ""
    kept: list[str] = field(default_factory=list)

    def add(self, kind: str, value: str) -> Iterator[Piece]:
        start = self.source.index(value, self.at)
        gap = self.source[self.at : start]
        self.at = start + len(value)
        if kind.endswith("_begin"):
            if gap:
                yield Piece("gap", gap)
            self.begun, self.kind, self.kept = start, kind.removesuffix("_begin"), []
            return
        if kind.endswith("_end"):
            raw = self.source[self.begun : self.at]
            if self.kind == "comment":
                yield Piece("comment", raw)
            elif self.kind == "raw":
                yield Piece("text", raw, text="".join(self.kept))
            else:
                name: Kind = "output" if self.kind == "variable" else "block"
                yield Piece(name, raw, words=tuple(self.kept))
            self.kind = ""
        elif self.kind:
            self.kept.append(value)
        else:
            if gap:
                yield Piece("gap", gap)
            yield Piece("text", value, text=value)


def tree_of(pieces: Sequence[Piece]) -> list[Part]:
    """The pieces nested as blocks are. Raises ModelError where they are not closed."""
    root: list[Part] = []
    opened: list[tuple[list[tuple[Piece, list[Part]]], list[Part]]] = []
    body = root
    for piece in pieces:
        if piece.kind == "block" and piece.begins:
            around = body
            body = []
            opened.append(([(piece, body)], around))
        elif opened and piece.kind == "block" and piece.word in BETWEEN:
            body = []
            opened[-1][0].append((piece, body))
        elif (
            opened
            and piece.kind == "block"
            and piece.word.startswith("end")
            and piece.word != "endgeneration"
        ):
            branches, body = opened.pop()
            body.append(Block(branches, piece))
        else:
            body.append(piece)
    if opened:
        raise ModelError(f"a block of this template is not closed: {opened[-1][0][0][0].raw.strip()}")
    return root


def flat(parts: Sequence[Part]) -> Iterator[Piece]:
    """The pieces of a tree in order."""
    for part in parts:
        if isinstance(part, Piece):
            yield part
        else:
            for tag, body in part.branches:
                yield tag
                yield from flat(body)
            yield part.end
