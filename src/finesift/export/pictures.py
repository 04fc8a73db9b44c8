"""Pictures in messages, of whichever provider's form they came in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

Record = dict[str, Any]

_DATA = re.compile(r"data:(image/[\w.+-]+);base64,(.*)", re.DOTALL)
_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
}


@dataclass(frozen=True)
class Picture:
    """address: a URL, with data: for one that is in the row itself. kind: its media type, "" where none is said or
    told by an ending. detail: how closely OpenAI's models look at it, where the row says so."""

    address: str
    kind: str
    detail: str | None = None

    @property
    def scheme(self) -> str:
        return self.address.partition(":")[0].lower()

    @property
    def size(self) -> int:
        """Bytes of one that is in the row itself, else 0."""
        data = self.address.partition("base64,")[2]
        return len(data) * 3 // 4 if self.scheme == "data" else 0


def picture_of(part: Any) -> Picture | None:
    """The picture that a part of a message is: OpenAI's, Anthropic's, Google's, or transformers' form; None where it is
    none, or a file beside the rows."""
    if not isinstance(part, dict):
        return None
    for read in (_openai, _anthropic, _google, _transformers):
        if found := read(part):
            return found
    return None


def parts_of(message: Record) -> list[Any]:
    """A message's content as parts."""
    content = message.get("content")
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": content}] if content else []


def pictures(messages: list[Record]) -> list[Picture] | None:
    """All pictures of messages; None where something among them is neither text nor a picture at an address."""
    found = []
    for message in messages:
        for part in parts_of(message):
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                continue
            picture = picture_of(part)
            if picture is None:
                return None
            found.append(picture)
    return found


def _at(address: Any, kind: str = "", detail: Any = None) -> Picture | None:
    if not isinstance(address, str) or urlsplit(address[:2_000]).scheme not in (
        "http", "https", "gs", "s3", "data",
    ):  # fmt: skip
        return None
    if inside := _DATA.fullmatch(address):
        kind = inside[1]
    ending = PurePosixPath(urlsplit(address[:2_000]).path).suffix.lower().removeprefix(".")
    return Picture(address, kind or _TYPES.get(ending, ""), detail if isinstance(detail, str) else None)


def _openai(part: Record) -> Picture | None:
    given = part.get("image_url")
    if part.get("type") not in ("image_url", "input_image") or not given:
        return None
    if isinstance(given, dict):
        return _at(given.get("url"), detail=given.get("detail"))
    return _at(given, detail=part.get("detail"))


def _anthropic(part: Record) -> Picture | None:
    given = part.get("source")
    if part.get("type") != "image" or not isinstance(given, dict):
        return None
    if given.get("type") == "base64":
        return _at(f"data:{given.get('media_type')};base64,{given.get('data')}")
    return _at(given.get("url"))


def _google(part: Record) -> Picture | None:
    for name in ("inlineData", "inline_data"):
        if isinstance(given := part.get(name), dict):
            return _image(
                _at(f"data:{given.get('mimeType') or given.get('mime_type')};base64,{given.get('data')}")
            )
    for name in ("fileData", "file_data"):
        if isinstance(given := part.get(name), dict):
            kind = given.get("mimeType") or given.get("mime_type") or ""
            return _image(_at(given.get("fileUri") or given.get("file_uri"), str(kind)))
    return None


def _image(found: Picture | None) -> Picture | None:
    return found if found and found.kind.startswith("image/") else None


def _transformers(part: Record) -> Picture | None:
    if part.get("type") != "image":
        return None
    return _at(part.get("url") or part.get("image"))
