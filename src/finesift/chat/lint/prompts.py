"""The prompt of inference, beside what training shows before an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from finesift.chat.lint.probe import ANSWER, SAY, TWO, USER, Probed, Remark, detector, reasoned, said
from finesift.corpus import Corpus
from finesift.views import is_answer
from finesift.views import text as content


@detector(
    4,
    touches={
        "empty_think": is_answer & pl.col("reasoning").is_null(),
        "header_merges": is_answer & content.str.starts_with("\n"),
    },
)
def prompts(t: Probed) -> Iterator[Remark]:
    """The prompt of inference, beside what training shows before an answer."""
    bare, prompt = t.text(USER), t.text(USER, prompt=True)
    if bare is not None and bare == prompt:
        yield Remark(
            "no_generation_prompt",
            False,
            "add_generation_prompt changes nothing: the header is guessed by a probe",
        )
    for kind, messages in (("", TWO), (" with reasoning", reasoned())):
        found = t.spans(*messages)
        wrong = found and [problem for problem in found.problems if problem.name == "prompt_differs"]
        if wrong:
            yield Remark("prompt_differs", True, f"of an answer{kind}: {wrong[0].message}")
            break
    whole = t.text(*reasoned())
    first = t.text(*reasoned()[:2])
    plain, begin = t.text(*TWO), t.text(*TWO[:2])
    if (plain and begin and not plain.startswith(begin)) or (whole and first and not whole.startswith(first)):
        yield Remark(
            "prefix_fails",
            False,
            "a conversation's beginning renders as another text than it has within the conversation: masks by "
            "growing prefixes are wrong",
        )
    if prompt is None:
        return
    on, off = (t.text(USER, prompt=True, enable_thinking=value) for value in (True, False))
    if on != off:
        yield Remark(
            "thinks_on_request", False, "enable_thinking changes the prompt: train as you will serve"
        )
    trained = t.spans(USER, ANSWER)
    if trained and trained.spans:
        text = trained.spans[0].text(trained.text)
        if "think" in text.partition(SAY)[0]:
            yield Remark(
                "empty_think",
                False,
                f"an answer without reasoning trains {text.partition(SAY)[0]!r} before its text",
            )
    header = prompt.removeprefix(bare) if bare and prompt.startswith(bare) else ""
    if header and trained:
        own = t.tokenizer.encode([header.strip() or header, header, trained.text])
        if not any(_within(ids, own[2]) for ids in own[:2]):
            yield Remark(
                "header_not_found",
                False,
                f"the tokens of {header!r} alone are not those within a conversation: a collator that searches "
                "for them masks everything",
            )
    merged = t.masker.mask(_one(USER, said("assistant", "\n\n" + SAY)))
    if any(problem.name == "edge_token" for one in merged for problem in one.problems):
        yield Remark(
            "header_merges",
            False,
            "the header and an answer that begins with a newline share a token, which is not trained",
        )


def _one(*messages: dict[str, Any]) -> Iterator[Any]:
    from finesift.chat.conversations import conversations

    return conversations(Corpus.of([{"messages": messages}]))


def _within(part: Sequence[int], whole: Sequence[int]) -> bool:
    return any(list(whole[at : at + len(part)]) == list(part) for at in range(len(whole) - len(part) + 1))
