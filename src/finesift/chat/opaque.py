"""Whether a template only writes what messages say, and never looks at it: then its text follows from the roles alone.

Read off the syntax tree, and only what is known to be harmless passes: `messages` in a loop, by number or counted;
of a message its role, or a field by name; and its content written as it is, beside other text, or trimmed. A template
that keeps a content in a variable, hands it to a macro or compares it is not of this kind.
"""

from __future__ import annotations

from jinja2 import nodes

#: Characters of a conversation from which on a template may be stopped for their sake.
LARGEST = 1_000_000
_MESSAGES, _CONTENT = "messages", "content"
_OF_LOOP = frozenset({"first", "last", "index", "index0", "revindex", "revindex0", "length"})
# What these say of a text that is not empty is always the same.
_TESTS = frozenset({"string", "defined", "undefined", "none", "mapping"})
_KNOWN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.Const, nodes.Name, nodes.Add, nodes.Sub,
    nodes.Mul, nodes.Mod, nodes.FloorDiv, nodes.Concat, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
    nodes.Not, nodes.Neg, nodes.Test, nodes.Filter, nodes.CondExpr, nodes.Getattr, nodes.Getitem, nodes.NSRef,
    nodes.Call, nodes.Keyword, nodes.Assign, nodes.For,
)  # fmt: skip


def writes(tree: nodes.Template) -> str | None:
    """ "plain": contents are written as they are; "trimmed": without blanks around them; None: it may look at one."""
    looks = _Looks()
    try:
        looks.visit(tree)
    except _Seen:
        return None
    if looks.plain and looks.trimmed:
        return None
    return "trimmed" if looks.trimmed else "plain"


class _Seen(Exception):
    """The template may look at a content."""


class _Looks:
    """Walks a tree and raises `_Seen` at the first node that is not known to be harmless."""

    def __init__(self) -> None:
        self.plain = self.trimmed = False
        self._message = {"message"}

    def visit(self, node: nodes.Node) -> None:
        if not isinstance(node, _KNOWN):
            raise _Seen
        if isinstance(node, nodes.Output):
            for written in node.nodes:
                self._written(written)
        elif isinstance(node, nodes.For):
            self._loop(node)
        elif isinstance(node, nodes.If):
            self._asked(node.test)
            for part in (*node.body, *node.elif_, *node.else_):
                self.visit(part)
        elif isinstance(node, nodes.Assign):
            self._assigned(node.target)
            self.visit(node.node)
        elif isinstance(node, nodes.Name):
            if node.name == _MESSAGES or node.name == "loop" or node.name in self._message:
                raise _Seen
        elif isinstance(node, (nodes.Getattr, nodes.Getitem)):
            self._field(node)
        elif isinstance(node, nodes.Filter) and node.name in ("length", "count") and _is_messages(node.node):
            return
        else:
            for part in node.iter_child_nodes():
                self.visit(part)

    def _loop(self, node: nodes.For) -> None:
        if node.recursive or not isinstance(node.target, nodes.Name):
            raise _Seen
        if _is_messages(node.iter):
            self._message.add(node.target.name)
        elif node.target.name in (*self._message, _MESSAGES, "loop"):
            raise _Seen
        else:
            self.visit(node.iter)
        if node.test is not None:
            self._asked(node.test)
        for part in (*node.body, *node.else_):
            self.visit(part)

    def _assigned(self, target: nodes.Node) -> None:
        if isinstance(target, nodes.NSRef):
            return
        if not isinstance(target, nodes.Name) or target.name in (*self._message, _MESSAGES, "loop"):
            raise _Seen

    def _field(self, node: nodes.Getattr | nodes.Getitem) -> None:
        """A field of something, which is read: any but the content of a message."""
        name = _named(node)
        of = node.node
        if isinstance(of, nodes.Name) and of.name == "loop":
            if name not in _OF_LOOP:
                raise _Seen
        elif self._is_message(of):
            # A dict has methods that hand out everything.
            if name is None or name == _CONTENT or hasattr(dict, name):
                raise _Seen
        else:
            for part in node.iter_child_nodes():
                self.visit(part)

    def _is_message(self, node: nodes.Node) -> bool:
        if isinstance(node, nodes.Name):
            return node.name in self._message
        if isinstance(node, nodes.Getitem) and _is_messages(node.node):
            if isinstance(node.arg, nodes.Slice):
                raise _Seen
            self.visit(node.arg)
            return not (isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str))
        return False

    def _is_content(self, node: nodes.Node) -> bool:
        return (
            isinstance(node, (nodes.Getattr, nodes.Getitem))
            and _named(node) == _CONTENT
            and self._is_message(node.node)
        )

    def _written(self, node: nodes.Node) -> None:
        if self._is_content(node):
            self.plain = True
        elif isinstance(node, nodes.Filter) and node.name == "trim" and self._is_content(_inner(node)):
            if node.args or node.kwargs:
                raise _Seen
            self.trimmed = True
        elif isinstance(node, nodes.Add):
            self._written(node.left)
            self._written(node.right)
        elif isinstance(node, nodes.Concat):
            for part in node.nodes:
                self._written(part)
        elif isinstance(node, nodes.CondExpr):
            self._asked(node.test)
            self._written(node.expr1)
            if node.expr2 is not None:
                self._written(node.expr2)
        else:
            self.visit(node)

    def _asked(self, node: nodes.Node) -> None:
        """A condition: that a content is there, and a text, is known."""
        if self._is_content(node):
            return
        if isinstance(node, nodes.Test) and node.name in _TESTS and self._is_content(node.node):
            return
        if isinstance(node, (nodes.And, nodes.Or)):
            self._asked(node.left)
            self._asked(node.right)
        elif isinstance(node, nodes.Not):
            self._asked(node.node)
        else:
            self.visit(node)


def _is_messages(node: nodes.Node | None) -> bool:
    return isinstance(node, nodes.Name) and node.name == _MESSAGES


def _inner(node: nodes.Filter) -> nodes.Node:
    return node.node or node


def _named(node: nodes.Getattr | nodes.Getitem) -> str | None:
    """The name of a field that is written out; None where it is computed, or a number."""
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.arg.value if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str) else None
