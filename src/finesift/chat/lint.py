"""What a template does to conversations: dropped, moved, injected, trimmed, refused, never trained, never ended.

Conversations of unique words go through the template, and what comes out is compared with what went in. Given
data, each thing found is counted on its rows. None of it raises an error at training time.

Out of sight from template, tokenizer and data are faults of a trainer's own code: how transformers makes masks of
sequences cut on the left or of a span at token 0, and masks that are not moved along when an image becomes many
tokens. `audit.py` compares the batches, whatever made them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import jinja2.meta
import polars as pl
from jinja2 import nodes

from finesift.chat.ends import PROBE
from finesift.chat.marks import Marks
from finesift.chat.mask import Masker
from finesift.chat.proof import KINDS, prove
from finesift.chat.spans import Spans, Wanted
from finesift.chat.template import REASONING, Message, Template
from finesift.chat.tokenizer import Tokenizer
from finesift.corpus import Corpus, is_answer, is_instruction
from finesift.errors import RenderError

# A word per field, so that each is found again wherever it went.
SYSTEM, ASK, MORE = "Zqsysjkvx", "Zqaskjkvx", "Zqmorejkvx"
SAY, LAST, THINK, LATER = "Zqsayjkvx", "Zqlastjkvx", "Zqthinkjkvx", "Zqlaterjkvx"
CALLED, KEY, VALUE, RESULT, TOOL, ABOUT = (
    "zqcall",
    "zqkey",
    "Zqvaluejkvx",
    "Zqresultjkvx",
    "zqtool",
    "Zqaboutjkvx",
)
_PLACES = 3


@dataclass(frozen=True)
class Remark:
    """name: one word for it. fault: training goes wrong by it, unless it is meant; else it is worth knowing.

    rows: how many rows of the data it touches, None without data or where that is no matter of rows.
    places: the first of them, as source:row.
    """

    name: str
    fault: bool
    message: str
    rows: int | None = None
    places: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Probed:
    """A template under test."""

    tokenizer: Tokenizer
    masker: Masker
    settings: Mapping[str, Any]

    @property
    def template(self) -> Template:
        return self.tokenizer.template

    def text(
        self, *messages: Message, tools: Sequence[Any] | None = None, prompt: bool = False, **more: Any
    ) -> str | None:
        """None where the template refuses."""
        try:
            return self.tokenizer.template_for(tools).render(
                messages, tools=tools, add_generation_prompt=prompt, **{**self.settings, **more}
            )
        except RenderError:
            return None

    def raw(self, *messages: dict[str, Any]) -> str | None:
        """The messages as they are, fields that are None included, as serving stacks may pass them."""
        try:
            return self.template.run(self.template.program, messages, None, False, self.settings)
        except RenderError:
            return None

    def spans(self, *messages: Message, tools: Sequence[Any] | None = None) -> Spans | None:
        try:
            return self.masker.finder(tools).find(messages, tools)
        except RenderError:
            return None


def said(role: str, content: str | None, **fields: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **fields}


def _calls(arguments: object) -> list[dict[str, Any]]:
    return [{"id": "call00000", "type": "function", "function": {"name": CALLED, "arguments": arguments}}]


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": TOOL,
            "description": ABOUT,
            "parameters": {"type": "object", "properties": {KEY: {"type": "string", "description": KEY}}},
        },
    }
]
USER, ANSWER = said("user", ASK), said("assistant", SAY)
TWO = (USER, ANSWER, said("user", MORE), said("assistant", LAST))


def lint(
    tokenizer: Tokenizer, corpus: Corpus | None = None, *, settings: Mapping[str, Any] | None = None
) -> list[Remark]:
    """All remarks on the tokenizer's template, faults first. Raises ModelError where there is no template.

    settings: further values for the template (enable_thinking, …), as training will set them.
    """
    wanted = Wanted(settings=settings or {})
    remarks = list(_sources(tokenizer))
    probed = Probed(tokenizer, Masker(tokenizer, wanted), wanted.settings)
    try:
        tokenizer.template.render([USER, ANSWER], **probed.settings)
    except RenderError as e:
        return [*remarks, Remark("refuses_all", True, f"a question and an answer are refused: {e}")]
    for detect in DETECTORS:
        remarks += detect(probed)
    if corpus is not None:
        remarks = [_counted(remark, corpus) for remark in remarks] + _proved(corpus, tokenizer, wanted)
    return sorted(remarks, key=lambda remark: not remark.fault)


def _sources(tokenizer: Tokenizer) -> Iterator[Remark]:
    places = list(tokenizer.sources)
    if len(places) > 1 and len({str(tokenizer.sources[place]) for place in places}) > 1:
        yield Remark(
            "templates_differ",
            True,
            f"{' and '.join(places)} hold different templates; {places[0]} is used, another program may not",
        )


def _double_bos(t: Probed) -> Iterator[Remark]:
    bos = t.tokenizer.tokens.get("bos_token")
    text = t.text(USER, ANSWER)
    if not bos or not text or not text.startswith(bos):
        return
    number = t.tokenizer.backend.token_to_id(bos)
    if t.tokenizer.backend.encode(text).ids[:2] == [number, number]:
        yield Remark(
            "double_bos",
            True,
            f"the template writes {bos} and so does the tokenizer: encode rendered text with "
            "add_special_tokens=False",
        )


def _generation(t: Probed) -> Iterator[Remark]:
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


def _ends(t: Probed) -> Iterator[Remark]:
    tokens, stops = t.tokenizer.tokens, t.tokenizer.stop_ids
    pad = t.tokenizer.backend.token_to_id(tokens["pad_token"]) if "pad_token" in tokens else None
    if pad is not None and pad in stops:
        yield Remark(
            "pad_is_end",
            False,
            f"{tokens['pad_token']} pads and ends a turn: a collator that masks padding masks the end as well",
        )
    found = t.spans(*TWO)
    if found is None or not found.spans:
        return
    names = {problem.name for problem in found.problems}
    if "no_end" in names:
        yield Remark("no_end", True, KINDS["no_end"][1] + ", so the model never learns to stop")
    span = found.spans[0]
    end = next(
        (
            mark[0]
            for mark in reversed(list(t.masker.marks.pattern.finditer(found.text, span.start, span.end)))
        ),
        "",
    )
    if "end_is_no_stop" in names:
        yield Remark(
            "end_is_no_stop",
            True,
            f"{end} ends the turn, but neither generation_config.json nor eos_token says that it ends a "
            "generation: the model goes on",
        )
    elif end and end != tokens.get("eos_token"):
        yield Remark(
            "end_is_not_eos", False, f"{end} ends the turn; eos_token is {tokens.get('eos_token', 'not set')}"
        )
    traced = t.masker.finder(None).tracer.trace(TWO)
    own = [stop for _, stop, owner in traced.regions if owner == 1]
    if own and span.end > own[-1] and "no_end" not in names:
        yield Remark(
            "end_by_next",
            False,
            "the end of a turn is written by the next message, or by the end of the template: masks made "
            "message by message leave it out",
        )


def _prompts(t: Probed) -> Iterator[Remark]:
    bare, prompt = t.text(USER), t.text(USER, prompt=True)
    if bare is not None and bare == prompt:
        yield Remark(
            "no_generation_prompt",
            False,
            "add_generation_prompt changes nothing: the header is guessed by a probe",
        )
    for kind, messages in (("", TWO), (" with reasoning", _reasoned())):
        found = t.spans(*messages)
        wrong = found and [problem for problem in found.problems if problem.name == "prompt_differs"]
        if wrong:
            yield Remark("prompt_differs", True, f"of an answer{kind}: {wrong[0].message}")
            break
    whole = t.text(*_reasoned())
    first = t.text(*_reasoned()[:2])
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


def _reasoned() -> tuple[Message, ...]:
    return (
        USER,
        said("assistant", SAY, reasoning_content=THINK),
        said("user", MORE),
        said("assistant", LAST, reasoning_content=LATER),
    )


def _reasoning(t: Probed) -> Iterator[Remark]:
    text = t.text(*_reasoned())
    if text is not None:
        if LATER not in text:
            yield Remark("reasoning_lost", True, "the reasoning of an answer (reasoning_content) is left out")
        elif THINK not in text:
            yield Remark(
                "earlier_reasoning_lost", True, "the reasoning of all answers but the last is left out"
            )
    within = t.text(
        USER,
        said("assistant", f"<think>\n{THINK}\n</think>\n\n{SAY}"),
        said("user", MORE),
        said("assistant", f"<think>\n{LATER}\n</think>\n\n{LAST}"),
    )
    if within is not None and (THINK not in within or LATER not in within):
        which = "every" if LATER not in within else "each earlier"
        yield Remark(
            "inline_reasoning_lost", True, f"<think> text in the content of {which} answer is left out"
        )
    reads = _keys(t.template) & set(REASONING)
    if reads and "reasoning_content" not in reads:
        yield Remark(
            "reasoning_key",
            False,
            f"the template reads {', '.join(sorted(reads))}: programs older than transformers 5 do not find "
            "reasoning under another name",
        )


def _system(t: Probed) -> Iterator[Remark]:
    plain = t.text(USER, ANSWER)
    with_system = t.text(said("system", SYSTEM), USER, ANSWER)
    if plain is not None and with_system is None:
        yield Remark("system_refused", True, "a conversation with a system message is refused")
    elif with_system is not None and SYSTEM not in with_system:
        prompted = t.text(said("system", SYSTEM), USER, prompt=True)
        though = ", though the prompt at inference has it" if prompted and SYSTEM in prompted else ""
        yield Remark("system_lost", True, f"the system message is left out{though}")
    longer = t.text(said("system", SYSTEM), *TWO)
    if longer and SYSTEM in longer and longer.index(SYSTEM) > longer.find(ASK):
        yield Remark("system_moved", True, "the system message stands with the last user message")
    if plain is not None:
        before = plain.partition(ASK)[0]
        words = t.masker.marks.pattern.sub(" ", before)
        if sum(len(word) > 2 and word.isalpha() for word in words.replace(".", " ").split()) > 3:
            yield Remark(
                "system_injected",
                False,
                f"without a system message the template writes {_short(before)} itself",
            )
    texts = [
        Template(t.template.source, tokens=t.template.tokens, now=lambda day=day: day)  # type: ignore[misc]
        for day in (datetime(2001, 2, 3), datetime(2011, 12, 13))
    ]
    dated = []
    for template in texts:
        try:
            dated.append(template.render([USER, ANSWER], **t.settings))
        except RenderError:
            return
    if dated[0] != dated[1]:
        yield Remark("date_injected", False, "the template writes today's date: rows differ from day to day")


def _whitespace(t: Probed) -> Iterator[Remark]:
    padded = f"  \n {SAY} \n\n", f"  \n {ASK} \n\n"
    for which, (role, content) in enumerate(zip(("assistant", "user"), padded, strict=True)):
        messages = [USER, ANSWER, said("user", MORE), said("assistant", LAST)]
        messages[1 - which] = said(role, content)
        text = t.text(*messages)
        if text is not None and content not in text and content.strip() in text:
            yield Remark(
                f"{'answer' if role == 'assistant' else role}_trimmed",
                False,
                f"whitespace around the {role}'s text is cut off",
            )


def _tools(t: Probed) -> Iterator[Remark]:
    call = said("assistant", SAY, tool_calls=_calls({KEY: VALUE}))
    result = said("tool", RESULT, tool_call_id="call00000", name=CALLED)
    turns = (USER, call, result, said("assistant", LAST))
    text = t.text(*turns, tools=TOOLS)
    if text is None:
        if t.text(USER, ANSWER) is not None:
            yield Remark("tools_refused", True, "a conversation with a tool call and its result is refused")
    else:
        if TOOL not in text:
            yield Remark("tools_lost", True, "the schemas of the tools are left out")
        elif ABOUT not in text:
            yield Remark("tool_descriptions_lost", False, "the descriptions of the tools are left out")
        if CALLED not in text or VALUE not in text:
            yield Remark("tool_calls_lost", True, "tool calls are left out")
        if RESULT not in text:
            yield Remark("tool_results_lost", True, "the results of tools are left out")
        if SAY not in text:
            yield Remark(
                "text_beside_calls_lost", True, "the text of an answer that also calls a tool is left out"
            )
        found = t.spans(*turns, tools=TOOLS)
        if found:
            trace = t.masker.finder(TOOLS).tracer.trace(turns, TOOLS)
            own = [(start, end) for start, end, owner in trace.regions if owner == 1]
            at = found.text.find(RESULT)
            if own and own[0][0] < at < own[-1][1]:
                yield Remark(
                    "result_within_answer",
                    False,
                    "the result of a tool stands within the answer's turn: a mask by turns trains it",
                )
    written = t.text(
        USER, said("assistant", SAY, tool_calls=_calls(f'{{"{KEY}": "{VALUE}"}}')), result, tools=TOOLS
    )
    if written is not None and f'\\"{KEY}\\"' in written:
        yield Remark(
            "arguments_twice_encoded",
            True,
            "arguments given as a JSON string are encoded once more: pass an object",
        )
    elif written is None and text is not None:
        yield Remark("arguments_must_be_objects", False, "arguments given as a JSON string are refused")


def _odd(t: Probed) -> Iterator[Remark]:
    for role in ("developer", "function"):
        text = t.text(said(role, SYSTEM), USER, ANSWER)
        if text is not None and SYSTEM not in text:
            yield Remark(f"{role}_lost", False, f"messages of the role {role} are left out")
    nothing = t.raw(USER, said("assistant", None))
    if nothing is not None and "None" in nothing and "None" not in (t.text(USER, ANSWER) or ""):
        yield Remark(
            "none_written", False, "content that is null becomes the word None where a program passes it on"
        )
    parts = [{"type": "text", "text": PROBE}]
    listed = t.raw({"role": "user", "content": parts}, dict(ANSWER))
    if listed is not None and PROBE not in listed:
        yield Remark("parts_lost", False, "content that is a list of parts is left out")
    elif listed is not None and "'type'" in listed:
        yield Remark("parts_as_code", False, "content that is a list of parts is written as program text")
    plain = t.text(USER, ANSWER)
    if plain is not None and (
        t.text(USER, said("user", MORE), ANSWER) is None
        or t.text(ANSWER, USER, said("assistant", LAST)) is None
    ):
        yield Remark("must_alternate", False, "turns that do not alternate, from the user on, are refused")


def _vocabulary(t: Probed) -> Iterator[Remark]:
    text = "".join(filter(None, (t.text(*TWO), t.text(said("system", SYSTEM), USER, prompt=True))))
    written = [
        mark for mark in Marks.guessed(t.template).special if mark.startswith(("<|", "<｜")) and mark in text
    ]
    broken = sorted(
        mark for mark, ids in zip(written, t.tokenizer.encode(written), strict=True) if len(ids) > 1
    )
    if broken:
        yield Remark(
            "mark_is_no_token",
            True,
            f"the template writes {', '.join(broken)}, which this tokenizer cuts into pieces: no model learns "
            "it as one",
        )


def _settings(t: Probed) -> Iterator[Remark]:
    known = jinja2.meta.find_undeclared_variables(t.template.sandbox.parse(t.template.source))
    for name in t.settings:
        if name not in known:
            names = sorted(known - {"messages", "tools", "add_generation_prompt", *t.template.tokens})
            yield Remark(
                "setting_ignored",
                True,
                f"the template does not read {name}" + (f"; it reads {', '.join(names)}" if names else ""),
            )


DETECTORS: tuple[Callable[[Probed], Iterator[Remark]], ...] = (
    _double_bos,
    _generation,
    _ends,
    _prompts,
    _reasoning,
    _system,
    _whitespace,
    _tools,
    _odd,
    _vocabulary,
    _settings,
)

_content = pl.col("content").fill_null("")
_padded = _content != _content.str.strip_chars()
_earlier = is_answer & (pl.col("turn") < pl.col("turn").max().over("example"))
# Which messages of the data a remark is about. A fault of whole rows is counted by the proof.
TOUCHES: dict[str, pl.Expr] = {
    "answer_trimmed": is_answer & _padded,
    "user_trimmed": (pl.col("role") == "user") & _padded,
    "system_lost": is_instruction,
    "system_moved": is_instruction,
    "system_refused": is_instruction,
    "system_injected": ~is_instruction.any().over("example"),
    "developer_lost": pl.col("role") == "developer",
    "reasoning_lost": pl.col("reasoning").is_not_null(),
    "earlier_reasoning_lost": pl.col("reasoning").is_not_null() & _earlier,
    "inline_reasoning_lost": is_answer & _content.str.contains("</think>", literal=True),
    "empty_think": is_answer & pl.col("reasoning").is_null(),
    "tool_calls_lost": pl.col("tool_calls").is_not_null(),
    "tool_results_lost": pl.col("role") == "tool",
    "tools_refused": pl.col("tool_calls").is_not_null() | (pl.col("role") == "tool"),
    "text_beside_calls_lost": pl.col("tool_calls").is_not_null() & (_content != ""),
    "arguments_twice_encoded": pl.col("tool_calls").str.contains(r'"arguments":\s*"'),
    "result_within_answer": pl.col("role") == "tool",
    "header_merges": is_answer & _content.str.starts_with("\n"),
}


def _counted(remark: Remark, corpus: Corpus) -> Remark:
    if remark.name in ("tools_lost", "tool_descriptions_lost"):
        touched = corpus.examples.filter(pl.col("tools").is_not_null()).select("example")
    elif remark.name in TOUCHES:
        touched = corpus.turns.filter(TOUCHES[remark.name]).select("example")
    else:
        return remark
    return _with_rows(remark, touched.unique("example"), corpus)


def _proved(corpus: Corpus, tokenizer: Tokenizer, wanted: Wanted) -> list[Remark]:
    """What the proof finds wrong with rows of the data, whatever the template does to others."""
    proof = prove(corpus, tokenizer, wanted)
    remarks = []
    for name in proof.counts():
        score, what = KINDS[name]
        touched = proof.rows.filter(pl.col("problems").list.contains(name)).select("example").unique()
        remarks.append(
            _with_rows(Remark(f"data: {name}", score >= 1 or name.startswith("lost_"), what), touched, corpus)
        )
    return remarks


def _with_rows(remark: Remark, touched: pl.DataFrame, corpus: Corpus) -> Remark:
    first = corpus.examples.join(touched.sort("example").head(_PLACES), on="example", how="semi")
    places = [f"{source}:{row}" for source, row in first.select("source", "row").iter_rows()]
    return replace(remark, rows=touched.height, places=places)


def _one(*messages: dict[str, Any]) -> Iterator[Any]:
    from finesift.chat.conversations import conversations

    return conversations(Corpus.of([{"messages": messages}]))


def _keys(template: Template) -> set[str]:
    """The names of fields that the template reads."""
    tree = template.sandbox.parse(template.source)
    read = {node.attr for node in tree.find_all(nodes.Getattr)}
    return (
        read
        | {
            node.arg.value
            for node in tree.find_all(nodes.Getitem)
            if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str)
        }
        | {
            node.value
            for node in tree.find_all(nodes.Const)
            if isinstance(node.value, str) and node.value in REASONING
        }
    )


def _within(part: Sequence[int], whole: Sequence[int]) -> bool:
    return any(list(whole[at : at + len(part)]) == list(part) for at in range(len(whole) - len(part) + 1))


def _short(text: str, size: int = 80) -> str:
    return repr(text if len(text) <= size else text[:size] + "…")
