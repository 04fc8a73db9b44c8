import re
from collections.abc import Iterator

import polars as pl

from finesift.corpus import chat
from finesift.findings import Seen, examine, matching
from finesift.match.signs import sign, signed
from finesift.registry import check
from finesift.views import answers, is_prompt, narrowed, text

_TAG = (
    r"</?(?:p|br|div|span|strong|em|b|i|u|ul|ol|li|table|tbody|thead|tr|td|th|h[1-6]|a|img|font|center|hr|blockquote|figure|section|article|input|label)"
    r"(?:\s+[\w:-]+=(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s<>]+))*\s*/?>|<!--|&(?:nbsp|amp|lt|gt|quot|deg|ndash|mdash|rsquo|lsquo|ldquo|rdquo|hellip|eacute|#\d{2,5}|#x[0-9a-fA-F]{2,5});"
)
_NOTHING = r"(?i:<\s*no[ _-]?(?:input|output)\s*>)"
_SPEAKER = r"^(?:#{1,4} ?)?(?:Human|USER|User|ASSISTANT|Assistant|GPT|System)[ \t]*:"
_CITED = r"【\d+[^】\n]{0,20}†[^】\n]{0,40}】|cite?turn\d+\w+\d+|\[citation needed\]|:contentReference\[|oaicite:|\[/(?:b|i|u|quote|url|img|color|size)\]|\[(?:url|quote|color|size)=[^\]\n]{1,60}\]"
_MARK = f"{_TAG}|{_NOTHING}|{_CITED}"

# What fits one of these has one of those.
_EMPTY = sign("input", "output")
_LIKE_MARKUP = sign(
    *("<", "【", "citturn", "citeturn", "[citation needed]", ":contentReference[", "oaicite:", "[/", "[url=", "[quote", "[color", "[size"),
    *(f"&{name}" for name in ("nbsp", "amp", "lt", "gt", "quot", "deg", "ndash", "mdash", "rsquo", "lsquo", "ldquo", "rdquo", "hellip", "eacute", "#")),
    *(f"{name}{after}" for name in ("Human", "User", "Assistant", "GPT", "System") for after in (":", " ", "\t")),
)  # fmt: skip

_mark, _speaker = re.compile(_MARK), re.compile(_SPEAKER, re.MULTILINE)
_code = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`", re.DOTALL)
# Who asks about the web gets tags; who asks for a dialogue gets speakers.
_web = re.compile(
    r"(?i)\b(?:x?html5?|css|xml|svg|tags?|web ?(?:page|site|form)?s?|markup|markdown|bbcode|java ?script|react|jsx|vue|angular|php|jinja|django|dom|div|code|snippet|script|template|program|format|button|hyperlink|header|newsletter|element|attribute|parse|scrape|table|wiki\w*)\b|<\w+|网页|标签|代码"
)
_document = re.compile(
    r"(?i)<!doctype|<(?:html|head|body|script|style|template|form|svg|\?xml|\?php)\b|=> ?[({]|\bfunction ?\(|\bimport \w|(?-i:</?[A-Z]\w+)"
)
_talk = re.compile(
    r"(?i)\b(?:dialog(?:ue)?s?|conversations?|chats?|chatbot|scripts?|skit|scene|interview|role[- ]?play|transcripts?|exchange|screenplay|continue|act as|pretend|multi-turn|bot|example)\b|对话|聊天"
)


def look(asked: str, answer: str) -> Iterator[Seen]:
    plain = _code.sub(lambda code: " " * len(code[0]), answer)
    nothing = re.search(_NOTHING, plain)
    if nothing:
        yield Seen(0.8, f"{nothing[0]} is a mark of the generator, no text", nothing.start(), nothing.end())
    elif (mark := _mark.search(plain)) and not _web.search(asked) and not _document.search(answer):
        yield Seen(0.6, f"markup was left in: {mark[0][:40]}", mark.start(), mark.end())
    speaker = _speaker.search(plain)
    if speaker and not _talk.search(asked) and not _speaker.search(asked):
        yield Seen(
            0.6, f"another speaker begins inside the answer: {speaker[0]}", speaker.start(), speaker.end()
        )


@check(
    flags=[
        chat("How long is it?", "<p>It is <strong>75&nbsp;cm</strong> long.</p>"),
        chat("How do I order a lid?\n<noinput>", "Under Spare parts."),
        chat("Name a river.", "The Loire.\nHuman: Name a lake.\nAssistant: Garda."),
        chat("Who said it?", "Kant did【4:2†source】."),
    ],
    passes=[
        chat("Make a heading in HTML.", "<h1>Title</h1>"),
        chat("How is text made bold?", "Write `<b>bold</b>`."),
        chat("Is 1 < 2 and 3 > 2?", "Yes: 1 <2 and 3> 2."),
        chat("Write a dialogue.", "User: Hi\nAssistant: Hello"),
    ],
    everywhere=True,
)
def leftover_markup(turns: pl.LazyFrame) -> pl.LazyFrame:
    """A message holds what was meant for a machine: HTML, `<noinput>`, citation marks, the next speaker's name.

    It comes from scraping and from generators, and the model learns to write it. Questions about the web, and
    code, have tags by right; dialogues have speakers.
    """
    turns = signed(turns)
    asked = matching(
        narrowed(turns, is_prompt & _EMPTY),
        _NOTHING,
        score=0.6,
        message="the field was left empty with a mark for it",
    )
    maybe = narrowed(
        answers(turns), _LIKE_MARKUP, text.str.contains(_MARK) | text.str.contains("(?m)" + _SPEAKER)
    )
    return pl.concat([examine(maybe, look, "asked", "content"), asked])
