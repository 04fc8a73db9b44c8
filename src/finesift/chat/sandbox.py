"""Where chat templates run: they are programs from strangers, so what they may take is limited.

Jinja's own sandbox keeps a template from reaching Python. It does not keep one from looping for a year or
from building a string that fills the memory. Here nothing is unlimited, and nothing is measured twice:

    time     every turn of a loop, every macro and every call counts a step; each eighth looks at the clock
    size     whatever can make something larger than its parts (+ ~ * ** %, join, replace, format, widths,
             literals that hold variables) is measured before or as it is made

Both limits are far from what templates do: the largest public one takes 300 microseconds a conversation.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from types import BuiltinMethodType
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import MAX_RANGE, ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, pass_context
from jinja2.visitor import NodeTransformer

from finesift.chat.measured import (
    SIZE,
    WIDTH,
    Stopped,
    add,
    bounded_arguments,
    bounded_filter,
    check_format,
    check_name,
    check_padding,
    concat,
    measured,
    percent,
    power,
    times,
    tojson,
    too_large,
)

#: CPU seconds that one conversation may take.
SECONDS = 0.8

_GROWING = frozenset({"join", "replace", "ljust", "rjust", "center", "zfill"})
_STEADY = frozenset(
    re.findall(
        r"\w+",
        "strip lstrip rstrip split rsplit splitlines partition rpartition startswith endswith find rfind "
        "index rindex count lower upper title capitalize casefold swapcase removeprefix removesuffix "
        "isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle "
        "isupper",
    )
)
_TEXT_METHODS = _STEADY | _GROWING
_DICT_ATTRIBUTES = frozenset(dir(dict))
_LOOP_ATTRIBUTES = frozenset(name for name in dir(LoopContext) if not name.startswith("_"))
# Filters whose result is no larger than what goes in; all others are measured.
_STEADY_FILTERS = frozenset(
    re.findall(
        r"\w+", "abs capitalize count d default first float int items last length lower safe trim upper"
    )
)


class Allowance:
    """CPU seconds of this thread. Asking for them takes longer than most conversations, so for a while the wall
    clock, which is never behind, is looked at instead."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._until: float | None = None

    def is_spent(self) -> bool:
        if self._until is not None:
            return time.thread_time() > self._until
        if time.perf_counter() - self._begun > SECONDS / 4:
            self._until = time.thread_time() + SECONDS * 3 / 4
        return False


class Sandbox(ImmutableSandboxedEnvironment):
    """A Jinja environment as Hugging Face transformers makes it, with limits on time and size.

    One conversation at a time: `begin` starts the clock. now: what `strftime_now` tells.
    """

    def __init__(self, now: Callable[[], datetime] = datetime.now) -> None:
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
        self._steps = 0
        self._allowance = Allowance()
        self.now = now
        self.filters = {
            name: function if name in _STEADY_FILTERS else self._measured(name, function)
            for name, function in self.filters.items()
            # Makes links in HTML by slow patterns; no template has a use for it.
            if name != "urlize"
        }
        self.filters |= {
            "tojson": tojson,
            _STEP: self._step,
            _ADD: add,
            _TIMES: times,
            _POWER: power,
            _PERCENT: percent,
            _CONCAT: concat,
            _MEASURED: measured,
        }
        del self.globals["lipsum"]
        self.globals |= {
            "dict": _Dict(),
            "range": _range,
            "namespace": TemplateNamespace,
            "raise_exception": _raise,
            "strftime_now": self._strftime_now,
        }

    def compile_tree(self, tree: nodes.Template) -> jinja2.Template:
        """A template from its syntax tree, limited. The tree is changed."""
        return self.from_string(_Limited().visit(tree))

    def begin(self) -> None:
        self._steps = 0
        self._allowance = Allowance()

    def step(self) -> None:
        self._steps += 1
        if not self._steps & 7 and self._allowance.is_spent():
            raise Stopped(f"it takes more than {SECONDS:g} s for one conversation")

    @pass_context
    def _step(self, _context: Context, _value: object) -> None:
        self.step()

    def concat(self, parts: Iterable[str]) -> str:
        parts = list(parts)
        if sum(map(len, parts)) > SIZE:
            too_large()
        return "".join(parts)

    # The three below are Jinja's own, with a short way for what templates do all the time.

    def getattr(self, obj: Any, attribute: str) -> Any:
        kind = type(obj)
        if kind is dict:
            if attribute not in _DICT_ATTRIBUTES:
                return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        elif kind is str:
            if attribute in _TEXT_METHODS:
                return getattr(obj, attribute)
        elif (kind is LoopContext and attribute in _LOOP_ATTRIBUTES) or (
            kind is TemplateNamespace and not attribute.startswith("_")
        ):
            try:
                return getattr(obj, attribute)
            except AttributeError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def unsafe_undefined(self, obj: Any, attribute: str) -> jinja2.Undefined:
        # Public templates call `append` on lists by mistake; none asks for a __class__.
        kind = Stopped if attribute.startswith("_") else SecurityError
        said = f"it may not use {attribute!r} of a {type(obj).__name__}"
        return self.undefined(said, name=attribute, obj=obj, exc=kind)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if type(obj) is dict and type(argument) is str and argument not in _DICT_ATTRIBUTES:
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)
        return super().getitem(obj, argument)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        self = __self
        self.step()
        if type(__obj) is not BuiltinMethodType:
            return super().call(__context, __obj, *args, **kwargs)
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        name = __obj.__name__
        if isinstance(__obj.__self__, str):
            if name in _STEADY:
                return __obj(*args, **kwargs)
            if name not in _GROWING:
                raise SecurityError(f"str.{name} is not for chat templates")
            args = bounded_arguments(name, __obj.__self__, args)
        return measured(__obj(*args, **kwargs))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None
        form = value.__self__
        inner = wrapped

        def limited(*args: Any, **kwargs: Any) -> str:
            check_format(form, form.count("{"), (args, kwargs))
            return inner(*args, **kwargs)

        return limited

    def call_filter(self, *args: Any, **kwargs: Any) -> Any:
        self.step()
        return super().call_filter(*args, **kwargs)

    def call_test(self, *args: Any, **kwargs: Any) -> Any:
        self.step()
        return super().call_test(*args, **kwargs)

    def _measured(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The filter, counted as a step and limited in what it takes and gives."""
        skipped = 1 if hasattr(function, "jinja_pass_arg") else 0

        def limited(*args: Any, **kwargs: Any) -> Any:
            self.step()
            for value in (*args[skipped + 1 :], *kwargs.values()):
                if isinstance(value, int) and abs(value) > SIZE // 100:
                    too_large()
            value, *rest = args[skipped:]
            if name in ("join", "replace"):
                args = (*args[:skipped], *bounded_filter(name, value, rest, kwargs))
                if name == "join":
                    kwargs.pop("d", None)
            elif name == "format":
                check_format(str(value), str(value).count("%"), (rest, kwargs))
            elif name in ("indent", "center"):
                check_padding(name, value, rest, kwargs)
            return measured(function(*args, **kwargs))

        if skipped:
            limited.jinja_pass_arg = function.jinja_pass_arg  # type: ignore[attr-defined]
        return limited

    def _strftime_now(self, form: str) -> str:
        if len(form) > WIDTH or re.search(r"\d{3}", form):
            too_large()
        return self.now().strftime(form)


class Generation(Extension):
    """`{% generation %}` … `{% endgeneration %}`: what the template's author wants trained.

    Rendering ignores it. In the syntax tree it is the only `Scope`.
    """

    tags = {"generation"}  # noqa: RUF012  # Jinja's own form

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body, lineno=line)


class TemplateNamespace(Namespace):
    """`namespace()`, which keeps no name that begins with an underscore and shows nothing when printed."""

    def __init__(*args: Any, **kwargs: Any) -> None:  # so that namespace(self=…) works, as in Jinja
        self, given = args[0], dict(*args[1:], **kwargs)
        for name in given:
            check_name(name)
        Namespace.__init__(self, given)

    def __setitem__(self, name: str, value: Any) -> None:
        check_name(name)
        super().__setitem__(name, value)

    def __repr__(self) -> str:
        return "<Namespace>"


def _range(*args: int) -> range:
    found = range(*args)
    if found[MAX_RANGE:]:
        too_large()
    return found


class _Dict:
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return measured(dict(*args, **kwargs))

    def fromkeys(self, *args: Any) -> Any:
        return measured(dict.fromkeys(*args))


# Names that no template can write, for the filters that stand in for operators.
_STEP, _ADD, _TIMES, _POWER, _PERCENT, _CONCAT, _MEASURED = (
    f"limited {name}" for name in ("step", "+", "*", "**", "%", "~", "literal")
)


class _Limited(NodeTransformer):
    """Puts the limits into the syntax tree."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        self.generic_visit(node)
        node.body.insert(0, _step(node))
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Macro:
        self.generic_visit(node)
        node.body.insert(0, _step(node))
        return node

    def visit_Add(self, node: nodes.Add) -> nodes.Node:
        return self._operator(node, _ADD)

    def visit_Mul(self, node: nodes.Mul) -> nodes.Node:
        return self._operator(node, _TIMES)

    def visit_Pow(self, node: nodes.Pow) -> nodes.Node:
        return self._operator(node, _POWER)

    def visit_Mod(self, node: nodes.Mod) -> nodes.Node:
        return self._operator(node, _PERCENT)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return filtered(node.nodes[0], _CONCAT, *node.nodes[1:])

    def visit_List(self, node: nodes.List) -> nodes.Node:
        return self._literal(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        return node if node.ctx == "store" else self._literal(node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        return self._literal(node)

    def _operator(self, node: nodes.BinExpr, name: str) -> nodes.Node:
        self.generic_visit(node)
        return filtered(node.left, name, node.right)

    def _literal(self, node: nodes.Literal) -> nodes.Node:
        fixed = all(isinstance(part, (nodes.Const, nodes.Pair)) for part in node.iter_child_nodes())
        if fixed and all(isinstance(part, nodes.Const) for part in node.find_all(nodes.Expr)):
            return node
        self.generic_visit(node)
        return filtered(node, _MEASURED)


def filtered(node: nodes.Node, name: str, *args: nodes.Node) -> nodes.Filter:
    """`node | name(*args)`, as a node."""
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)


def _step(node: nodes.Node) -> nodes.ExprStmt:
    return nodes.ExprStmt(filtered(nodes.Const(None, lineno=node.lineno), _STEP), lineno=node.lineno)


def _raise(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)
