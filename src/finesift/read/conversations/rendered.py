"""Texts that were rendered with a chat template before, taken apart into turns again.

Trained as plain text, such a row trains its prompts too, on marks that the model's own template may not have. A text is
taken apart only where it is the work of one template: put together again, with the marks and the space around them that
each role has where it first speaks, its turns are the text to the byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from finesift.read.conversations.turn import Turn

_ROLES = {
    "model": "assistant",
    "response": "assistant",
    "human": "user",
    "instruction": "user",
    "ipython": "tool",
}


@dataclass(frozen=True)
class Family:
    """Templates that mark turns alike.

    header: where a turn begins; its first group is the role. end: what may stand at the end of a turn. begins: what
    the text begins with, so that others are not looked at. preface: text before the first turn is a system prompt.
    """

    name: str
    begins: tuple[str, ...]
    header: re.Pattern[str]
    end: re.Pattern[str]
    preface: bool = False


FAMILIES = (
    Family(
        "Llama 3",
        ("<|begin_of_text|>", "<|start_header_id|>"),
        re.compile(r"<\|start_header_id\|>(\w+)<\|end_header_id\|>\n\n"),
        re.compile(r"<\|e(?:ot|om)_id\|>\s*$|<\|end_of_text\|>\s*$"),
    ),
    Family(
        "Gemma",
        ("<bos>", "<start_of_turn>"),
        re.compile(r"<start_of_turn>(user|model|system|developer)\n"),
        re.compile(r"<end_of_turn>\s*$|<eos>\s*$"),
    ),
    Family(
        "ChatML",
        ("<|im_start|>", "<|endoftext|><|im_start|>"),
        re.compile(r"<\|im_start\|>(system|user|assistant|tool)\n"),
        re.compile(r"<\|im_end\|>\s*$|<\|endoftext\|>\s*$"),
    ),
    Family(
        "Zephyr or Phi",
        ("<|system|>", "<|user|>"),
        re.compile(r"<\|(system|user|assistant)\|>[ ]?\n?"),
        re.compile(r"</s>\s*$|<\|end\|>\s*$|<\|endoftext\|>\s*$"),
    ),
    Family(
        "Vicuna",
        ("USER:", "A chat between"),
        re.compile(r"(?:(?<=^)|(?<=\s)|(?<=</s>))(USER|ASSISTANT):[ ]?"),
        re.compile(r"</s>\s*$|\s+$"),
        preface=True,
    ),
    Family(
        "Human and Assistant",
        ("### Human:", "### System:"),
        re.compile(r"(?:^|\n)### (System|Human|Assistant):[ ]?\n?"),
        re.compile(r"</s>\s*$|\s+$"),
    ),
    Family(
        "Alpaca",
        ("Below is an instruction", "### Instruction:"),
        re.compile(r"(?:^|\n)### (Instruction|Input|Response):[ ]?\n?"),
        re.compile(r"</s>\s*$|<\|endoftext\|>\s*$|\s+$"),
        preface=True,
    ),
)
_LLAMA_2 = re.compile(
    r"(?P<bos>(?:<s>)?\s*)\[INST\](?P<a>\s*)(?P<asked>.*?)(?P<b>\s*)\[/INST\](?P<c>\s*)(?P<said>.*?)(?P<d>\s*)"
    r"(?P<end></s>|(?=(?:<s>)?\s*\[INST\])|\Z)",
    re.DOTALL,
)
_SYSTEM = re.compile(r"\s*<<SYS>>\n?(.*?)\n?<</SYS>>\s*", re.DOTALL)
_BEGIN = re.compile(r"(?:<s>|<bos>|<\|begin_of_text\|>|<\|endoftext\|>)*\s*")

#: How a text begins that may have been rendered.
OPENINGS = (
    "<s>[INST]",
    "<s> [INST]",
    "[INST]",
    *(opening for family in FAMILIES for opening in family.begins),
)


def unrendered(text: str) -> tuple[str, list[Turn]] | None:
    """The name of the template and the turns, none where the text cannot be taken apart; None where it looks like no
    template's work."""
    if "[INST]" in text[:16]:
        return "Llama 2 or Mistral", _llama_2(text)
    for family in FAMILIES:
        if text.startswith(family.begins) and family.header.search(text):
            return family.name, _turns(text, family)
    return None


def _turns(text: str, family: Family) -> list[Turn]:
    if not _is_rendered_again(text, family):
        return []
    parts = family.header.split(text)
    before = parts[0][_BEGIN.match(parts[0]).end() :].strip()  # type: ignore[union-attr]
    turns = []
    if before:
        if not family.preface:
            return []
        turns.append(Turn("system", before))
    for given, said in zip(parts[1::2], parts[2::2], strict=True):
        role = _ROLES.get(given.lower(), given.lower())
        content = _without_end(said, family.end)
        if given == "Input":
            if not turns or turns[-1].role != "user":
                return []
            turns[-1].content = f"{turns[-1].content}\n{content}"
            continue
        turns.append(Turn(role, content))
    if family.name == "Alpaca" and turns and turns[0].role == "system" and before.startswith("Below is an"):
        # The template's own words, the same in every row.
        turns = turns[1:]
    return turns if _is_chat(turns) else []


def _is_rendered_again(text: str, family: Family) -> bool:
    """Whether one template makes the text of its turns: the same marks and space around all that one role says.

    What ends the last turn may be cut, as where a text ends before its end-of-turn token.
    """
    headers = list(family.header.finditer(text))
    starts = [*(header.start() for header in headers[1:]), len(text)]
    marks: dict[str, tuple[str, str]] = {}
    made = [text[: headers[0].start()]]
    for number, (header, stop) in enumerate(zip(headers, starts, strict=True)):
        said = text[header.end() : stop]
        content = _without_end(said, family.end)
        # A header that begins with the line break that ends the turn before is told by what stands behind that.
        before, after = marks.setdefault(header[1], (header[0].lstrip("\n"), said[len(content) :]))
        last = number == len(headers) - 1
        made.append(header[0][: len(header[0]) - len(header[0].lstrip("\n"))] + before + content)
        made.append(said[len(content) :] if last and after.startswith(said[len(content) :]) else after)
    return "".join(made) == text


def _without_end(said: str, end: re.Pattern[str]) -> str:
    for _ in range(3):
        shorter = end.sub("", said)
        if shorter == said:
            break
        said = shorter
    return said


def _llama_2(text: str) -> list[Turn]:
    turns: list[Turn] = []
    rounds = list(_LLAMA_2.finditer(text))
    at = 0
    for number, match in enumerate(rounds):
        # Of a text that one template made, each round has the same marks and the same space around them.
        alike = [name for name in "abc" if match[name] != rounds[0][name]]
        later = number > 1 and match["bos"] != rounds[1]["bos"]
        ended = number < len(rounds) - 1 and (match["d"], match["end"]) != (rounds[0]["d"], rounds[0]["end"])
        if match.start() != at or alike or later or ended:
            return []
        at = match.end()
        asked, said = match["asked"], match["said"]
        system = _SYSTEM.match(asked) if not turns else None
        if system:
            turns.append(Turn("system", system[1].strip()))
            asked = asked[system.end() :]
        turns.append(Turn("user", asked))
        if said:
            turns.append(Turn("assistant", said))
    return turns if not text[at:].strip() and _is_chat(turns) else []


def _is_chat(turns: list[Turn]) -> bool:
    """Whether all roles are known, and somebody asks and somebody answers."""
    known = all(turn.role in ("system", "developer", "user", "assistant", "tool") for turn in turns)
    return (
        known
        and any(turn.role == "assistant" for turn in turns)
        and any(turn.role == "user" for turn in turns)
    )
