"""What `{% generation %}` marks, beside what is to be trained."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from finesift.chat.lint.probe import TWO, Probed, Remark, detector


@detector(2)
def generation(t: Probed) -> Iterator[Remark]:
    """What `{% generation %}` marks, beside what is to be trained."""
    tree = t.template.sandbox.parse(t.template.source)
    if tree.find(nodes.Scope) is None:
        yield Remark(
            "no_generation_keyword",
            False,
            "without {% generation %} transformers gives an all-zero assistant mask and one warning",
        )
        return
    for hiding in tree.find_all((nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock)):
        if hiding.find(nodes.Scope) is not None:
            yield Remark(
                "generation_hidden",
                True,
                "{% generation %} stands in a macro or a set block, where transformers marks the wrong characters",
            )
            break
    found = t.spans(*TWO)
    if found is None or not found.spans or not found.generation:
        return
    ours = [(span.start, span.end) for span in found.spans]
    pairs = list(zip(ours, found.generation, strict=False))
    if len(ours) == len(found.generation):
        if any(theirs[0] < mine[0] for mine, theirs in pairs):
            mine, theirs = next((m, g) for m, g in pairs if g[0] < m[0])
            yield Remark(
                "generation_trains_prompt",
                True,
                f"{{% generation %}} trains {found.text[theirs[0] : mine[0]]!r}, which the prompt supplies",
            )
        if any(theirs[1] < mine[1] for mine, theirs in pairs):
            mine, theirs = next((m, g) for m, g in pairs if g[1] < m[1])
            yield Remark(
                "generation_leaves_end",
                True,
                f"{{% generation %}} ends before {found.text[max(theirs[1], mine[0]) : mine[1]]!r}: "
                "the model never learns to stop",
            )
        if any(found.text[mine[1] : theirs[1]].strip() for mine, theirs in pairs):
            yield Remark(
                "generation_trains_beyond",
                True,
                "{% generation %} trains text after the end of the turn: "
                + next(repr(found.text[m[1] : g[1]]) for m, g in pairs if found.text[m[1] : g[1]].strip()),
            )
