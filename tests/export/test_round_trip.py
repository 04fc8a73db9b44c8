"""What is exported as messages, pairs or ratings is read back with the same meaning, whatever the rows hold."""

import json

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finesift.export.rows import row_of
from finesift.export.target import targets
from finesift.read import read

TARGETS = {name: one for name, one in targets().items() if not one.tokens and name != "openai-rft"}
U, A, S, T = "user", "assistant", "system", "tool"

words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Co", "Cn"), include_characters="\n\u2028"),
    min_size=1, max_size=20,
).map(lambda text: f"w {text} w")  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=4,
)
arguments = st.dictionaries(st.sampled_from(["at", "n", "deep"]), values, max_size=3)
functions = st.sampled_from(["clock", "get_weather", "数える"])


@st.composite
def conversations(draw):
    """Some turns, with calls and their results, reasoning, weights, names and a system prompt here and there."""
    messages = [{"role": S, "content": draw(words)}] if draw(st.booleans()) else []
    used = set()
    for turn in range(draw(st.integers(1, 3))):
        asked = {"role": U, "content": draw(words)}
        messages.append(asked | ({"name": "Ann"} if draw(st.integers(0, 5)) == 0 else {}))
        if draw(st.booleans()):
            names = draw(st.lists(functions, min_size=1, max_size=2))
            used |= set(names)
            calls = [
                {
                    "id": f"c{turn}{n}",
                    "type": "function",
                    "function": {"name": name, "arguments": draw(arguments)},
                }
                for n, name in enumerate(names)
            ]
            messages.append({"role": A, "content": draw(st.none() | words), "tool_calls": calls})
            messages += [
                {"role": T, "tool_call_id": call["id"], "content": draw(words | values.map(json.dumps))}
                for call in calls
            ]
        answer = {"role": A, "content": draw(words)}
        answer |= {"reasoning_content": draw(words)} if draw(st.integers(0, 3)) == 0 else {}
        messages.append(answer | ({"train": False} if turn == 0 and draw(st.integers(0, 3)) == 0 else {}))
    if all(message.get("train") is False for message in messages if message["role"] == A):
        messages[-1].pop("train", None)
    tools = [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
        for name in sorted(used)
    ]
    return {"messages": messages} | ({"tools": tools} if tools else {})


@st.composite
def compared(draw):
    """A pair, or a rated answer."""
    messages = draw(conversations())["messages"]
    prompt = [{key: value for key, value in message.items() if key != "train"} for message in messages[:-1]]
    if not any(message["role"] == U for message in prompt) or any("tool_calls" in m for m in prompt):
        prompt = [{"role": U, "content": draw(words)}]
    one, other = ({"role": A, "content": draw(words) + end} for end in (" one", " other"))
    if draw(st.booleans()):
        return {"prompt": prompt, "chosen": [one], "rejected": [other]}
    return {"prompt": prompt, "completion": [one], "label": draw(st.booleans())}


def meaning(corpus):
    """What every example says: its turns, its tools, its rating."""
    said = {number: [] for number in corpus.examples["example"]}
    for turn in corpus.turns.iter_rows(named=True):
        calls = orjson.loads(turn["tool_calls"] or "[]")
        said[turn["example"]].append(
            (
                str(turn["part"]), str(turn["role"]), value_of(turn["content"] or "", turn["role"]), turn["reasoning"],
                [(call["function"]["name"], value_of(call["function"]["arguments"], T)) for call in calls],
                turn["name"] if turn["role"] != T else None, turn["train"] is False,
            )
        )  # fmt: skip
    tools = [
        sorted(tool.get("function", tool)["name"] for tool in orjson.loads(text or "[]"))
        for text in corpus.examples["tools"]
    ]
    return list(zip(said.values(), tools, corpus.examples["label"].to_list(), strict=True))


def value_of(text, role):
    """A result as what it says: Google has objects only, and puts all else under `result`."""
    if role != T or not isinstance(text, str):
        return text
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return found["result"] if isinstance(found, dict) and found.keys() == {"result"} else found


@pytest.mark.parametrize("name", TARGETS)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(conversations() | compared(), min_size=1, max_size=8))
def test_what_is_exported_is_read_back_with_the_same_meaning(tmp_path, name, rows):
    target = TARGETS[name]
    lines = [orjson.dumps({"id": f"r{number}"} | row) for number, row in enumerate(rows)]
    kept = [line for line in lines if target.refuses(row_of(line)) is None]
    if not kept:
        return
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    before.write_bytes(b"".join(line + b"\n" for line in kept))
    target.write(after, [target.record(row_of(line)) for line in kept])
    again = read([str(after)])
    assert again.unreadable.is_empty()
    assert meaning(again) == meaning(read([str(before)]))
