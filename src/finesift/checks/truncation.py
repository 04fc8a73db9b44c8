import json
import re
from collections.abc import Iterator

import polars as pl

from finesift.corpus import chat
from finesift.findings import Seen, examine, findings
from finesift.match.signs import sign, signed
from finesift.models.ending import asks, was_cut
from finesift.models.english import is_cut, is_english
from finesift.registry import check
from finesift.views import answers, ends_part, text, thoughts

# Why a generator stopped, as APIs report it: OpenAI, Anthropic, vLLM, TGI, Google.
_REASON = r'(?i)"(?:finish_reason|stop_reason|finishReason|stopReason|done_reason)": ?\[?"(length|max_tokens|max_length|model_length|MAX_TOKENS)"'
# Where text may end: a stop, a closing mark, an emoji, an ellipsis that somebody wrote.
_CLOSED = r"[.!?…。！？।؟۔։።：:)\]}>»”\"」』】*_`~|\u2600-\u27bf\U0001f000-\U0001faff]$"
# The next user turn asks for the rest.
_GO_ON = (
    r"(?i)^\W*(?:please )?(?:continue|go on|keep going|carry on|continue (?:please|writing|from where you (?:left off|stopped))|finish (?:it|your answer)"
    r"|(?:bitte )?(?:weiter|mach weiter|fortfahren)|continuez?|continúa|sigue|continua|ga door|дальше|продолжай|继续|請繼續|继续写|続けて|続き)\W*$"
)
# Scripts in which a sentence may end without a stop.
_NO_STOPS = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u0f00-\u0fff]"

# No sentence, title or list item ends on these.
_OPEN_WORDS = frozenset(
    re.split(
        r"\s",
        "a an the and or but nor of to from with by for at into onto than as whose because if while whether my your our their its "
        "der die das dem des ein eine einen einem einer und oder aber von zu mit für bei dass weil wenn "
        "le les un une du et ou à avec dans sur qui el los las una y o pero con para "
        "il gli uno di da os um uma mas com het een van met voor",
    )
)
# A sentence seldom ends on these; a title may.
_SELDOM_LAST = frozenset(
    re.split(
        r"\s",
        "is are was were be been being has have had will would can could should may might must this these that such which who very "
        "i you he she we they it's it'll you'll i'll between during without about under over after before in on through",
    )
)
_letterlike = re.compile(
    r"(?im)^\W*(?:dear|hi|hello|subject|sehr geehrte|liebe[rs]?|querid|cher|chère)\b|\b(?:sincerely|regards)\b"
)
# The stops of "2." and "D." number a list.
_closed, _stopped, _no_stops = re.compile(_CLOSED), re.compile(r"[.!?。！？]"), re.compile(_NO_STOPS)
_go_on = re.compile(_GO_ON)
_pointer = re.compile(r"(?:https?://|www\.|@|#)\S*$|\$$|[=+/^]|#\w")
_stop = re.compile(
    r"(?<![\s(]\d)(?<![\s(]\d\d)(?<!^\d)(?<![\s(.][A-Z])(?<!\s[ivx])(?<!\s[ivxIVX]{2})(?<!\s[ivxIVX]{3})(?<!\s[iv]{2})(?<!\b[DMJS]r)(?<!\bMrs)(?<!\bvs)(?<!\bSt)[.!?。！？][\"'”’)\]]*(?=\s|$)|[。！？]"
)
_item = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•+]|[a-zA-Z][.)]|\(\w\))\s+")
_marker = re.compile(r"(?:^|\n)\s*(?:\d{1,3}[.)]?|[-*•+]|#{1,6})\s*$")
_letter = re.compile(r"\w[\w'’-]*$")
_quote_ends = re.compile(r"(?:^|\s)['‘][^'‘’]*['’]$|[.!?…]['’]$|s['’]$")
_codelike = re.compile(
    r";\s*$|[{}\\]|\(\)|=[=>]|</?\w|\s=\s|^\s{4}|^\s*(?:def|class|import|return|for|if|while|SELECT|public|var|let|const)\b"
)
# "[continued in next message]", "(truncated)", "<cut off>": what somebody or something put behind what it left out.
_told_cut = re.compile(
    r"(?i)[\[(<*]\s*(?:\.\.\.|…)?\s*(?:to be )?(?:continue[sd]?|cont['’]?d|cont\.|(?:\w+ )?(?:truncated|cut off|shortened)|rest omitted)"
    r"(?: (?:in|on|below|next|from|due|for|here|at)\b[^\n]{0,40})?[\s.…]*[\])>*]+$"
)
# "Please give the city:" wants an answer.
_asks = re.compile(r"(?i)\b(?:please|choose|pick|confirm|enter|tell me|fill in)\b|_{3}")
_titles = re.compile(
    r"(?i)\b(?:subject(?: line)?|title|headline|heading|slogan|tagline|motto|caption|label|name|phrase|lyric|line|verse|bullet)s?\b|标题|口号"
)
_remarks = re.compile(r"(?<![:\"'])//[^\n]*|(?<!\S)(?:#|--)[^\n]*|/\*.*?\*/", re.DOTALL)
_strings = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`\n]*`")
_in_lower = re.compile(r"(?:^|[\s(“\"'])([a-z]{2,})$")
# "amor, caritas, dilectio", "Blue, green and red".
_series = re.compile(r"^[^,.]{0,40}(?:,\s*(?:\w+\s?){1,2}){2,}$|^\w+(?:, \w+)+,? (?:and|or) \w+$")
_closing = re.compile(
    r"(?i)^(?:(?:yours|best|kind|warm(?:est)?|sincere(?:ly)?|regards|with (?:love|thanks|best)|thank(?:s| you)|love|cheers|respectfully|cordially|faithfully|truly|mit freundlichen|viele|liebe|herzlich|cordialement|atentamente|saludos|cordiali|met vriendelijke|dear)\b.{0,40}|[\[(].*)$"
)  # fmt: skip
#: How likely the model must hold a cut to ask a person, and, where patterns see one as well, to set a row aside; and
#: the words that a last line must have. Chosen on the sources of tools/build_endings.py, each left out in turn.
LIKELY, SURE, FEWEST = 0.75, 0.9, 4
#: The same where no sentence or line before has a stop: who writes without them may end without one.
STOPLESS_LIKELY = 0.93
# Nothing but the missing stop shows it.
_STOPLESS = (
    "the last sentence has no end",
    "the paragraphs before end in a stop, the last does not",
    "the last line has no end, the paragraphs before have",
)
_tag = re.compile(r"<(?:think|answer|json|output|response|tool_call)>(?!.*</)", re.DOTALL)
_fence = re.compile(r"`{3,}|~{3,}")


def cut(answer: str, asked_on: str = "", asked: str = "") -> tuple[float, str, int] | None:
    """How sure it is that an answer was cut, what shows it, and where the open end begins; None: nothing does.

    asked_on: the user's next message. asked: the one before the answer.
    """
    body = answer.rstrip().rstrip("\u200b\ufeff")
    if not body:
        return None
    begins = body.lstrip()[:1]
    goes_on = _go_on.match(asked_on) is not None
    fenced, fence = _fences(body) if _fence.search(body) else (False, None)
    # The rest of an answer that was cut inside a fence begins inside it.
    if fence is not None and not _go_on.match(asked):
        return 0.85, "a code fence is never closed", fence
    if fenced and _fence.search(_last(body)):
        return None
    if begins in "{[" and (fault := _json_cut(body)):
        return fault
    if not fenced and _marker.search(body) and _listed(body):
        return 0.85, "a list stops at an empty item", _last_line(body)
    if mark := _told_cut.search(body[-100:]):
        return 0.9, "it says itself that there is more", len(body) - len(mark[0])
    if _closed.match(body[-1]) or _quote_ends.search(body[-300:]):
        if goes_on and body[-1] not in '.!?…。！？"”)':
            return 0.8, "the user has to ask for the rest", _last_line(body)
        if body.endswith((":", "：")) and _dangling(body):
            return 0.7, "a list stops at a heading with nothing under it", _last_line(body)
        if body.endswith((":", "：")) and _announced(body):
            return 0.6, "it announces something, and nothing comes", _last_line(body)
        return _unclosed(body)
    if _no_stops.search(body[-200:]):
        return None
    if goes_on:
        return 0.9, "it stops without an end, and the user asks for the rest", _last_line(body)
    found = _open_end(body)
    # Who ends the line ended the sentence, unless its last word shows otherwise.
    if found and found[1] in _STOPLESS and "\n" in answer[len(body) :]:
        return 0.4, *found[1:]
    return found


def _fences(body: str) -> tuple[bool, int | None]:
    """Whether it has fenced code, and where a fence begins that is never closed.

    As people write them, not as Markdown has it: a fence may open behind text and close behind code, and two in one
    line, or six backticks in a sentence, are no block.
    """
    opened, at, start, any_ = "", 0, 0, False
    for line in body.split("\n"):
        found = (run for run in _fence.finditer(line) if len(run[0]) % 6 or run[0] == line.strip())
        runs = [run for run in found if not opened or _closes(opened, run[0])]
        if len(runs) % 2:
            opened, at = ("", 0) if opened else (runs[-1][0], start + runs[-1].start())
            any_ = True
        start += len(line) + 1
    last = _last(body)
    inside = body[at:].partition("\n")[2]
    # A fence too many, unless code was announced; or prose with an end.
    stray = not re.search(r"\w", inside) and not body[:at].rstrip().endswith((":", "："))
    prose = len(last.split()) >= 6 and _stopped.match(last.rstrip()[-1]) and not _codelike.search(last)
    return any_, at if opened and not stray and not prose else None


def _closes(opened: str, run: str) -> bool:
    return run[0] == opened[0] and len(run) >= len(opened)


def _last(body: str) -> str:
    return body[_last_line(body) :]


def _last_line(body: str) -> int:
    return body.rfind("\n") + 1


def _listed(body: str) -> bool:
    """Whether other lines are items as well."""
    return sum(bool(_item.match(line)) for line in body.split("\n")) >= 2


def _dangling(body: str) -> bool:
    """A numbered item that ends in a colon, after items that did not stop there."""
    *before, last = body.split("\n")
    if not (_item.match(last) and re.match(r"\s*\d", last)):
        return False
    items = [line.rstrip() for line in before if _item.match(line) and re.match(r"\s*\d", line)]
    return len(items) >= 2 and len(body) > 200


def _announced(body: str) -> bool:
    """A sentence that ends in a colon, where it is no form to fill in, no code and no question."""
    *before, last = body.split("\n")
    form = sum(line.rstrip()[-1:] in (":", "：") for line in before) >= 2
    return not form and len(last.split()) >= 3 and not _codelike.search(last) and not _asks.search(last)


def _json_cut(body: str) -> tuple[float, str, int] | None:
    if body[:1] == "[" and not re.match(r"\[\s*(?:[\[{\"\d\]-]|true|false|null)", body):
        return None
    if body[:1] == "{" and not re.match(r"\{\s*(?:\"|\}|$)", body):
        return None
    try:
        json.loads(body)
    except json.JSONDecodeError as e:
        # Cut JSON breaks where it ends, or in a string that never does.
        if e.pos >= len(body) - 1 or e.msg.startswith("Unterminated"):
            return 0.9, "the JSON is not finished", max(0, min(e.pos, len(body)) - 1)
    except RecursionError:
        pass
    return None


def _unclosed(body: str) -> tuple[float, str, int] | None:
    """A text that ends in a mark but leaves a tag open."""
    if tag := _tag.search(body):
        return 0.7, f"{tag[0]} is never closed", tag.start()
    return None


def _open_end(body: str) -> tuple[float, str, int] | None:
    """Text that ends without a stop: cut, or a title, a list, a name, a formula, a poem?"""
    lines = [line for line in body.split("\n") if line.strip()]
    at, last = _last_line(body), lines[-1]
    listed = _item.match(last)
    words = last.split()
    if _codelike.search(last):
        return _code_cut(lines, at)
    if _cut_word(body, words):
        # A few words may be a title, and a name in it may look like the beginning of a word.
        sure = 0.97 if len(body.split()) >= 12 else 0.8
        return sure, f"it ends within a word, {words[-1]!r}", at + len(last.rstrip()) - len(words[-1])
    if _closing.match(last.strip()) or _pointer.search(last):
        return None
    ends = [bool(_closed.match(line.rstrip()[-1])) for line in lines[:-1]]
    inner = [stop.end() for stop in _stop.finditer(last) if not (listed and stop.end() <= listed.end() + 1)]
    final = _letter.search(last)
    word = final[0].lower() if final else ""
    if len(words) >= 5 and body[-1] in ",;、，":
        if (
            len(lines) > 1
            and len(words) < 9
            and sum(line.rstrip()[-1:] in ",;" for line in lines[:-1]) * 3 >= len(lines)
        ):
            return None  # verse
        return 0.75, f"it ends in {body[-1]!r}", at + (inner[-1] if inner else 0)
    long = len(words) >= 6 or bool(inner) or (len(ends) >= 3 and sum(ends) * 2 >= len(ends))
    open_word = word in _OPEN_WORDS or (bool(inner) and word in _SELDOM_LAST)
    if long and len(words) >= 3 and open_word and final and final[0].islower():
        return 0.8, f"it ends in {final[0]!r}, which ends no sentence", at + (inner[-1] if inner else 0)
    if body[-1] == "-" or body[-1] == "–":
        return (0.6, "it ends in a dash", at) if inner else None
    if inner:
        tail = last[inner[-1] :].split()
        # "Done. Regards, Ana": what follows the last stop is a name or a title, not a sentence.
        titled = all(part[:1].isupper() or not part[:1].isalpha() or len(part) < 4 for part in tail)
        if (
            not tail
            or (titled and not listed)
            or tail[0][0] in "-–—"
            or not re.search(r"[^\W\d]", "".join(tail))
        ):
            return None
        if len(tail) == 1 and len(tail[0]) < 12 and not tail[0].isascii():
            return None
        sure = 0.8 if len(inner) > 1 or (ends and sum(ends) * 2 >= len(ends)) else 0.65
        # A name ends a sentence more often than it is cut behind.
        if (
            len(inner) == 1
            and not ends
            and 2 < len(tail) < 6
            and tail[-1][:1].isupper()
            and tail[-1][1:].islower()
        ):
            sure = 0.45
        return sure, _STOPLESS[0], at + inner[-1] + 1
    stops = [bool(_stopped.match(line.rstrip()[-1])) for line in lines[:-1]]
    if listed:
        items = [line.rstrip() for line in lines[:-1] if _item.match(line)]
        stopped = sum(bool(_stopped.match(line[-1])) for line in items)
        if len(items) >= 2 and stopped == len(items):
            return (
                0.55 if len(words) >= 10 or (len(words) >= 5 and len(body) > 700) else 0.4,
                "the items before end in a stop, the last does not",
                at,
            )
        return None
    prose = [line for line in lines[:-1] if len(line.split()) >= 12 and not _item.match(line)]
    if (
        len(words) >= 6
        and len(stops) >= 1
        and prose
        and stops[-1]
        and not re.match(r"\s*(?:#|\||>|\*\*)", last)
    ):
        if all(part[:1].isupper() for part in words if len(part) > 3):
            return None
        return 0.7, _STOPLESS[1], at
    steady = sum(stops) * 4 >= 3 * len(stops) or (
        bool(prose) and all(_closed.match(line.rstrip()[-1]) for line in prose)
    )
    if (
        not steady
        or len(body) <= 500
        or not words[0][:1].isalpha()
        or _letterlike.search(body)
        or ":" in last
    ):
        return None
    # "Run this:", and then a command.
    if len(lines) > 1 and lines[-2].rstrip().endswith((":", "：")) and last.lstrip()[:1].islower():
        return None
    if any(part[:1].islower() and len(part) > 2 for part in words[1:]):
        return 0.6, _STOPLESS[2], at
    if len(words) == 1 and len(prose) >= 3 and len(body) > 900 and last[:1].isupper() and len(last) < 8:
        return 0.5, "the last line is one word, the paragraphs before have ends", at
    return None


def _cut_word(body: str, words: list[str]) -> bool:
    """Whether English text ends within a word: the surest sign there is."""
    found = _in_lower.search(body)
    return bool(found) and len(words) >= 4 and is_cut(found[1]) and is_english(body.split()[-40:])  # type: ignore[index]


def _code_cut(lines: list[str], at: int) -> tuple[float, str, int] | None:
    """Code without a fence that stops within a bracket."""
    if 2 * sum(bool(_codelike.search(line)) for line in lines) < len(lines):
        return None
    last = _strings.sub("", _remarks.sub("", lines[-1]))
    if any(last.count(a) > last.count(b) for a, b in ("()", "[]")):
        return 0.8, "the code stops within a bracket", at
    code = _strings.sub("", _remarks.sub("", "\n".join(lines)))
    # A quote that is left over opened a string somewhere, and what is a bracket there is not known.
    if len(lines) > 1 and code.count("{") > code.count("}") and '"' not in code and "'" not in code:
        return 0.7, "the code stops within braces", at
    return None


def weighed(found: tuple[float, str, int] | None, answer: str, asked: str) -> tuple[float, str, int] | None:
    """What the patterns found and what the last words tell, together: see `models.ending`.

    Either asks a person; both, when the words leave little doubt, act.
    """
    if found and (found[0] < 0.4 or found[0] >= 0.9):
        return found
    body = answer.rstrip()
    last = _last(body)
    words = last.split()
    if not asks(answer) or len(words) < FEWEST or _codelike.search(last) or _pointer.search(last):
        return found
    if _closing.match(last.strip()) or not re.search(r"[^\W\d_]$", last.rstrip()):
        return found
    # Who asks for a title gets one, without a stop.
    if "\n" not in body and _titles.search(asked):
        return found
    # Who ends the line ended the text; verse and series of words have no sentences that could be cut.
    if "\n" in answer[len(body) :] or _verse(body) or _series.search(last):
        return found
    likely = float(was_cut([asked], [answer])[0])
    if found and found[0] >= 0.5:
        # A stop alone is forgotten more often than a row is cut.
        acts = likely >= SURE and found[1].startswith("it ends in")
        return (0.95, *found[1:]) if acts else found
    stops = _stop.search(body) or any(_stopped.match(line.rstrip()[-1:] or " ") for line in body.split("\n"))
    opened = (
        last.count("(") > last.count(")") or last.count('"') % 2 == 1 or last.count("“") > last.count("”")
    )
    if likely >= (LIKELY if stops or opened else STOPLESS_LIKELY):
        return (
            round(0.5 + (likely - LIKELY), 2),
            "its last words seldom end a sentence",
            len(body) - len(last),
        )
    return found


def _verse(body: str) -> bool:
    """Whether the last paragraph, or the last three lines, are short lines of which none ends in a stop."""
    lines = [line.strip() for line in body[-600:].split("\n") if line.strip()][-4:]
    return len(lines) >= 3 and all(
        len(line) < 75 and not _stopped.match(line[-1]) for line in lines[:-1][-3:]
    )


def look(asked: str, asked_on: str | None, answer: str) -> Iterator[Seen]:
    if found := weighed(cut(answer, asked_on or "", asked), answer, asked):
        score, why, start = found
        yield Seen(score, f"{why}: …{answer.rstrip()[-40:]!r}", min(start, len(answer)), len(answer))


# What a cheap look lets through: no closing mark at the end, or an odd fence, JSON, a bare item, a tag.
_DOUBT = (
    _CLOSED.replace("[.!?", "[.!?", 1),
    r"^\s*[\[{]",
    r"(?:\n\s*(?:\d{1,3}[.)]?|[-*•+]|#{1,6})|[:：])\s*$",
    r"<(?:think|answer|json|output|response|tool_call)>",
    r"(?i)(?:continue[sd]?|cont['’]?d|cont\.|truncated|cut off|shortened|omitted)[^\n]{0,60}[\])>*]$",
)

_FENCED, _TAGGED = (
    sign("```", "~~~"),
    sign("<think>", "<answer>", "<json>", "<output>", "<response>", "<tool_call>"),
)


@check(
    flags=[
        chat("What is a tide?", "A tide is what the pull of the moon does to the wate"),
        chat("Sum a list.", "def total(rows):\n    found = 0\n    for row in rows:\n        found += float(row["),
        chat("Boil an egg?", "To boil an egg, follow these steps:"),
        chat("Tell me all.", "It began in May. By June they had left.\n\n[continued in next message]"),
        chat("Explain tides.", "The moon pulls on the sea. The side that faces it is pulled more strongly, so the water"),
        chat("Show me a loop.", "Like this:\n```python\nfor n in range(3):\n    print("),
        chat("As JSON, please.", '{"monday": "10:00", "tuesday": "10:0'),
        chat("Tell me all.", "It is long.") | {"extra": {"finish_reason": "length"}},
        chat("Tell me a story.", "Once there was a fox who", "continue", "lived in a wood."),
    ],
    passes=[
        chat("Which city?", "Lima"),
        chat("Steps?", "1. Fill it\n2. Boil it\n3. Pour it away"),
        chat("Code?", "```python\nprint(1)\n```"),
        chat("Area of a circle?", "A = πr²"),
        chat("A haiku?", "Old pond, still water\na frog leaps in without haste\nthe sound of ripples"),
        chat("ประเทศไทยอยู่ที่ไหน", "ประเทศไทยอยู่ในเอเชียตะวันออกเฉียงใต้"),
    ],
)  # fmt: skip
def truncation(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """An answer stops before its end.

    A model trained on cut answers learns to stop anywhere. Shown by the generator's own finish reason (1.0),
    a last word that is the beginning of one, an open code fence, unfinished JSON or an open bracket in code, an empty list
    item, a user who has to ask for the rest, a sentence without an end
    where the ones before it have one, or, in English, last words that seldom end a sentence: a small packaged model
    weighs them, asks a person alone, and sets a row aside where patterns agree. Titles, lists, names, formulas, verse, code and scripts
    without stops end as they like.
    """
    turns = signed(turns)
    following = pl.when(
        (pl.col("example") == pl.col("example").shift(-1)) & (pl.col("role").shift(-1) == "user")
    ).then(text.shift(-1))
    body = text.str.slice(-400).str.strip_chars_end()
    doubt = (
        ~body.str.contains(_CLOSED)
        | text.str.contains(_DOUBT[1])
        | body.str.contains(_DOUBT[2])
        | body.str.contains(_DOUBT[4])
        | (pl.when(_FENCED).then(text).str.count_matches("```|~~~") % 2 == 1).fill_null(False)
        | pl.when(_TAGGED).then(text).str.contains(_DOUBT[3]).fill_null(False)
    )
    goes_on = pl.col("asked_on").str.contains(_GO_ON).fill_null(False)
    rows = answers(turns.with_columns(asked_on=following, ends=ends_part)).filter(
        (pl.col("part") != "rejected") & text.str.contains(r"\S")
    )
    thinks = pl.when(_TAGGED).then(text).str.contains("<think>", literal=True).fill_null(
        False
    ) & ~text.str.contains("</think>", literal=True)
    seen = examine(rows.filter((doubt | goes_on) & ~thinks), look, "asked", "asked_on", "content")
    thought = findings(
        rows.filter(thinks & ~text.str.contains("`<think>", literal=True)),
        score=0.9,
        start=text.str.len_chars(),
        end=text.str.len_chars(),
        message="the reasoning never ends, so there is no answer",
    )
    reported = examples.select("example", reason=pl.col("extra").str.extract(_REASON, 1)).drop_nulls()
    told = (
        rows.filter(pl.col("ends"))
        .join(reported, on="example", maintain_order="left")
        .with_columns(content=pl.format("the generator stopped for: {}", "reason"))
    )
    reasoned = signed(thoughts(turns)).filter(
        (pl.col("part") != "rejected") & (text.str.len_bytes() > 200) & doubt
    )
    return pl.concat(
        [seen, thought, examine(told, _told, "content"), examine(reasoned, _stopped_thinking, "content")]
    )


def _stopped_thinking(reasoning: str) -> Iterator[Seen]:
    """Reasoning ends as it likes, with "so 12" or a heading: only what is surely cut is said."""
    found = cut(reasoning, "", "")
    if found and found[0] >= 0.75:
        yield Seen(0.6, f"in the reasoning: {found[1]}: …{reasoning.rstrip()[-40:]!r}")


def _told(message: str) -> Iterator[Seen]:
    yield Seen(1.0, message)
