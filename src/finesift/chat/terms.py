"""What a template writes, in the smallest terms that can be told apart: parts of its texts and of its sums."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from finesift.chat.pieces import Block, Part, Piece

_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
# What binds looser than a sum: an expression that has it is left whole.
_NO_SUM = frozenset(
    {"if", "else", "and", "or", "not", "in", "is", "==", "!=", "<", ">", "<=", ">=", "-", ","}
)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
# Such a text escapes what is added to it.
_ESCAPES = re.compile(r"\|\s*(?:safe|e|escape|forceescape)\b")
# Terms that are texts whatever they are given.
_TEXTS = re.compile(r"\|\s*(?:trim|tojson|string|upper|lower)(?:\([^()]*\))?$|\.l?r?strip\([^()]*\)$")
_OPENS, _CLOSES = re.compile(r"\{\{[-+]?"), re.compile(r"[-+]?\}\}\s*\Z")


@dataclass(frozen=True)
class Term:
    """said: as Jinja reads it. text: what a literal writes, else None. joint: what stands before it, + or ~."""

    said: str
    text: str | None = None
    joint: str = ""

    @property
    def alone(self) -> str:
        """As an output of its own. In a sum with + anything but a text is an error, and stays one."""
        if self.text is None and self.joint == "+" and not _TEXTS.search(self.said):
            return f"'' + {self.said}"
        return self.said


@dataclass
class Leaf:
    """A text or an output of the template, with its terms.

    outermost: whether what it writes is the template's own output, not a macro's or a variable's.
    around: the tags of the blocks it stands in, and the assignments before it within them, outermost first.
    """

    piece: Piece
    terms: list[Term]
    outermost: bool
    around: tuple[Piece, ...]

    def cut(self, number: int, places: Sequence[int]) -> None:
        """Cuts the literal with this number at these places."""
        term = self.terms[number]
        assert term.text is not None
        edges = [0, *sorted(places), len(term.text)]
        texts = [term.text[a:b] for a, b in pairwise(edges)]
        joint = term.joint or ("+" if self.piece.kind == "output" else "")
        cut = [Term(repr(text), text, term.joint if n == 0 else joint) for n, text in enumerate(texts)]
        self.terms[number : number + 1] = cut

    def output(self, first: int, last: int) -> str:
        """An output tag that writes the terms from first to last - 1; at its ends it has the signs of the whole."""
        opens, closes = "{{", "}}"
        if self.piece.kind == "output":
            found = _OPENS.match(self.piece.raw), _CLOSES.search(self.piece.raw)
            opens = found[0][0] if first == 0 and found[0] else opens
            closes = (
                found[1][0] if last == len(self.terms) and found[1] else closes
            )  # with blanks that it takes
        terms = self.terms[first:last]
        said = terms[0].alone if len(terms) == 1 else terms[0].said
        said += "".join(f" {term.joint or '+'} {term.said}" for term in terms[1:])
        return f"{opens} {said} {closes}"


def leaves_of(
    parts: Sequence[Part], *, outermost: bool = True, around: tuple[Piece, ...] = ()
) -> Iterator[Leaf]:
    """The leaves of a tree in order."""
    for part in parts:
        if isinstance(part, Block):
            inside = outermost and part.word in ("for", "if") and "recursive" not in part.branches[0][0].words
            for tag, body in part.branches:
                yield from leaves_of(body, outermost=inside, around=(*around, tag))
        elif part.kind == "text":
            if part.text:
                yield Leaf(part, [Term(repr(part.text), part.text)], outermost, around)
        elif part.kind == "output":
            yield Leaf(part, terms_of(part.words), outermost, around)
        elif part.kind == "block":
            around = (*around, part)


def terms_of(words: Sequence[str]) -> list[Term]:
    """The terms of the sum that the words of an output are; one, if they are none."""
    whole = "".join(words).strip()
    depth = 0
    joints: set[str] = set()
    if _ESCAPES.search(whole):
        return [_term(whole)]
    for word in words:
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth == 0 and word in _NO_SUM:
            return [_term(whole)]
        if depth == 0 and word in ("+", "~"):
            joints.add(word)
    # `~` binds closer than `+`.
    joint = "+" if "+" in joints else "~"
    found: list[list[str]] = [[]]
    for word in words:
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth == 0 and word == joint:
            found.append([])
        else:
            found[-1].append(word)
    if len(found) == 1:
        return [_term(whole)]
    return [_term("".join(term).strip(), joint) for term in found]


def _term(said: str, joint: str = "") -> Term:
    if _STRING.fullmatch(said):
        # As Jinja reads it: a line break may stand in it.
        text = said[1:-1].encode("ascii", "backslashreplace").decode("unicode-escape")
        return Term(said, text, joint)
    return Term(said, None, joint)
