"""Pictures, recordings and files that a row holds beside its text: carried as they came, each in its place.

What is carried stands in the column `media` of the turn that it belongs to, as JSON: `keys`, by which rows are told
apart, and `held`, a list of {"at", "part"} for parts among the texts of a message (`at`: characters of its content
before it), {"field", "value"} for fields of a message and {"row", "value"} for fields of the row.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import xxhash

from finesift.read.conversations.turn import Reading, Turn
from finesift.read.fields import folded

#: Types of content parts: OpenAI's, Anthropic's, Qwen's, and those of its own that datasets writes.
PARTS = frozenset(
    re.split(
        " ",
        "image image_url input_image image_file image_base64 video video_url input_video audio audio_url "
        "input_audio file input_file document",
    )
)
#: Names of parts that have no type: Google's and Bedrock's.
UNTYPED = ("inlineData", "inline_data", "fileData", "file_data", "image", "video", "document")

_FIELDS = frozenset(
    re.split(
        " ",
        "image images picture pictures photo photos video videos audio audios image_path image_paths image_url "
        "image_urls video_path video_paths audio_path audio_paths pixel_values image_base64 images_base64",
    )
)
# What stands where a picture belongs: LLaVA, LLaMA-Factory, ms-swift and TRL write <image>, templates the rest.
MARK = (
    r"<(?:image|video|audio)>|<\|(?:image|image_pad|image_1|video|video_pad|audio|audio_1|AUDIO|IMAGE)\|>"
    r"|<(?:im_start_image|img_placeholder|start_of_image|image_soft_token|image_placeholder)>|\[IMG\]"
)
_mark = re.compile(MARK)

# Fields of a part that say what it is, not which one.
_ABOUT = frozenset(
    re.split(" ", "type media_type mime_type mimeType format detail name filename title cache_control")
)
_DATA_URL = re.compile(r"data:([\w.+/-]{0,80})(?:;[\w=.-]{1,80})*;base64,")
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{64}")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:")
_ENDING = re.compile(r"\.([A-Za-z0-9]{2,5})$")
# How a file begins that is what its ending says.
_BEGINS: dict[str, tuple[bytes, ...]] = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "webp": (b"RIFF",),
    "bmp": (b"BM",),
    "tif": (b"II*\0", b"MM\0*"),
    "tiff": (b"II*\0", b"MM\0*"),
    "wav": (b"RIFF", b"RF64"),
    "flac": (b"fLaC",),
    "ogg": (b"OggS",),
    "opus": (b"OggS",),
    "mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa"),
    "pdf": (b"%PDF",),
    "webm": (b"\x1aE\xdf\xa3",),
    "mkv": (b"\x1aE\xdf\xa3",),
    "avi": (b"RIFF",),
}
_BOXED = ("mp4", "m4a", "mov", "avif", "heic")  # these begin with a size, then `ftyp`
# A picture that the network shows under another ending of the same family is what it is.
_PICTURES = ("png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff")
_HEAD = 16


def holds(name: str) -> bool:
    """Whether a field of this name holds pictures or recordings."""
    return folded(name) in _FIELDS


def is_part(part: dict[str, Any]) -> bool:
    """Whether a part of a message is a picture, a recording or a file."""
    kind = part.get("type")
    if isinstance(kind, str):
        return kind in PARTS
    return kind is None and any(name in part for name in UNTYPED)


def carry(record: dict[str, Any], taken: set[str], turns: Sequence[Turn], reading: Reading) -> set[str]:
    """Moves what the row and its messages hold beside their text into the turns; returns the row's fields that did.

    The row's own fields belong to the first message that has a place for them, else to the first of the user's.
    What is odd about them is noted: places and files that do not match, files that are missing or are not what they
    are called.
    """
    if not turns:
        return set()
    fields = [
        (name, record[name]) for name in record if name not in taken and holds(name) and _number(record[name])
    ]
    for turn in turns:
        kept = turn.extra or {}
        turn.held += [
            {"field": name, "value": value} for name, value in kept.items() if holds(name) and _number(value)
        ]
        turn.extra = {
            name: value for name, value in kept.items() if not (holds(name) and _number(value))
        } or None
    marks = sum(len(_mark.findall(turn.content or "")) for turn in turns) if fields or _any(turns) else 0
    for name, value in [
        *fields,
        *((e["field"], e["value"]) for turn in turns for e in turn.held if "field" in e),
    ]:
        _note_places(name, _number(value), marks, reading)
    if fields:
        owner = next((t for t in turns if _mark.search(t.content or "")), None)
        owner = owner or next((t for t in turns if t.role == "user"), turns[0])
        owner.held += [{"row": name, "value": value} for name, value in fields]
    for turn in turns:
        _settle(turn, reading)
    return {name for name, _ in fields}


def _any(turns: Sequence[Turn]) -> bool:
    return any(turn.held for turn in turns)


def _note_places(name: str, number: int, marks: int, reading: Reading) -> None:
    said = f'"{name[:40]}" holds {number} {"file" if number == 1 else "files"}'
    if not marks:
        reading.note("media_beside", f"{said} that the text does not, and no place in the text is theirs")
    elif marks != number:
        reading.note("media_beside", f"{said}, and the text has {marks} places for them")
    else:
        reading.note(_kind(reading), f"{said} that the text does not")


def note_part(part: dict[str, Any], where: str, reading: Reading) -> None:
    kind = part.get("type") or next(name for name in UNTYPED if name in part)
    reading.note(_kind(reading), f"{where} has a part {kind}, which is not text")


def _kind(reading: Reading) -> str:
    return "media" if reading.options.multimodal == "refuse" else "media_carried"


def _settle(turn: Turn, reading: Reading) -> None:
    """Writes down what the turn holds, and notes files that are not there."""
    if not turn.held:
        return
    keys = []
    for entry in turn.held:
        value = entry.get("part", entry.get("value"))
        keys.append(f"{entry.get('at', entry.get('field', entry.get('row')))}:{'|'.join(_keys(value))}")
        for fault in _faults(value, reading.folder):
            reading.note("media_missing", fault)
    turn.media = reading.dump({"keys": "\n".join(keys), "held": turn.held})


def _number(value: Any) -> int:
    if isinstance(value, list):
        return sum(1 for entry in value if entry not in (None, "", [], {}))
    return int(isinstance(value, (str, bytes, dict)) and value not in ("", {}, b""))


def _keys(value: Any) -> Iterator[str]:
    """What tells one picture from another: a hash of its bytes where they stand here, else the reference."""
    for text in _payloads(value):
        data = _bytes(text)
        yield f"xxh3:{xxhash.xxh3_64_hexdigest(data)}" if data is not None else text


def _payloads(value: Any) -> Iterator[str]:
    """The texts within a part or field that say which file it is, in order. Not by recursion: depth is the data's."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [inner for name, inner in reversed(value.items()) if name not in _ABOUT]
        elif isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, str) and value:
            yield value
        elif isinstance(value, (int, float)):
            yield str(value)


def _bytes(text: str) -> bytes | None:
    """The bytes that stand in a text as base64; None where it is a reference."""
    encoded = _DATA_URL.match(text)
    if not encoded and not _BASE64.match(text):
        return None
    try:
        return base64.b64decode(text[encoded.end() if encoded else 0 :], validate=True)
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "surrogatepass") if encoded else None


def _faults(value: Any, folder: Path | None) -> Iterator[str]:
    """What is wrong with the files of a part or field, as far as that can be seen from here."""
    payloads = list(_payloads(value))
    if any(_bytes(text) is not None for text in payloads):
        # Where the bytes stand beside it, a path is only where they came from.
        yield from (fault for text in payloads if (fault := _inline_fault(text)))
        return
    for text in payloads:
        if ending := _ending(text):
            found = _found(text, folder)
            if found is None:
                yield f'the file "{_short(text)}" is not there'
            elif fault := _file_fault(found, ending):
                yield f'the file "{_short(text)}" {fault}'


def _inline_fault(text: str) -> str | None:
    encoded = _DATA_URL.match(text)
    if not encoded:
        return None
    try:
        data = base64.b64decode(text[encoded.end() :], validate=True)
    except (binascii.Error, ValueError):
        return f"a file that is written into the row as {encoded[1]} is no base64"
    ending = encoded[1].rpartition("/")[2].lower()
    if encoded[1].startswith("image/") and ending in _BEGINS and not _is_any(data, _PICTURES):
        return f"a file that is written into the row as {encoded[1]} is no picture"
    return None


def _ending(text: str) -> str | None:
    """The ending of what may be a local file; None for a URL, an id, or what has no ending that is known."""
    if len(text) > 1024 or "\0" in text or "\n" in text:
        return None
    if _SCHEME.match(text) and not text.startswith("file:") and not re.match(r"[a-zA-Z]:[\\/]", text):
        return None
    found = _ENDING.search(text)
    ending = found[1].lower() if found else ""
    return ending if ending in _BEGINS or ending in _BOXED else None


def _found(text: str, folder: Path | None) -> Path | None:
    """The file, from the folder of the data, the one above, or where the program runs."""
    named = Path(text.removeprefix("file://"))
    folders = [folder, folder.parent, Path()] if folder is not None else [Path()]
    try:
        # Only what is a regular file is opened: a pipe would wait for ever.
        return next((path for base in folders if (path := base / named).is_file()), None)
    except OSError:
        return None


def _file_fault(path: Path, ending: str) -> str | None:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not head:
        return "is empty"
    family = _PICTURES if ending in _PICTURES else (ending,)
    return None if _is_any(head, family) else f"is no {ending.upper()}"


def _is_any(head: bytes, endings: Sequence[str]) -> bool:
    return any(
        head[4:8] == b"ftyp" if ending in _BOXED else head.startswith(_BEGINS[ending]) for ending in endings
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"…{text[-59:]}"
