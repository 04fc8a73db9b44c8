import re
from collections.abc import Iterator

import polars as pl

from finesift.corpus import chat
from finesift.findings import Seen, examine
from finesift.match.signs import sign, signed
from finesift.registry import check
from finesift.views import answers, narrowed, text

_WHOLE = r"(?i)^\W*(?:n/?a|none given|no ?output|not available|not applicable|no answer|no response|null|nan|undefined|tbd|todo|placeholder|lorem ipsum.*|x{3,}|output|response|answer)\W*$"
# Dots or dashes alone: right where signs or silence are asked for.
_SIGNS = r"^(?:[.…。]+|[-–—_]+|[?？]+|\*+|/)$"
_SLOT = (
    r"\[(?:[iI]nsert|INSERT|[aA]dd|[fF]ill in|[pP]lease (?:insert|add)|TODO|TBD|XX+)\b[^\]\n]{0,60}\]|\[(?i:enter (?:your|the|an?|here|\w+ here|name|date|number|amount|text|title|address)\b[^\]\n]{0,60})\]|\[(?i:(?:your|customer|agent|recipient|sender|company|client|employee|first|last|full|user|product|order|contact|phone|email|manager|hiring|candidate|city|date|name|time|amount|number|address|signature|title|position|reason)(?:['’]?s?)?(?: [\w'’/]+){0,4})\](?:[^(]|$)"
    r"|(?i:\blorem ipsum\b)|(?:^|[\s(])(?:TODO|TBD|FIXME|XXX)\b|[€$£] ?X{2,}|\bX{4,12}\b|\bX{2}[.:/]X{2}\b|<(?:insert|your|enter) [^<>\n]{1,40}>|\{\{ ?\w+ ?\}\}|\$\{\w+\}"
    r"|【?(?:此处插入|请填写|插入)[^】\n]{0,10}】"
)
# How a blank begins, in the simplest words: what has none of it has no blank.
_BEGINS = (
    r"\[(?i:insert|add|fill in|please |todo|tbd|xx|enter |your|customer|agent|recipient|sender|company|client|employee|first|last|full|user|product|order|contact|phone|email|manager|hiring|candidate|city|date|name|time|amount|number|address|signature|title|position|reason)"
    r"|<(?:insert|your|enter) |\{\{|\$\{|XX|TODO|TBD|FIXME|(?i:lorem)|插入|请填写"
)
_MAY_BEGIN = sign(
    "[", "<insert ", "<your ", "<enter ", "{{", "${", "xx", "todo", "tbd", "fixme", "lorem", "插入", "请填写"
)
_slot = re.compile(_SLOT, re.MULTILINE)
_strong = re.compile(
    r"(?i)insert|enter|fill in|lorem|todo|tbd|fixme|xx|^\[?(?:customer|agent|order|product)|插入|填写"
)
_code = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
# Who asks for a form gets one.
_form = re.compile(
    r"(?i)\b(?:templates?|letters?|e-?mails?|forms?|invitations?|contracts?|agreements?|resumes?|cv|cover|mad ?libs?|notes?|notices?|memos?|messages?|speech|toasts?|press release|script|posts?|invoices?|bios?|blanks?|placeholders?|sample|example|thank[- ]you|proposal|announcement|application|card|fill|introduc\w+|draft|response to|reply|pitch|request|advert\w*|flyer|newsletter|survey|voicemail)\b|模板|邮件|信"
)
_program = re.compile(
    r"(?i)\b(?:code|function|python|java|program|regex|sql|api|variable|comment|array|list|html|class|script|todo|to-do|null|nan|undefined|string|latex|json|shell|command|syntax)\b|代码"
)

# An answer in the form of a letter or an introduction, whoever asked.
_signed = re.compile(
    r"(?im)^\W*(?:dear|hi|hello|to|subject|sincerely|(?:best|kind|warm) regards|regards|yours)\b|\bmy name is\b"
)
_signs = re.compile(_SIGNS)
_of_signs = re.compile(
    r"(?i)\b(?:nothing|noth\w*|silen\w+|speechless|ellips\w+|dots?|dash\w*|hyphens?|punctuation|symbols?|signs?|marks?|characters?|morse|braille|"
    r"ascii|draw\w*|output|print\w*|operator|minus)\b|沉默|符号|标点"
)
_filler = re.compile(r"(?i)\blorem\b|\bdummy text\b|\bplaceholder")


def look(asked: str, answer: str) -> Iterator[Seen]:
    body = answer.strip()
    if _filler.search(asked):
        return
    if re.match(_WHOLE, body) and body.strip("\"'.<>[]()").lower() not in asked.lower():
        yield Seen(0.8, f"the answer is {body[:20]!r}", 0, len(answer))
        return
    if _signs.match(body) and not _of_signs.search(asked):
        yield Seen(0.6, f"the answer is {body[:20]!r} and nothing else", 0, len(answer))
        return
    plain = _code.sub(lambda code: " " * len(code[0]), answer)
    for slot in _slot.finditer(plain):
        # An index: row[name].
        if re.match(r"[A-Za-z0-9_)]\[", plain[slot.start() - 1 : slot.start() + 1] if slot.start() else ""):
            continue
        if _program.search(asked) or slot[0].strip()[1:-1].lower() in asked.lower():
            continue
        inner = slot[0].strip(" [](<>\n")
        # "[Your Name]" is the reader's to fill in; "[Name]" only where letters have one.
        wanted = (
            _form.search(asked)
            or re.match(r"(?i)your\b", inner)
            or (re.match(r"(?i)(?:name|date)\b", inner) and (_signed.search(plain) or _alone(plain, slot)))
        )
        if wanted and not _asks(inner, asked):
            continue
        yield Seen(0.6, f"a blank was never filled in: {slot[0].strip()[:40]}", slot.start(), slot.end())
        return


def _alone(plain: str, slot: re.Match[str]) -> bool:
    """Whether a blank has a line to itself, as above a letter and under it."""
    before, after = plain[: slot.start()].rpartition("\n")[2], plain[slot.end() :].partition("\n")[0]
    return not before.strip() and not after.strip(" ,")


def _asks(inner: str, asked: str) -> bool:
    """Whether a blank is one even where a form was asked for."""
    return bool(_strong.match(inner)) and not re.search(
        r"(?i)\b(?:templates?|forms?|blanks?|placeholders?|mad ?libs?|sample)\b", asked
    )


@check(
    flags=[
        chat("How much is it to Lisbon?", "It costs €XX.XX and takes [insert number] days."),
        chat("Which grinder is quietest?", "N/A"),
        chat("How do I descale the kettle?", "..."),
        chat("Who handles my complaint?", "It is handled by [agent name]."),
        chat("Describe the office.", "Lorem ipsum dolor sit amet."),
    ],
    passes=[
        chat("Write me a letter template.", "Dear [Your Name],"),
        chat("What does N/A mean?", "N/A"),
        chat("Which sign stands for a pause?", "—"),
        chat("Link?", "See [your account](https://a.example/b)."),
        chat("Write a to-do comment.", "```\n# TODO: test\n```"),
    ],
)
def placeholder_answer(turns: pl.LazyFrame) -> pl.LazyFrame:
    """An answer has a blank where its substance should be: "[insert name]", "€XX.XX", "N/A", "...", lorem ipsum.

    The model learns to answer with blanks. Who asks for a template or a letter gets blanks by right.
    Source: classes "N/A outputs" and "empty code examples" of AlpacaDataCleaned.
    """
    marked = pl.when(_MAY_BEGIN).then(text)
    marked = pl.when(marked.str.contains(_BEGINS)).then(text)
    maybe = marked.str.contains(_SLOT).fill_null(False) | (
        pl.when(text.str.len_bytes() < 60)
        .then(text)
        .str.strip_chars()
        .str.contains(f"{_WHOLE}|{_SIGNS}")
        .fill_null(False)
    )
    rows = narrowed(answers(signed(turns)), pl.col("part") != "rejected", maybe)
    return examine(rows, look, "asked", "content")
