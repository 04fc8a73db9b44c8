"""Settings that the template does not read."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import jinja2.meta

from finesift.chat.lint.probe import Probed, Remark, detector


@detector(11)
def ignored(t: Probed) -> Iterator[Remark]:
    """Settings that the template does not read."""
    known = jinja2.meta.find_undeclared_variables(t.template.sandbox.parse(t.template.source))
    for name in t.settings:
        if name not in known:
            names = sorted(known - {"messages", "tools", "add_generation_prompt", *t.template.tokens})
            yield Remark(
                "setting_ignored",
                True,
                f"the template does not read {name}{_meant(name, names)}"
                + (f"; it reads {', '.join(names)}" if names else ""),
            )


def _meant(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}" if near else ""
