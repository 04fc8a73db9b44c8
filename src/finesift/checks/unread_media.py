import re
from collections.abc import Iterator

import polars as pl

from finesift.corpus import chat
from finesift.findings import Seen, examine, findings
from finesift.match.signs import sign, signed
from finesift.read.conversations.media import MARK
from finesift.registry import check
from finesift.views import narrowed, text

# What reading noted. `media` is what a recipe refuses; carried rows are named, because nothing counts their tokens.
_SCORES = {"media": 1.0, "media_beside": 0.6, "media_missing": 0.6, "media_carried": 0.2}
# A file written out: with its type, or by how a PNG, JPEG, GIF, WebP or PDF begins in base64.
_ENCODED = (
    r"(?:data:(?:image|audio|video|application)/[\w.+-]{1,40};base64,|\b(?:iVBORw0KGgo|/9j/4AAQ|R0lGOD|UklGR|JVBERi0))"
    r"[A-Za-z0-9+/=]{200,}"
)
_PICTURE = r"!\[[^\]\n]{0,300}\]\([^)\s]{1,500}(?:\s[^)\n]{0,200})?\)|<img\s[^>\n]{0,500}\bsrc\s*="
_ANY = f"{MARK}|{_ENCODED}|{_PICTURE}"
_MAY_BE = sign(
    *("<image>", "<video>", "<audio>", "<|image", "<|video", "<|audio", "<im_start_image", "<img_placeholder", "<start_of_image"),
    *("<image_soft_token", "<image_placeholder", "[IMG]", "base64,", "iVBORw0KGgo", "/9j/4AAQ", "R0lGOD", "UklGR", "JVBERi0", "![", "<img"),
)  # fmt: skip
_mark, _encoded, _picture = re.compile(MARK), re.compile(_ENCODED), re.compile(_PICTURE)
# Where these are talked about, the marks are the matter and no place for a file.
_about = re.compile(
    r"```|</?(?:html|body|div|p|a|svg|picture|source|figure|script|style)\b|\b(?:html5?|tags?|elements?|attributes?|css|markdown|jsx?|"
    r"xml|svg|dom|react|vue|markup|regex|placeholders?|tokens?|template|latex|readme|webpage|web page|javascript|python)\b",
    re.IGNORECASE,
)


def look(said: str, role: str) -> Iterator[Seen]:
    if hit := _encoded.search(said):
        length = hit.end() - hit.start()
        message = f"{length:,} characters of a file in base64, which are read as letters"
        yield Seen(1.0 if length >= 1000 else 0.6, message, hit.start(), hit.end())
    elif _about.search(said):
        return
    elif hit := _mark.search(said):
        yield Seen(0.6, f"a place for a file that the row does not have: {hit[0]}", hit.start(), hit.end())
    elif role == "user" and (hit := _picture.search(said)):
        yield Seen(0.6, f"a picture that is only linked: {hit[0][:60]}", hit.start(), hit.end())


@check(
    flags=[
        chat("<image>What is on the table?", "A blue jug."),
        chat("What does ![chart](https://shop.example/returns.png) show?", "Returns peak in January."),
        chat("What is this? data:image/png;base64," + "iVBORw0KGgo" * 100, "A red square."),
        chat("What is on the table?", "A jug.")
        | {"notes": [{"kind": "media", "message": "message 1 has a part image_url"}]},
    ],
    passes=[
        chat("When do I use the <picture> element?", "For several sources of one image."),
        chat("What does <img src='a.png'> do in HTML?", "It shows a.png."),
        chat("How do I embed a picture in Markdown?", "Write ![words](place.png)."),
    ],
)
def unread_media(turns: pl.LazyFrame, notes: pl.LazyFrame) -> pl.LazyFrame:
    """A picture, a recording or a file belongs to the row, and what is checked and counted is its text.

    Such rows are carried with it as they came, and only counted here; the tokens that a picture takes are in no count.
    With data.multimodal = "refuse" they are set aside: trained on text alone, an answer about a picture is made up. A
    file that is missing or is not what it is called, a column of files without as many places in the text, and a place
    without a file are for review. Files written into the text as base64 fill the context with letters.
    Source: the layouts of OpenAI, Anthropic, Google, LLaVA, LLaMA-Factory, ms-swift and TRL.
    """
    held = notes.filter(pl.col("kind").is_in(list(_SCORES)))
    written = narrowed(signed(turns), _MAY_BE, text.str.contains(_ANY)).join(
        held, on="example", how="anti", maintain_order="left"
    )
    return pl.concat(
        [
            findings(
                held,
                score=pl.col("kind").replace_strict(_SCORES, return_dtype=pl.Float32),
                message=pl.col("message"),
            ),
            examine(written.with_columns(pl.col("role").cast(pl.String)), look, "content", "role"),
        ]
    )
