"""Nothing of a real row is lost or changed by reading and writing it, and what we write we read."""

import json
import re

import pytest

from finesift.read import read
from finesift.write.jsonl import training_rows

FOLDERS = ("sft", "preference", "tool_calling")
NO_DATA = {".source", ".md"}
# Names that mean the same under another word: of roles, of fields, of the kinds of parts.
ROLES = ("human", "gpt", "prompter", "observation", "function_call", "text", "tool_call", "reasoning")
MARKS = re.compile(r"^(?:Human|Assistant):|</?think>")


def files(data_folder):
    found = [file for name in FOLDERS for file in sorted((data_folder / name).rglob("*")) if file.is_file()]
    assert len(found) > 30
    return [file for file in found if file.suffix not in NO_DATA]


def exactly(text):
    """JSON with every number as it is written, so that 1, 1.0 and true are three things."""
    return json.loads(text, parse_float=lambda said: ("float", said), parse_int=lambda said: ("int", said))


def leaves(value):
    """All numbers, booleans and texts in a value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return {leaf for inner in value for leaf in leaves(inner)}
    return set() if value is None else {value}


def written(corpus, path):
    rows = training_rows(corpus.examples, corpus.turns)
    path.write_text("".join(f"{row}\n" for row in rows), "utf-8")
    return rows.to_list()


def test_what_we_write_we_read_to_the_same_corpus(data_folder, tmp_path):
    for file in files(data_folder):
        corpus = read([file])
        lines = written(corpus, tmp_path / "written.jsonl")
        again = read([tmp_path / "written.jsonl"])
        assert again.unreadable.is_empty(), (file, again.unreadable["error"][0])
        columns = ("example", "id", "tools", "label", "extra")
        for one, other in zip(
            corpus.examples.select(columns).iter_rows(),
            again.examples.select(columns).iter_rows(),
            strict=True,
        ):
            assert one == other, file
        assert corpus.turns.equals(again.turns), file
        assert written(again, tmp_path / "again.jsonl") == lines, file


@pytest.mark.long
def test_no_number_boolean_text_or_schema_of_a_row_changes(data_folder, tmp_path):
    for file in files(data_folder):
        corpus = read([file])
        lines = written(corpus, tmp_path / "written.jsonl")
        rows = zip(corpus.originals["raw"], lines, corpus.examples["shape"], strict=True)
        for raw, line, shape in rows:
            # Of a tree one path was chosen; raw text is no JSON.
            if shape != "tree" and raw[:1] in (b"{", b"["):
                assert not missing(raw.decode(), line), (file, line[:200])


def missing(raw, line):
    """The leaves of a row that what was written does not hold, save the names of roles and parts."""
    went = leaves(exactly(line))
    return lost(leaves(exactly(raw)) - went - {*ROLES}, went, "\n".join(filter(is_text, went)))


def lost(came, went, text):
    """Of a text that is not there, its lines have to be, or the leaves of the JSON that it is."""
    found = []
    for leaf in came - went:
        if not is_text(leaf):
            found.append(leaf)
        elif any(MARKS.sub("", part).strip() not in text for part in leaf.split("\n")):
            try:
                found += lost(leaves(exactly(leaf)), went, text)
            except ValueError:
                found.append(leaf)
    return found


def is_text(leaf):
    return isinstance(leaf, str)
