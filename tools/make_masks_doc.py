"""Writes the table of templates into docs/masks.md: how each wants the arguments of a tool call.

    FINESIFT_DATA=… python tools/make_masks_doc.py

Public templates are asked with a call of our own; `tests/conformance/test_forms.py` holds the page to them where the
data folder is there.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finesift.chat.forms import NAME, VALUE, form_of, shown
from finesift.chat.template import Template

PAGE = Path(__file__).parents[1] / "docs/masks.md"
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
BEGINS, ENDS = "<!-- made by tools/make_masks_doc.py -->\n", "<!-- end -->\n"
#: Arguments of every kind that tools have. The first is a word by which the call is found again.
GIVEN = {"qxcity": VALUE, "qxdays": 3, "qxnote": 'Say "yes" <now> & é', "qxlist": [1, {"qxdeep": True}]}


def templates(folder: Path) -> dict[str, str]:
    """Distinct public templates by their place in the data folder."""
    found: dict[str, str] = {}
    for file in sorted((folder / "chat_templates").rglob("*.jinja")):
        found.setdefault(file.read_text("utf-8"), str(file.relative_to(folder / "chat_templates")))
    return {name: source for source, name in found.items()}


def read_back(text: str) -> str | None:
    """As what a parser of its family reads the call to the arguments given: JSON, tags, Python; None: it does not."""
    # MiniMax writes a mark of its own before each tag.
    text = text.replace("]<]minimax[>[", "")
    if any(value == GIVEN for whole in _jsons(text) for value in _parts(whole)):
        return "JSON"
    if all(re.search(_tagged(key, value), text) for key, value in GIVEN.items()):
        return "tags"
    if any(call == GIVEN for call in _pythons(text)):
        return "Python"
    return None


def _jsons(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    for at in (found.start() for found in re.finditer(r"[{\[]", text)):
        try:
            yield decoder.raw_decode(text, at)[0]
        except ValueError:
            continue


def _parts(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _parts(one)


def _tagged(key: str, value: Any) -> str:
    """The key in a tag, or between two, then the value, then the next tag. A list may be tags itself, or stand there as
    Python prints it."""
    said = [re.escape(json.dumps(value, ensure_ascii=False))]
    if isinstance(value, str):
        said.append(re.escape(value))
    elif isinstance(value, list):
        said += [re.escape(repr(value)), r"(?:\W|item)*".join(_leaves(value))]
    begins = r"[^<>]{0,40}(?:</?[^<>]*>|>|:)(?:\s*<[^<>]*>)*\s*(?:<!\[CDATA\[)?[^\w\"\[]*(?:<item>)?"
    return rf"{key}\b{begins}(?:{'|'.join(said)})\s*[<,\]}}]"


def _leaves(value: Any) -> list[str]:
    """Keys and plain values, in order."""
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in (key, *_leaves(one))]
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one)]
    return [json.dumps(value)]


def _pythons(text: str) -> Iterator[Any]:
    for at in (found.start() for found in re.finditer(rf"{NAME}\(", text)):
        for end in (found.end() + at for found in re.finditer(r"\)", text[at : at + 2_000])):
            try:
                call = ast.parse(text[at:end], mode="eval").body
                if isinstance(call, ast.Call):
                    yield {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
            except (SyntaxError, ValueError):
                continue


def told(text: str | None) -> str:
    if text is None:
        return "no call"
    family = read_back(text)
    if family:
        return family
    return (
        "twice encoded"
        if '\\"qxcity' in text
        else "as Python prints it"
        if "'qxcity'" in text
        else "otherwise"
    )


def rows(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Template, what it makes of an object and of text, and what it is given."""
    for name, source in templates(folder).items():
        template = Template(source, tokens=TOKENS, name=name)
        as_object, as_text = shown(template, GIVEN), shown(template, json.dumps(GIVEN, ensure_ascii=False))
        form = form_of(template)
        yield name.removesuffix(".jinja"), told(as_object), told(as_text), form or "-"


def table(folder: Path) -> str:
    found = list(rows(folder))
    lines = ["| template | object | text | is given |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in found if row[3] != "-"]
    silent = ", ".join(row[0].rpartition("/")[2] for row in found if row[3] == "-")
    return "\n".join(lines) + f"\n\nNo call is shown by {silent}.\n"


def page(folder: Path) -> str:
    before, _, rest = PAGE.read_text("utf-8").partition(BEGINS)
    return f"{before}{BEGINS}\n{table(folder)}\n{ENDS}{rest.partition(ENDS)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(Path(os.environ["FINESIFT_DATA"])), "utf-8")
