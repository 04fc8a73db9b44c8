import polars as pl

from finesift.corpus import chat
from finesift.findings import findings, spot
from finesift.match.signs import sign, signed
from finesift.registry import check
from finesift.views import narrowed, text

# UTF-8 read as Windows-1252 or Latin-1: a lead byte shown as a letter, its continuation as a sign.
_CONTINUED = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_MOJIBAKE = (
    rf"Ã[\u0080-\u009f\u00a1-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€{_CONTINUED}|â‚¬|â€\b|â„¢|Â[°£§©®·±\u00a0´¨¿¡½¼¾²³«»]"
    rf"|ï»¿|ðŸ{_CONTINUED}|(?:[ÐÑ]{_CONTINUED}){{3,}}|(?:[äåæçèé]{_CONTINUED}{{2}}){{2,}}|ï¿½"
)
_LOST = "\ufffd"
_CONTROL = r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b\x0e-\x1f\x7f\u0080-\u0084\u0086-\u009f\ufffe\uffff]"
# Escapes that were never resolved; inside code they belong.
_ESCAPES = (
    r"\\u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})|\\x[c-f][0-9a-f]\\x[89ab][0-9a-f]|&amp;(?:amp|quot|#39|lt|gt);"
    # A letter with an accent, a line break or a space, spelled out within words.
    r"|\p{L}\\u00[c-fC-F][0-9a-fA-F]\p{L}|\p{L}[.,:;!?]?\\n(?:\\n)?[\p{Lu}\d*-]|(?:^|\s)[\p{L}\d,]+(?:%20[\p{L}\d,.]+){2,}"
)
# Nothing to see, between letters of scripts that need no joiners: it splits the word for the tokenizer.
_HIDDEN = r"[\p{Latin}\p{Cyrillic}\p{Greek}][\u200b\u2060\ufeff]+[\p{Latin}\p{Cyrillic}\p{Greek}]"
_SIGNS = r"[\x00-\x08\x0b\x0e-\x1f\x7f]|\\[uxn]|&amp;|%20"
# How each of these begins: a letter of UTF-8's lead bytes before a sign of its others, or what is in any text that fits.
_BEGINS = sign(
    *(lead.encode() + byte for lead in "ÃâÂïðÐÑäåæçèé" for byte in (b"\xc2", b"\xc5", b"\xc6", b"\xcb", b"\xe2")),
    *("\ufffd", "\u200b", "\u2060", "\ufeff", "\ufffe", "\uffff", r"\u", r"\x", r"\n", "&amp;", "%20", "\x7f"),
    *(bytes([byte]) for byte in range(32) if byte not in b"\t\n\r"),
    *(chr(code) for code in range(0x80, 0xA0)),
)  # fmt: skip
_ALL = (_MOJIBAKE, _LOST, _CONTROL, _HIDDEN, _ESCAPES)
_ANY = "|".join(_ALL)


@check(
    flags=[
        chat("Price?", "The price of â‚¬79 includes VAT. You donâ€™t pay it."),
        chat("Kann ich die MÃ¼hle benutzen?", "Ja."),
        chat("Invoice?", "Yes.\x00 For \x1b[1mno\x1b[0m charge."),
        chat("Name?", "Andr\ufffd"),
    ],
    passes=[
        chat("Preço?", "São 79 €. Não há portes. ÃO é um sufixo."),
        chat("Coffee?", "A naïve “café” – €3 … 👍🏽 ñ ß Ø Å"),
        chat("Tab?", "a\tb\r\nc\fd"),
    ],
    everywhere=True,
)
def encoding_damage(turns: pl.LazyFrame) -> pl.LazyFrame:
    """A message was decoded wrongly: mojibake, lost characters, control characters, raw escapes.

    The model learns to write the damage. Where many rows of one file have it, reading the file in its right
    encoding mends them all.
    """
    start, end = spot(_ANY)
    # Plain ASCII without escapes is sound.
    beyond = (text.str.len_bytes() != text.str.len_chars()) | text.str.contains(_SIGNS)
    hit = text.str.extract(f"({_ANY})", 1)
    kind = (
        pl.when(hit.str.contains(_LOST))
        .then(pl.lit("a character was lost (U+FFFD)"))
        .when(hit.str.contains(_MOJIBAKE))
        .then(pl.lit("UTF-8 was read as another encoding"))
        .when(hit.str.contains(_CONTROL))
        .then(pl.lit("control characters"))
        .when(hit.str.contains(_HIDDEN))
        .then(pl.lit("an invisible character inside a word"))
        .otherwise(pl.lit("escapes that were never resolved"))
    )
    # Escapes belong in code, and in text about them.
    score = (
        pl.when(hit.str.contains(r"\\[uxn]|^&amp;|%20")).then(pl.when(text.str.contains("```|`")).then(0.3).otherwise(0.5))
        .when(hit.str.contains(_LOST)).then(0.7)
        .otherwise(0.8)
    )  # fmt: skip
    return findings(
        # One after the other: as one pattern they take forty times as long.
        narrowed(
            signed(turns),
            _BEGINS,
            pl.any_horizontal(pl.when(beyond).then(text).str.contains(one) for one in _ALL).fill_null(False),
        ),
        score=score,
        start=start,
        end=end,
        message=kind,
    )
