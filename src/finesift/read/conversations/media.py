"""Pictures, recordings and files that a row holds beside its text, which reading leaves where they are."""

from __future__ import annotations

import re
from typing import Any

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


def holds(name: str) -> bool:
    """Whether a field of this name holds pictures or recordings."""
    return folded(name) in _FIELDS


def note_fields(record: dict[str, Any], turns: list[Turn], reading: Reading) -> set[str]:
    """Notes fields of the row and of its messages that hold pictures or recordings; returns the row's names."""
    holders = [record, *(turn.extra for turn in turns if turn.extra)]
    found = [(name, value) for holder in holders for name, value in holder.items() if holds(name)]
    held = [(name, number) for name, value in found if (number := _number(value))]
    marks = sum(len(_mark.findall(turn.content)) for turn in turns if turn.content) if held else 0
    for name, number in held:
        said = f'"{name[:40]}" holds {number} {"file" if number == 1 else "files"} that the text does not'
        if marks:
            beside = "" if marks == number else f", and the text has {marks} places for them"
            reading.note("media", said + beside)
        else:
            reading.note("media_beside", said + ", and no place in the text is theirs")
    return {name for name, _ in held if name in record}


def _number(value: Any) -> int:
    if isinstance(value, list):
        return sum(1 for entry in value if entry not in (None, "", [], {}))
    return int(isinstance(value, (str, bytes, dict)) and value not in ("", {}, b""))
