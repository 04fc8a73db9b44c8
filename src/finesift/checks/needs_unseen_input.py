import re
from collections.abc import Iterator

import polars as pl

from finesift.corpus import chat
from finesift.findings import Seen, examine
from finesift.match.signs import sign, signed
from finesift.registry import check
from finesift.views import text

_MEDIA = r"(?:image|photo(?:graph)?|picture|diagram|chart|graph|figure|screenshot|drawing|painting|illustration|map|video|clip|audio|recording|spreadsheet|pdf|logo|infographic)"
_TEXTS = r"(?:text|passage|article|paragraph|document|file|table|code|snippet|email|letter|poem|story|essay|sentences?|data(?:set)?|list|conversation|dialogue|report|resume|review|excerpt)"
_ATTACHED = (
    rf"\b(?:attached|enclosed|uploaded) (?:\w+ )?(?:{_MEDIA}|{_TEXTS})\b|\b{_MEDIA} (?:attached|enclosed|below|above|provided|shown|I (?:sent|uploaded|attached))\b"
    rf"|\b(?:this|the following|the (?:given|above|below|provided)|the accompanying) {_MEDIA}\b|\bin the {_MEDIA} below\b|<\s*(?:image|picture|photo|video|audio|file) (?:attached|here|of)[^<>\n]{{0,30}}>|\[(?:image|picture|photo|video|audio|attachment)(?: (?:attached|here|of)[^\]\n]{{0,40}})?\]"
)
_POINTS = rf"\b(?:the following|the (?:given|provided|below|above)|this|these) {_TEXTS}\b|\b{_TEXTS} (?:below|above)\b"
_LINK = r"https?://\S+|\bwww\.\S+"
_READ = r"\b(?:summari[sz]e|read|visit|open|watch|review|analy[sz]e|according to|based on|from|article|video|page|website|link|url|translate|extract)\b"
_NOW = (
    r"\bwhat(?:['’]s| is) (?:today['’]s date|the (?:current|exact) (?:date|time|weather|temperature|stock price|price of)|the (?:date|time|weather|temperature)(?: like)? (?:today|now|right now|tomorrow|currently|outside))"
    r"|\bwhat (?:day|date|time) is it(?: (?:today|now|right now))?\b|\b(?:today['’]s|tonight['’]s|this week['’]s) (?:weather|news|headlines|forecast|stock price|score)\b|\bright now in (?-i:[A-Z])"
)
_PICTURE = r"^\W*(?:please |can you |could you )?(?:draw|paint|sketch|generate|create|design|make|produce|render) (?:me )?(?:an?|the|some) (?:\w{3,}[ -]){0,2}(?:image|picture|photo|logo|drawing|illustration|painting|graphic|poster image|cartoon|sketch|icon|infographic|meme)\b"
_SEEN = "(?i)" + "|".join((_ATTACHED, _NOW, _PICTURE))
# One of these is in all of them.
_HINTS = [
    "image",
    "photo",
    "picture",
    "diagram",
    "chart",
    "graph",
    "figure",
    "screenshot",
    "drawing",
    "painting",
    "illustration",
    "map",
    "video",
    "clip",
    "audio",
    "recording",
    "spreadsheet",
    "pdf",
    "logo",
    "infographic",
    "attached",
    "enclosed",
    "uploaded",
    "file",
    "today",
    "tonight",
    "now",
    "time",
    "weather",
    "temperature",
    "date",
    "week",
    "cartoon",
    "sketch",
    "icon",
    "meme",
    "current",
]
_HINTED, _LINKED = sign(*_HINTS), sign("http://", "https://", "www.")

_attached, _points, _now, _picture = (
    re.compile(p, re.IGNORECASE) for p in (_ATTACHED, _POINTS, _NOW, _PICTURE)
)
_link, _read = re.compile(_LINK), re.compile(_READ, re.IGNORECASE)
# The thing is there after all: a quotation, code, a list, a second paragraph, text after a colon.
_here = re.compile(r"[:：]\s*\S|\n\s*\S|[\"“”«`].{8,}|[.?!]\s+\S.{15,}|\(.{12,}\)|\|", re.DOTALL)
# The input stands right behind the task, with or without a space.
_follows = re.compile(r"[.?!:]\s*\S.{4,}|[a-z][A-Z]", re.DOTALL)
# A link that a program is to handle, or that is looked at as an address, is not to be read.
_program = re.compile(
    r"\b(?:write|create|make|build|implement|construct|develop|generate|design|code|set up|give me)\b.{0,60}\b(?:functions?|scripts?|programs?|code|request|call|regex|regular expression|query|command|class|method|snippet|app|parser|scraper|crawler|client)\b"
    r"|\b(?:valid(?:ate)?|encode|decode|shorten|parse|protocol|domain name|scheme|query string|status code)\b",
    re.IGNORECASE,
)
# Tools may be described in the prompt itself, and called in the answer.
_equipped = re.compile(
    r"\b(?:tools?|functions?|APIs?|plug-?ins?) (?:access|enabled|available|you can use|described|below)\b|\baccess to (?:\w+ ){0,4}(?:tools?|functions?|APIs?|internet|web|search|browser|plug-?ins?)\b|\b(?:following|these|available) (?:tools?|functions?|APIs?|plug-?ins?)\b|\buseful for when\b|\bAction Input\b",
    re.IGNORECASE,
)
_calls = re.compile(r"\b\w+\(['\"][^\n]*['\"]\)|<tool_call>|\"name\": ?\"|\bAction:")
_drawn = re.compile(r"<svg|```|[|/\\_]{3,}|https?://|<img|\bcanvas\b|\bplt\.", re.IGNORECASE)
_media_given = re.compile(
    r'"(?:images?|videos?|audios?|files?|image_url|pixel_values|attachments?)" ?:', re.IGNORECASE
)
_unable = re.compile(
    r"\b(?:can(?:not|['’]t)|unable|not able|don['’]t (?:see|have|know)|do not (?:see|have|know)|not (?:programmed|designed|equipped)|real[- ]time|didn['’]t|did not|no (?:image|file|picture|text|attachment)|please (?:provide|share|send|upload|paste)|could you)\b|无法|没有|请提供",
    re.IGNORECASE,
)


def look(asked: str, answer: str | None, extra: str | None, tools: str | None, first: bool) -> Iterator[Seen]:
    # Who has tools can look; an answer that says what is missing is a good one.
    if (
        tools
        or _equipped.search(asked)
        or (answer and _calls.search(answer))
        or (extra and _media_given.search(extra))
        or (answer and _unable.search(answer[:300]))
    ):
        return
    found = None
    if hit := _attached.search(asked):
        bare = not _here.search(asked[hit.end() :].strip()[:400]) or hit[0][0] in "<["
        found = (0.6, "it is about something that is not in the text", hit) if bare else None
    elif hit := _now.search(asked):
        found = (0.5, "it asks for the present moment, which no text knows", hit)
    elif (hit := _picture.search(asked)) and not _drawn.search(answer or ""):
        found = (0.5, "it asks for a picture", hit)
    elif (
        (hit := _link.search(asked))
        and _read.search(asked)
        and len(asked) - len(hit[0]) < 160
        and not _program.search(asked)
    ):
        found = (0.5, "it is about a page that is only linked", hit)
    elif (
        first
        and (hit := _points.search(asked))
        and len(asked) < 160
        and not _here.search(asked)
        and not _follows.search(asked, hit.end())
    ):
        found = (0.5, "what it points to does not follow", hit)
    if found is None:
        return
    score, message, hit = found
    yield Seen(score, f"{message}: {hit[0][:50]}", hit.start(), hit.end())


@check(
    flags=[
        chat("Describe what is wrong in the attached photo.", "The tray is cracked."),
        chat("What does the diagram below say?", "Returns peak in January."),
        chat("Summarise https://news.example/a1", "It is about Belarus."),
        chat("What day is it today?", "Monday."),
        chat("Summarise the following article.", "It says that tea is good."),
    ],
    passes=[
        chat("Summarise the following text: Tea is a drink made of leaves.", "Tea is made of leaves."),
        chat("Describe what is in the attached photo.", "I cannot see a photo. Could you describe it?"),
        chat("How do I take a good photo?", "Mind the light."),
    ],
)
def needs_unseen_input(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """A question is about what is not in the text: a picture, a file, a link, today's date.

    Answers to it are made up, and teach making things up. An answer that says so is a good one.
    Source: classes "hallucinations" and "instructions to generate images" of AlpacaDataCleaned.
    """
    same = (pl.col("example") == pl.col("example").shift(-1)) & (pl.col("role").shift(-1) == "assistant")
    # Answers are longer than questions: looking at them as well takes ten times as long.
    turns = signed(turns)
    of_user = pl.col("role") == "user"
    asked = pl.when(of_user).then(text)
    hinted = pl.when(of_user & _HINTED).then(text)
    short = pl.when((asked.str.len_bytes() < 200) & ~asked.str.contains("[:\n]")).then(asked)
    seen = pl.any_horizontal(
        hinted.str.contains(_SEEN),
        short.str.contains("(?i)" + _POINTS),
        pl.when(of_user & _LINKED).then(text).str.contains(_LINK),
    )
    rows = (
        turns.filter(pl.col("media").is_null().all().over("example"))
        .with_columns(answer=pl.when(same).then(text.shift(-1)), first=pl.col("turn") <= 1)
        .filter(seen.fill_null(False))
        .join(examples.select("example", "extra", "tools"), on="example", how="left", maintain_order="left")
    )
    return examine(rows, look, "content", "answer", "extra", "tools", "first")
