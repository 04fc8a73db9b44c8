"""Writes src/finesift/match/unicode.h: what the word kernel must know about characters beyond ASCII.

    python tools/make_unicode.py

From Python's unicodedata; the header names the Unicode version. It is kept in the repository, so that the same
text has the same words on every machine, whatever Python built the kernels.
"""

import re
import unicodedata
from pathlib import Path

HEADER = Path(__file__).parent.parent / "src/finesift/match/unicode.h"
LIMIT = 0x20000  # beyond: planes of Han characters, and some that nobody writes with
SEPARATOR, WORD, SINGLE, IGNORED = range(4)
UNUSUAL = 4  # NFKC or lower-casing makes something else of it than one other character

# Scripts that put no spaces between words: each character counts as one.
UNSPACED = re.compile(
    r"CJK UNIFIED|CJK COMPATIBILITY IDEOGRAPH|HIRAGANA|KATAKANA|THAI|LAO |KHMER|MYANMAR|TIBETAN|BOPOMOFO"
)


def character_class(c: str) -> int:
    category = unicodedata.category(c)
    if category == "Cf" or "\ufe00" <= c <= "\ufe0f" or "\U0001f3fb" <= c <= "\U0001f3ff":
        return IGNORED  # joiners, direction marks, variation selectors, skin tones: not seen by a reader
    if category[0] == "L" or category[0] == "M":
        unspaced = UNSPACED.match(unicodedata.name(c, "")) and category != "Lm"
        return SINGLE if unspaced else WORD
    if category[0] == "N":
        return WORD
    return SINGLE if category == "So" else SEPARATOR  # emoji say something; quotes and dashes do not


def folded(c: str) -> str:
    """Lower case, one character to one; the two small sigmas are the same letter."""
    return next((f for f in (c.casefold(), c.lower()) if len(f) == 1), c)


def is_unusual(c: str) -> bool:
    """Whether text with this character must be normalised before its words are taken."""
    if character_class(c) in (SEPARATOR, IGNORED):
        other = unicodedata.normalize("NFKC", c)
        return any(character_class(o) not in (SEPARATOR, IGNORED) for o in other)
    composed = unicodedata.combining(c) and unicodedata.is_normalized("NFC", c) and unicodedata.name(c, "")
    if composed and ("COMBINING" in composed or "SOUND MARK" in composed):
        return True  # it may join with the letter before it
    return unicodedata.normalize("NFKC", c) != c or len(c.lower()) != 1


def main() -> None:
    classes: list[tuple[int, int]] = []
    folds: list[list[int]] = []  # start, count, step, difference
    for point in range(0x80, LIMIT):
        c = chr(point)
        if 0xD800 <= point < 0xE000:
            kind = WORD
        else:
            kind = character_class(c) | (UNUSUAL if is_unusual(c) else 0)
            difference = ord(folded(c)) - point
            if difference:
                last = folds[-1] if folds else None
                step = point - (last[0] + (last[1] - 1) * last[2]) if last else 0
                if last and last[3] == difference and step <= 2 and (last[1] == 1 or step == last[2]):
                    last[1], last[2] = last[1] + 1, step
                else:
                    folds.append([point, 1, 1, difference])
        if not classes or classes[-1][1] != kind:
            classes.append((point, kind))
    lines = [
        f"// Made by tools/make_unicode.py from Unicode {unicodedata.unidata_version}. Do not edit.",
        "",
        "// From this character on, up to the next entry: 0 separator, 1 part of a word, 2 a word of its own,",
        "// 3 ignored; plus 4 where text must be normalised first.",
        "static const uint32_t CLASSES[][2] = {",
        *_wrapped(f"{{0x{point:x}, {kind}}}," for point, kind in classes),
        "};",
        "",
        "// Lower case: from this character on, so many, each so far from the last: add the difference.",
        "static const int32_t FOLDS[][4] = {",
        *_wrapped("{" + f"0x{f[0]:x}, {f[1]}, {f[2]}, {f[3]}" + "}," for f in folds),
        "};",
    ]
    HEADER.write_text("\n".join(lines) + "\n")


def _wrapped(entries):
    line = "   "
    for entry in entries:
        if len(line) + len(entry) > 110:
            yield line
            line = "   "
        line += " " + entry
    yield line


if __name__ == "__main__":
    main()
