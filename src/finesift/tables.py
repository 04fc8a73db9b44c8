"""The tables that everything between reading and writing works on: their columns, in words.

examples    one row per input row that could be read
turns       one row per message; (example, turn) is its key
originals   one row per input row, as its bytes came in
unreadable  one row per input row that could not be read, with the reason
notes       one row per thing that reading did to an example or found odd about it
rendered    one row per example, once the chat template has been applied: its tokens, and those trained
problems    one row per thing that the proof of the loss mask found wrong with an example
held_out    one row per item of the evaluations that must share nothing with training
near        one row per pair of examples that are nearly the same, once they have been compared
alike       one row per pair of examples that ask the same in other words, once they have been compared by meaning
edits       one row per message that a person corrected
redactions  one row per value that a placeholder stands for
"""

from __future__ import annotations

import polars as pl

ROLES = ("system", "developer", "user", "assistant", "tool")
PARTS = ("messages", "chosen", "rejected")

Role: pl.DataType = pl.Enum(ROLES)
Part: pl.DataType = pl.Enum(PARTS)

EXAMPLES = pl.Schema(
    {
        "example": pl.UInt32,  # number of the row in the input, from 0, over all files
        "id": pl.String,  # hash of the content; see `identify`
        "source": pl.String,  # the file, as the user named it
        "row": pl.UInt32,  # line (JSONL, CSV) or record number (the rest), from 1
        "shape": pl.String,  # messages, alpaca, sharegpt, prompt_completion, preference, kto, text, …
        "tools": pl.String,  # JSON list of tool schemas, or null
        "label": pl.Boolean,  # KTO: was the answer wanted? else null
        "extra": pl.String,  # JSON object of all fields that no other column holds, or null
    }
)
TURNS = pl.Schema(
    {
        "example": pl.UInt32(),
        "part": Part,  # a preference pair shares "messages" and differs in "chosen" and "rejected"
        "turn": pl.UInt32(),  # from 0, through all parts of the example
        "role": Role,
        "content": pl.String(),  # null where the message has none (a message that only calls tools)
        "reasoning": pl.String(),
        "tool_calls": pl.String(),  # JSON text, never a struct: merged schemas invent nulls
        "tool_call_id": pl.String(),
        "name": pl.String(),
        "train": pl.Boolean(),  # the data's own word on whether this message is trained; null: no word
        "media": pl.String(),  # JSON: pictures, recordings and files in their places, with keys; see `media_keys`
    }
)
ORIGINALS = pl.Schema({"example": pl.UInt32, "raw": pl.Binary})
RENDERED = pl.Schema(
    {
        "example": pl.UInt32,
        "tokens": pl.UInt32,  # of the rendered conversation; of a pair, its longer side; null: not counted
        "trained": pl.UInt32,  # of them, how many the loss sees; of a pair, of the side that has fewer
        "error": pl.String,  # why the chat template refuses the conversation, else null
    }
)
PROBLEMS = pl.Schema(
    {
        "example": pl.UInt32,
        "turn": pl.UInt32,  # null: about the whole example
        "problem": pl.String,  # a name; see `finesift.chat.proof.KINDS`
        "score": pl.Float32,  # 0 to 1: how sure it is that training suffers
        "message": pl.String,
    }
)
HELD_OUT = pl.Schema(
    {
        "set": pl.String,  # the name that the recipe gives the evaluation
        "item": pl.UInt32,  # its line or record number, from 1
        "question": pl.String,  # all that is asked, in one text; without the options to choose from
        "options": pl.String,  # those, one to a line, or null
        "answer": pl.String,  # the reference answer, or null
    }
)
NEAR = pl.Schema(
    {
        "example": pl.UInt32,
        "other": pl.UInt32,  # a later example
        "whole": pl.Float32,  # Jaccard similarity of their word n-grams, 0 to 1: without system prompts,
        "prompt": pl.Float32,  # of all before the last answer,
        "answer": pl.Float32,  # and of the last answer
        "differs": pl.String,  # what makes them say different things though they are alike; null: nothing seen
    }
)
ALIKE = pl.Schema(
    {
        "example": pl.UInt32,
        "other": pl.UInt32,  # a later example
        "prompt": pl.Float32,  # cosine of the static vectors of what both ask,
        "sentence": pl.Float32,  # and of a sentence model's vectors; null: it was not asked
        "score": pl.Float32,  # how likely both ask the same, 0 to 1
        "answer": pl.Float32,  # how alike the answers are in meaning, 0 to 1; halved where a number or name differs
        "common": pl.Float32,  # the share of both prompts' words that more than 3 % of all prompts have
    }
)

EDITS = pl.Schema(
    {
        "example": pl.UInt32,
        "turn": pl.UInt32,
        "before": pl.String,  # what the message said when it was read
        "after": pl.String,  # what a person corrected it to
        "by": pl.String,
        "why": pl.String,
    }
)
REDACTIONS = pl.Schema(
    {
        "placeholder": pl.String,  # [EMAIL_1]
        "kind": pl.String,  # see `finesift.secret.formats.KINDS`
        "value": pl.String,  # as it was first met; never written into a run
        "times": pl.UInt32,  # places in which it was replaced
    }
)
UNREADABLE = pl.Schema(
    {
        "source": pl.String,
        "row": pl.UInt32,
        "raw": pl.Binary,
        "error": pl.String,
        "hint": pl.String,
    }
)
NOTES = pl.Schema(
    {
        "example": pl.UInt32,
        "kind": pl.String,  # repair: nothing is lost by it; lossy_repair: the recipe asked; competing_fields
        "message": pl.String,
    }
)
