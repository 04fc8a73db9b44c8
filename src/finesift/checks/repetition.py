import re
from collections import Counter
from collections.abc import Iterator

import polars as pl

from finesift.corpus import chat
from finesift.findings import Seen, examine
from finesift.match.grams import may_repeat
from finesift.match.texts import Texts
from finesift.registry import check
from finesift.views import answers, narrowed, text

# Gopher's limits: the share of characters in the most frequent n-gram, and in n-grams that occur before.
_TOP = {2: 0.20, 3: 0.18, 4: 0.16}
_AGAIN = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}
_PATIENCE = 3
# Ratios of a short text say nothing.
_WORDS = 80
# Unless there is nearly nothing else in it.
_FEW = 30
# A plan for the week has the same lines once a day.
_DAYS = 7
_TAIL = 4000
# No rule that somebody draws is longer, in characters.
_RULE = 1000
_code = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_asked_for = re.compile(
    r"(?i)\b(?:repeat\w*|times|over and over|lyrics|song|chorus|chant|refrain|mantra|poem|print|pattern|list|sequence|rhyme|count|table|ascii|copies|binary|string|pad|write out)\b|重复|次|歌|诗"
)
_codelike = re.compile(
    r"[{};]\s*$|^\s*(?:def|class|SELECT|INSERT|#include|import|<\w+)\b|\bCREATE TABLE\b", re.MULTILINE
)


def look(asked: str, answer: str) -> Iterator[Seen]:
    plain = _code.sub(lambda code: " " * len(code[0]), answer)
    excused = bool(_asked_for.search(asked)) or bool(_codelike.search(plain))
    if looped := _looped(plain):
        start, unit = looped
        share = (len(plain) - start) / max(1, len(plain))
        score = 0.6 + 0.35 * share
        if not excused:
            yield Seen(round(score, 3), f"it ends in a loop of {unit.strip()[:40]!r}", start, len(answer))
        return
    if excused or sum(map(str.isdigit, plain)) * 5 > len(plain):
        return
    words = re.findall(r"\w+", _once(plain).lower())
    if len(words) < _FEW:
        return
    worst = max(_excess(words, re.findall(r"\w+", asked.lower())), default=(0.0, 0.0, ""))
    if len(words) < _WORDS and worst[1] < 0.7:
        return
    if worst[0] > 0:
        score = min(1.0, 0.5 + 0.4 * worst[0])
        yield Seen(round(score, 3), f"{worst[2]}: {worst[1]:.0%} of the text")


def _looped(plain: str) -> tuple[int, str] | None:
    """Where a loop at the end begins, and its unit."""
    offset = max(0, len(plain) - _TAIL)
    tail = plain[offset:].rstrip()
    for size in range(2, 161):
        # The end of the text once more, one unit earlier: runs to the left as far as that holds.
        if len(tail) < 5 * size:
            return None
        run = 0
        while run + size < len(tail) and tail[-1 - run] == tail[-1 - run - size]:
            run += 1
        if run >= 4 * size and run >= 40:
            unit = tail[-size:]
            start = offset + len(tail) - run - size
            while start > 0 and plain[start - 1] == plain[start - 1 + size]:
                start -= 1
            # A rule of signs or a row of zeros ends many texts; a text that is nothing else is a loop.
            nothing_else = len(plain) - start > max(_RULE, 0.9 * len(plain))
            if nothing_else or len(set(filter(str.isalpha, unit))) >= 2:
                return start, unit
            return None
    return None


def _once(plain: str) -> str:
    """The text of a plan, each of its lines once; any other text as it is."""
    lines = [line.strip() for line in plain.split("\n") if line.strip()]
    times = Counter(lines)
    if len(lines) >= 8 and 2 * len(times) > len(lines) and max(times.values()) <= _DAYS:
        return "\n".join(times)
    return plain


def _excess(words: list[str], asked: list[str]) -> Iterator[tuple[float, float, str]]:
    """How far each ratio is over its limit: 0 at the limit, 1 at a share of 0.7; the share; its name.

    asked: the words of the question, which an answer may take up as often as it likes.
    """
    total = sum(map(len, words))
    for size, limit in _TOP.items():
        gram, count = Counter(_grams(words, size)).most_common(1)[0]
        share = count * sum(map(len, gram)) / total
        if count >= 4 and share > limit:
            yield (share - limit) / (0.7 - limit), share, f"{' '.join(gram)!r} again and again"
    for size, limit in _AGAIN.items():
        grams = _grams(words, size)
        if len(set(grams)) == len(grams):
            return  # and no longer one is there twice
        given, seen = set(_grams(asked, size)), set()
        repeated = bytearray(len(words))
        for at, gram in enumerate(grams):
            if gram in seen and gram not in given:
                repeated[at : at + size] = b"\x01" * size
            seen.add(gram)
        share = sum(len(word) for word, again in zip(words, repeated, strict=True) if again) / total
        # Gopher's limits are for web pages; an answer restates its terms, so three times as much is let pass.
        if share > _PATIENCE * limit:
            yield (
                (share - _PATIENCE * limit) / max(0.1, 0.7 - _PATIENCE * limit),
                share,
                f"{size} words or more that occur before",
            )


def _grams(words: list[str], size: int) -> list[tuple[str, ...]]:
    return list(zip(*(words[at:] for at in range(size)), strict=False))


@check(
    flags=[
        chat("Why is it sour?", "Grind finer" + ", grind finer" * 20),
        chat("A sound?", "ha " * 40),
    ],
    passes=[
        chat("Why is it sour?", "It is under-extracted. Grind finer, and finer again if it stays sour."),
        chat("Repeat 'ha' 20 times.", "ha " * 20),
        chat("Zeros?", "0 " * 60),
    ],
    everywhere=True,
)
def repetition(turns: pl.LazyFrame) -> pl.LazyFrame:
    """An answer repeats itself: a loop at its end, or the same words over and over.

    Generators fall into loops, and a model trained on loops falls into them sooner. Answers that were asked to
    repeat, code, tables of numbers and songs are left alone.
    Source: Rae et al. 2021, "Scaling Language Models" (Gopher), table A1; its limits for n-grams that
    occur before are three times as high for answers, and n-grams of the question do not count.
    """
    body = text.str.strip_chars_end()
    # A loop shows its last characters often, or some from its midst; a text that repeats itself has few different words.
    ending = body.str.slice(-9)
    short = pl.when(text.str.len_bytes().is_between(60, 599)).then(text)
    middle = short.str.slice(short.str.len_chars() // 3, 9)
    loops = (text.str.len_bytes() >= 60) & (body.str.count_matches(ending, literal=True) >= 3)
    loops |= (short.str.count_matches(middle, literal=True) >= 6).fill_null(False)
    words = pl.when(text.str.len_bytes() >= 600).then(text.str.split(" "))
    poor = (words.list.n_unique() / words.list.len() < 0.45).fill_null(False)
    rows = narrowed(answers(turns), text.map_batches(_may_repeat, pl.Boolean), loops | poor)
    return examine(rows, look, "asked", "content")


def _may_repeat(texts: pl.Series) -> pl.Series:
    return pl.Series(may_repeat(Texts.as_it_lies(texts)))
