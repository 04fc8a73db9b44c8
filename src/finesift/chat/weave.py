"""`{% generation %}` woven into the source of a template: around what is trained, and no blank elsewhere changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from finesift.chat.pieces import BEGINS, Block, Part, Piece
from finesift.chat.terms import Leaf

_OPEN, _CLOSE = "{% generation %}", "{% endgeneration %}"
_ROLES = re.compile(r"\brole\b|['\"](?:user|system|tool|developer|ipython|function)['\"]")


@dataclass(frozen=True)
class Verdict:
    """What is trained of a term. what: all, none, some, or unknown where no conversation came by.

    when: an expression; it is trained only where that holds. lead: beginnings of its text that are not trained,
    longest first; rest: whether it is trained where it begins with none of them. tail: how it ends, which is not
    trained.
    """

    what: Literal["all", "none", "some", "unknown"]
    when: str = ""
    lead: tuple[str, ...] = ()
    rest: bool = True
    tail: str = ""
    either: tuple[Verdict, Verdict] | None = None


UNKNOWN, ALL, NONE = Verdict("unknown"), Verdict("all"), Verdict("none")
#: Verdicts by leaf (its piece's identity) and term.
Verdicts = Mapping[tuple[int, int], Verdict]


@dataclass
class _Unit:
    """Terms of a leaf, or a block, or a tag, with what is trained of it. None: it writes nothing.

    bars: it cannot stand within the keyword's block, as an assignment that must reach beyond it.
    """

    part: Part
    verdict: Verdict | None
    leaf: Leaf | None = None
    first: int = 0
    last: int = 0
    bars: bool = False


@dataclass
class _Source:
    """Source that grows by what is kept of a template and by what is put between, and minds the blanks."""

    chunks: list[str] = field(default_factory=list)
    # Whether the last chunk is text, a tag was put before what comes next, and one was taken out there.
    _text: bool = False
    _put: bool = False
    _taken: bool = False
    _gap: str = ""

    def keep(self, piece: Piece) -> None:
        """What stands in the template. Blanks that a tag takes away stay before it."""
        if piece.kind == "gap":
            self._gap += piece.raw
        elif piece.kind == "text":
            self.text(piece.text, piece.raw)
        else:
            if self._taken:
                self._guard()
            takes = piece.raw[2:3] == "-"
            if not takes and not self._begins_line():
                self._gap = ""
            if "\n" not in self._gap:
                self._break(piece.raw)
            self.chunks += [self._gap, piece.raw]
            self._after()

    def text(self, text: str, raw: str | None = None) -> None:
        """raw: as it stands in the template, where it is all of a piece."""
        blank = text[:1].isspace() if self._taken else self._put and text.startswith("\n")
        if blank or (raw is None and any(sign in text for sign in ("{{", "{%", "{#"))):
            self.chunks.append(f"{{{{ {text!r} }}}}")
            self._after()
        else:
            self.chunks.append(text if raw is None else raw)
            self._after(text=raw is None or raw == text)

    def put(self, tag: str) -> None:
        """A tag that is new here."""
        block = tag.startswith("{%")
        if block or self._taken:
            self._guard()
        gap = self._gap
        if block and gap and "\n" not in gap and not self._put and self._begins_line():
            # A tag alone in its line stands where the next would.
            self.chunks.append(gap)
            gap = ""
        if tag.startswith("{{-"):
            self.chunks.append(gap)
        self._break(tag)
        self.chunks.append(tag)
        self._after(put=block)
        self._gap = gap if block else ""

    def take(self) -> None:
        """A tag of the template is left out here."""
        self._taken = True

    def _after(self, *, text: bool = False, put: bool = False) -> None:
        self._text, self._put, self._taken, self._gap = text, put, False, ""

    def _begins_line(self) -> bool:
        return "".join(self.chunks[-4:])[-1:] in ("", "\n")

    def _guard(self) -> None:
        """Blanks that end the text before would be taken away by a tag: they become an output."""
        if self._text:
            text = self.chunks[-1]
            if text.rpartition("\n")[2].isspace() or (self._taken and text[-1:].isspace()):
                self.chunks[-1] = f"{{{{ {text!r} }}}}"
                self._text = False

    def _break(self, tag: str) -> None:
        """A new line, where a tag that was put stands alone in its own and the next takes blanks away."""
        if not self._put or not tag.startswith(("{% ", "{%-", "{{-")):
            return
        line = "".join(self.chunks[-6:]).rpartition("\n")[2]
        if re.fullmatch(r"\s*\{%.*%\}", line):
            self.chunks.append("\n" + line[: len(line) - len(line.lstrip())])


def woven(tree: Sequence[Part], leaves: Mapping[int, Leaf], verdicts: Verdicts, name: str) -> str:
    """The source of the tree with the keyword where the verdicts say. name: a variable that it does not use."""
    weaver = _Weaver(leaves, verdicts, name)
    weaver.body(tree)
    return "".join(weaver.out.chunks)


class _Weaver:
    def __init__(self, leaves: Mapping[int, Leaf], verdicts: Verdicts, name: str) -> None:
        self.leaves = leaves
        self.verdicts = verdicts
        self.name = name
        self.out = _Source()

    def body(self, parts: Sequence[Part]) -> None:
        units = self._units(parts)
        at = 0
        while at < len(units):
            verdict = units[at].verdict
            end = at + 1
            if verdict is not None and verdict.what == "all":
                end = self._end(units, at, verdict)
                self._region(units[at:end], verdict)
            elif verdict is not None and verdict.what == "some" and units[at].leaf:
                self._some(units[at], verdict)
            else:
                end = self._rest(units, at)
            at = end

    def _end(self, units: Sequence[_Unit], at: int, verdict: Verdict) -> int:
        """Where the run ends that begins at a trained unit: after its last trained unit."""
        end = at + 1
        for number in range(at + 1, len(units)):
            unit = units[number]
            if unit.bars or not (unit.verdict is None or unit.verdict in (verdict, UNKNOWN)):
                break
            if unit.verdict == UNKNOWN and (verdict.when or _decides_roles(unit.part)):
                break
            if unit.verdict == verdict:
                end = number + 1
        return end

    def _region(self, units: Sequence[_Unit], verdict: Verdict) -> None:
        if verdict.when:
            self.out.put(f"{{% if {verdict.when} %}}")
        self.out.put(_OPEN)
        self._as_they_are(units)
        self.out.put(_CLOSE)
        if verdict.when:
            self.out.put("{% else %}")
            self._as_they_are(units)
            self.out.put("{% endif %}")

    def _as_they_are(self, units: Sequence[_Unit]) -> None:
        at = 0
        while at < len(units):
            unit = units[at]
            end = at + 1
            while end < len(units) and unit.leaf and units[end].leaf is unit.leaf:
                end += 1
            self._plain(unit, units[end - 1])
            at = end

    def _rest(self, units: Sequence[_Unit], at: int) -> int:
        """A unit that is not trained as a whole, with its neighbours of the same leaf; returns what comes next."""
        unit = units[at]
        end = at + 1
        if isinstance(unit.part, Block) and (
            unit.verdict is None or unit.verdict.what in ("unknown", "none")
        ):
            self._block(unit.part, plain=True)
        elif isinstance(unit.part, Block):
            self._block(unit.part)
        else:
            while end < len(units) and unit.leaf and units[end].leaf is unit.leaf and _untrained(units[end]):
                end += 1
            self._plain(unit, units[end - 1])
        return end

    def _plain(self, unit: _Unit, last: _Unit) -> None:
        """Units of one leaf, or one that is none, without the keyword."""
        leaf = unit.leaf
        if isinstance(unit.part, Block):
            self._block(unit.part, plain=True)
        elif leaf is None or (unit.first == 0 and last.last == len(leaf.terms)):
            self._keep(unit.part)
        elif leaf.piece.kind == "text":
            self.out.text("".join(term.text or "" for term in leaf.terms[unit.first : last.last]))
        else:
            self.out.put(leaf.output(unit.first, last.last))

    def _keep(self, piece: Piece) -> None:
        if piece.word in ("generation", "endgeneration"):
            self.out.take()
        else:
            self.out.keep(piece)

    def _block(self, block: Block, *, plain: bool = False) -> None:
        for tag, body in block.branches:
            self._keep(tag)
            if plain:
                for part in body:
                    if isinstance(part, Block):
                        self._block(part, plain=True)
                    else:
                        self._keep(part)
            else:
                self.body(body)
        self._keep(block.end)

    def _some(self, unit: _Unit, verdict: Verdict) -> None:
        """A value that is trained in part: by how it begins and ends, and by a condition."""
        assert unit.leaf is not None
        self.out.put(f"{{% set {self.name} = {unit.leaf.terms[unit.first].alone} %}}")
        self._value(verdict)

    def _value(self, verdict: Verdict) -> None:
        name, put = self.name, self.out.put
        if verdict.what == "none":
            put(f"{{{{ {name} }}}}")
            return
        if verdict.either:
            put(f"{{% if {verdict.when} %}}")
            self._value(verdict.either[0])
            put("{% else %}")
            self._value(verdict.either[1])
            put("{% endif %}")
            return
        word = "if"
        for lead in (*verdict.lead, *([""] if verdict.rest else [])):
            asked = [verdict.when] if verdict.when else []
            if lead or verdict.tail:
                asked.append(f"{name} is string")
            if lead:
                asked.append(f"{name}.startswith({lead!r})")
            if verdict.tail:
                asked.append(f"{name}.endswith({verdict.tail!r})")
            first, last = len(lead) or "", -len(verdict.tail) or ""
            if asked:
                put(f"{{% {word} {' and '.join(asked)} %}}")
            elif word == "elif":
                put("{% else %}")
            if lead:
                put(f"{{{{ {name}[:{first}] }}}}")
            put(_OPEN)
            put(f"{{{{ {name}[{first}:{last}] }}}}" if lead or verdict.tail else f"{{{{ {name} }}}}")
            put(_CLOSE)
            if verdict.tail:
                put(f"{{{{ {name}[{last}:] }}}}")
            word = "elif"
        if verdict.when or verdict.tail or not verdict.rest:
            put("{% else %}")
            put(f"{{{{ {name} }}}}")
        if verdict.when or verdict.lead or verdict.tail:
            put("{% endif %}")

    def _units(self, parts: Sequence[Part]) -> list[_Unit]:
        units: list[_Unit] = []
        for part in parts:
            if isinstance(part, Block):
                units.append(self._of_block(part))
            elif leaf := self.leaves.get(id(part)):
                units += [
                    _Unit(part, self.verdicts.get((id(part), number), UNKNOWN), leaf, number, number + 1)
                    for number in range(len(leaf.terms))
                ]
            else:
                units.append(_Unit(part, None, bars=_bars(part, in_loop=False)))
        return units

    def _of_block(self, block: Block) -> _Unit:
        """Trained as a whole where all that it writes is, and no branch that nobody saw may be another role's."""
        if block.word not in ("for", "if"):
            return _Unit(block, None, bars=True)
        found: set[Verdict] = set()
        roles = False
        for tag, body in block.branches:
            own = {verdict for unit in self._units(body) if (verdict := unit.verdict) is not None}
            roles |= own == {UNKNOWN} and bool(
                _ROLES.search(tag.said) or _ROLES.search(block.branches[0][0].said)
            )
            found |= own
        bars = _bars(block, in_loop=False)
        known = found - {UNKNOWN}
        if not known:
            return _Unit(block, UNKNOWN if found else None, bars=bars)
        if len(known) == 1 and not bars:
            verdict = next(iter(known))
            whole = verdict.what == "none" or (verdict.what == "all" and not (roles or verdict.when))
            return _Unit(block, verdict if whole else Verdict("some"), bars=not whole)
        return _Unit(block, NONE if known == {NONE} else Verdict("some"), bars=True)


def _untrained(unit: _Unit) -> bool:
    return unit.verdict is not None and unit.verdict.what in ("unknown", "none")


def _decides_roles(part: Part) -> bool:
    return isinstance(part, Block) and any(_ROLES.search(tag.said) for tag, _ in part.branches)


def _bars(part: Part, *, in_loop: bool) -> bool:
    """Whether a statement would change its meaning within the keyword's block, which is a scope of its own."""
    if isinstance(part, Piece):
        if part.kind != "block" or part.word in ("generation", "endgeneration"):
            return False
        if part.word in ("break", "continue"):
            return not in_loop
        if part.word == "set":
            target = part.said.removeprefix("set").partition("=")[0]
            return "." not in target and not in_loop
        return part.word not in BEGINS
    if part.word not in ("for", "if"):
        return True
    inside = in_loop or part.word == "for"
    return any(_bars(one, in_loop=inside) for _, body in part.branches for one in body)
