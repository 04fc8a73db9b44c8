import polars as pl

from finesift.corpus import chat, pair
from finesift.findings import findings
from finesift.registry import check
from finesift.views import ends_example, ends_part, is_instruction, previous

_CALL = {
    "role": "assistant",
    "tool_calls": [{"type": "function", "function": {"name": "now", "arguments": "{}"}}],
}
_RESULT = {"role": "tool", "content": "12:00"}


@check(
    flags=[
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "user", "content": "Hello?"}]},
        {"messages": [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Bye"}]},
        chat("Hi", "Hello.", {"role": "system", "content": "Be kind."}),
        chat("What time is it?", _RESULT, {"role": "assistant", "content": "Noon."}),
    ],
    passes=[
        chat("Hi", "Hello.", system="Be kind."),
        chat("What time is it?", _CALL, _RESULT, _RESULT, {"role": "assistant", "content": "Noon."}),
        pair("Hi", "Hello.", "Go away."),
    ],
)
def roles_out_of_order(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """The roles do not take turns: instructions first, then user and assistant, the assistant last.

    Strict templates (Gemma, Mistral, Cohere) raise on such rows and trainers skip them with a log line;
    lenient ones train a conversation that no user will ever have. Usually two rows were merged or a message
    was lost.
    """
    role = pl.col("role").cast(pl.String)
    # Plain text to continue has no turns to take.
    chats = turns.join(
        examples.filter(pl.col("shape") != "text"), on="example", how="semi", maintain_order="left"
    )
    shared_end = (
        chats.filter(pl.col("part") == "messages")
        .group_by("example")
        .agg(shared_end=role.sort_by("turn").last())
    )
    # The message before the first of `chosen` and of `rejected` is the last that they share.
    said = pl.when(is_instruction).then(None).otherwise(role)
    before = pl.coalesce(
        previous(said),
        pl.when(pl.col("part") != "messages").then("shared_end"),
    )
    # The shared part of a pair ends on the prompt, as it should.
    ends_here = ends_part & ((pl.col("part") != "messages") | ends_example)
    fault = (
        pl.when(is_instruction & (pl.col("turn") > 0) & before.is_not_null())
        .then(pl.format("message {} is a {} message amid the conversation", pl.col("turn") + 1, role))
        .when((role == "tool") & ~before.is_in(["assistant", "tool"]).fill_null(False))
        .then(pl.format("message {} is a tool result that nobody asked for", pl.col("turn") + 1))
        .when((role == "assistant") & before.is_null())
        .then(pl.format("message {} is an answer to nothing", pl.col("turn") + 1))
        .when(role.is_in(["user", "assistant"]) & (role == before))
        .then(pl.format("messages {} and {} are both the {}'s", pl.col("turn"), pl.col("turn") + 1, role))
        .when(ends_here & (role != "assistant"))
        .then(pl.format("the last message, {}, is the {}'s: nobody answers it", pl.col("turn") + 1, role))
    )
    return findings(
        chats.join(shared_end, on="example", how="left", maintain_order="left")
        .with_columns(fault=fault)
        .filter(pl.col("fault").is_not_null()),
        score=0.6,
        message=pl.col("fault"),
    )
