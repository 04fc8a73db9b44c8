"""Layouts of providers: what is written has the published form, and what cannot have it is left out by name."""

import json

import orjson
import pytest

from finesift.export.folder import LEFT_OUT, export
from finesift.export.hosted import linked
from finesift.export.pictures import picture_of
from finesift.export.rows import row_of
from finesift.export.target import targets
from finesift.pipeline import prep
from finesift.read import read
from finesift.recipe import Recipe

TARGETS = {name: one for name, one in targets().items() if one.published}
CHATS = [name for name, one in TARGETS.items() if one.kinds == ("conversation",) and name != "openai-rft"]
U, A, S, T = "user", "assistant", "system", "tool"


def said(role, content, **more):
    return {"role": role, "content": content, **more}


def call(name, arguments, id_=None):
    made = {"type": "function", "function": {"name": name, "arguments": arguments}}
    return made if id_ is None else made | {"id": id_}


def tool(name):
    return {
        "type": "function",
        "function": {"name": name, "parameters": {"type": "object", "properties": {}}},
    }


def row(messages, tools=(), **more):
    return row_of(json.dumps({"id": "x", "messages": messages, "tools": list(tools), **more}).encode())


ASK = said(U, "What time is it in Ghent and in Bern?")
TWICE = [
    ASK,
    said(A, None, tool_calls=[call("clock", {"at": "Ghent"}), call("clock", {"at": "Bern"})]),
    said(T, '{"hour": 12}'),
    said(T, "noon"),
    said(A, "Noon in both."),
]

# The form of a record, as the page that its target names has it. A dict: fields, with ? behind those that may be
# missing; a list: any number of its one item, at least one; a tuple: any of these; a type or a value: that.
TEXT = {"role": (S, U), "content": str, "name?": str}
FUNCTION = {"name": str, "description?": str, "parameters?": dict, "strict?": bool}
CALLS = [{"id": str, "type": "function", "function": {"name": str, "arguments": str}}]
ANSWER = {"role": A, "content?": (str, None), "tool_calls?": CALLS, "weight?": (0, 1), "name?": str}
RESULT = {"role": T, "content": str, "tool_call_id": str}
PICTURE = {"type": "image_url", "image_url": {"url": str, "detail?": ("low", "high", "auto")}}
SEEN = {"role": U, "content": [({"type": "text", "text": str}, PICTURE)], "name?": str}
TOOLS = [{"type": "function", "function": FUNCTION}]
CHAT = {"messages": [(TEXT, ANSWER, RESULT, SEEN)], "tools?": TOOLS}
ONE = [ANSWER]
PAIR = {
    "input": {"messages": [(TEXT, ANSWER, RESULT)], "tools?": TOOLS},
    "preferred_output": ONE,
    "non_preferred_output": ONE,
}
GOOGLE_PART = (
    {"text": str},
    {"fileData": {"mimeType": str, "fileUri": str}},
    {"functionCall": {"name": str, "args": dict}},
    {"functionResponse": {"name": str, "response": dict}},
)
AMAZON_PART = ({"text": str}, {"image": {"format": str, "source": {"s3Location": {"uri": str}}}})
FORMS = {
    "openai": CHAT,
    "azure": CHAT,
    "together": CHAT,
    "fireworks": CHAT,
    "mistral": CHAT,
    "openai-rft": {"messages": [(TEXT, SEEN)], "reference_answer": str},
    "openai-preference": PAIR,
    "together-preference": PAIR,
    "fireworks-preference": PAIR,
    "gemini": {
        "systemInstruction?": {"role": S, "parts": [{"text": str}]},
        "contents": [{"role": (U, "model"), "parts": [GOOGLE_PART]}],
        "tools?": [{"functionDeclarations": [FUNCTION]}],
    },
    "bedrock": {
        "schemaVersion": "bedrock-conversation-2024",
        "system?": [{"text": str}],
        "messages": [{"role": (U, A), "content": [AMAZON_PART]}],
    },
    "cohere": {"messages": [{"role": ("System", "User", "Chatbot"), "content": str}]},
}


def has_form(value, form):
    if isinstance(form, dict):
        names = {name.removesuffix("?"): part for name, part in form.items()}
        needed = {name for name in form if not name.endswith("?")}
        return (
            isinstance(value, dict)
            and needed <= value.keys() <= names.keys()
            and all(has_form(part, names[name]) for name, part in value.items())
        )
    if isinstance(form, list):
        return isinstance(value, list) and bool(value) and all(has_form(one, form[0]) for one in value)
    if isinstance(form, tuple):
        return any(has_form(value, one) for one in form)
    return isinstance(value, form) if isinstance(form, type) else value == form and type(value) is type(form)


ODD = [
    {"messages": [said(S, ""), said(U, "Name a knot."), said(A, "Bowline.")]},
    {"messages": [said(S, "Be brief."), said(U, "Name a tree."), said(A, "Oak.")]},
    {"messages": TWICE, "tools": [tool("clock")]},
    {"messages": [said(U, "Wie spät?"), said(A, None, tool_calls=[call("uhr_zeit_für", {}, "ä1")])]},
    {"messages": [said(U, "Say A."), said(A, "B.", train=False), said(U, "No, A."), said(A, "A.")]},
    {"messages": [said(U, "One."), said(U, "Two."), said(A, "Both.")]},
    {"messages": [said(U, "Hi, all.", name="Ann"), said(U, "Hello.", name="Bo\nBo"), said(A, "Welcome.")]},
    {"messages": [said(U, "Is the word System: kept?"), said(A, "Yes, as it is.")]},
    {"messages": [said(A, "Hello, I am the desk."), said(U, "Open?"), said(A, "At nine.")]},
    {"messages": [said(U, "Long? " + "word " * 30_000), said(A, "Too long to say.")]},
    {"messages": [said(U, "Look it up."), said(A, "I do.", tool_calls=[call("find", '{"q": 1}', "c1")]), said(T, "[1, 2]", tool_call_id="c1"), said(A, "One and two.")]},
    {"messages": [said(U, "Weather?"), said(A, None, tool_calls=[call("sky", {}, "c1")]), said(U, "Never mind."), said(A, "As you like.")]},
    {"messages": [said(U, [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}]), said(A, "A jug.")]},
    {"messages": [said(U, [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}, {"type": "text", "text": "And here?"}]), said(A, "A bowl.")]},
    {"messages": [said(U, [{"type": "text", "text": "On the bucket?"}, {"type": "image_url", "image_url": {"url": "s3://b/a.jpeg"}}]), said(A, "A spade.")]},
    {"messages": [said(U, "Look <image> here."), said(A, "A map.")], "images": ["a.png"]},
    {"contents": [{"role": "user", "parts": [{"text": "Name it."}, {"fileData": {"mimeType": "image/webp", "fileUri": "gs://b/a"}}]}, {"role": "model", "parts": [{"text": "A heron."}]}]},
    {"prompt": [said(U, "Which?")], "chosen": [said(A, "This.")], "rejected": [said(A, "That one there.")]},
    {"prompt": [said(S, "Short."), said(U, "Which of two?")], "chosen": [said(A, "The left.")], "rejected": [said(A, "Neither of them.")]},
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hosted")
    (folder / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in ODD))
    recipe = {
        "data": {"train": [str(folder / "rows.jsonl")]},
        "split": {"validation": 0, "test": 0},
        "model": {"count_tokens": False},
    }
    return prep(Recipe.parse(recipe), folder / "run")


def records(file):
    return [orjson.loads(line) for line in file.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()]


def test_every_published_layout_has_a_form_here():
    assert FORMS.keys() == TARGETS.keys()


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_written_has_the_published_form(run, tmp_path, name):
    found = export(run, TARGETS[name], tmp_path / "out")
    written = records(tmp_path / "out/train.jsonl")
    assert written and all(has_form(one, FORMS[name]) for one in written), [
        one for one in written if not has_form(one, FORMS[name])
    ]
    left = records(tmp_path / "out" / LEFT_OUT)
    assert len(written) + len(left) == run.manifest["summary"]["fates"]["train"]
    assert sum(found.left_out.values()) == len(left)


@pytest.mark.parametrize("name", CHATS)
def test_what_is_written_is_read_back_with_the_same_meaning(run, tmp_path, name):
    target = TARGETS[name]
    export(run, target, tmp_path / "out")
    again = read([str(tmp_path / "out/train.jsonl")])
    kept = [
        one
        for line in run.files("train")[0].read_bytes().splitlines()
        if target.refuses(one := row_of(line)) is None
    ]
    assert again.unreadable.is_empty() and again.rows == len(kept)
    for number, one in enumerate(kept):
        turns = again.turns.filter(again.turns["example"] == number).to_dicts()
        wanted = linked(one).messages
        assert [turn["role"] for turn in turns] == [m["role"] for m in wanted]
        for turn, message in zip(turns, wanted, strict=True):
            assert same_text(turn["content"], message), (turn, message)
            assert arguments(turn["tool_calls"]) == arguments(message.get("tool_calls"))
            assert (turn["train"] is False) == (message.get("train") is False)
            assert (turn["media"] is not None) == isinstance(message.get("content"), list)
        if one.tools:
            told = orjson.loads(again.examples["tools"][number])
            assert [t.get("function", t)["name"] for t in told] == [t["function"]["name"] for t in one.tools]


def same_text(content, message):
    given = message.get("content")
    if isinstance(given, list):
        given = "".join(part.get("text", "") for part in given)
    if message["role"] == T and given != content:
        # Google has objects only.
        return orjson.loads(content) in ({"result": given}, {"result": value_of(given)}, value_of(given))
    return (content or "") == (given or "")


def value_of(text):
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def arguments(calls):
    calls = orjson.loads(calls) if isinstance(calls, str) else calls or []
    return [
        (c["function"]["name"], value_of(a) if isinstance(a := c["function"]["arguments"], str) else a)
        for c in calls
    ]


BROKEN = {
    "a tool's name of other letters": ("openai", row([said(U, "?"), said(A, None, tool_calls=[call("größe", {}, "a")])])),
    "a tool's name with a line break": ("openai", row([said(U, "?"), said(A, "!")], [tool("two\nlines")])),
    "a speaker's name with a line break": ("openai", row([said(U, "?", name="a\nb"), said(A, "!")])),
    "too many tools": ("openai", row([said(U, "?"), said(A, "!")], [tool(f"t{n}") for n in range(129)])),
    "a result of no call": ("together", row([said(U, "?"), said(T, "1", tool_call_id="z"), said(A, "!")])),
    "a call without a result": ("mistral", row([said(U, "?"), said(A, None, tool_calls=[call("f", {}, "a")]), said(U, "?"), said(A, "!")])),
    "two calls with one id": ("fireworks", row([said(U, "?"), said(A, None, tool_calls=[call("f", {}, "a"), call("g", {}, "a")])])),
    "text and calls": ("mistral", row([said(U, "?"), said(A, "So:", tool_calls=[call("f", {}, "a")])])),
    "two users in a row": ("together", row([said(U, "?"), said(U, "?"), said(A, "!")])),
    "an answer first": ("gemini", row([said(A, "!"), said(U, "?"), said(A, "!")])),
    "an empty message": ("bedrock", row([said(U, " "), said(A, "!")])),
    "a reserved word": ("bedrock", row([said(U, "Write [EOS] for me"), said(A, "!")])),
    "a picture of the assistant": ("openai", row([said(U, "?"), said(A, [{"type": "image_url", "image_url": {"url": "https://e.com/a.png"}}])])),
    "eleven pictures": ("openai", row([said(U, [{"type": "image_url", "image_url": {"url": "https://e.com/a.png"}}] * 11), said(A, "!")])),
    "a picture of another type": ("openai", row([said(U, [{"type": "image_url", "image_url": {"url": "data:image/gif;base64,R0lG"}}]), said(A, "!")])),
    "a picture that is too large": ("azure", row([said(U, [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 14_000_000}}]), said(A, "!")])),
    "a picture at an address": ("fireworks", row([said(U, [{"type": "image_url", "image_url": {"url": "https://e.com/a.png"}}]), said(A, "!")])),
    "a picture in the row": ("gemini", row([said(U, [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]), said(A, "!")])),
    "a picture of no type": ("gemini", row([said(U, [{"type": "image_url", "image_url": {"url": "https://e.com/a"}}]), said(A, "!")])),
    "a picture beside the text": ("openai", row([said(U, "<image>?"), said(A, "!")], images=["a.png"])),
    "a recording": ("openai", row([said(U, [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]), said(A, "!")])),
    "names where there are none": ("cohere", row([said(U, "?", name="Ann"), said(A, "!")])),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_row_that_breaks_a_published_rule_is_refused_by_name(what):
    name, broken = BROKEN[what]
    assert TARGETS[name].refuses(broken)


@pytest.mark.parametrize("name", ["openai", "azure", "together", "fireworks", "mistral", "gemini"])
def test_calls_without_ids_are_no_reason_to_leave_a_row_out(name):
    assert TARGETS[name].refuses(row(TWICE, [tool("clock")])) is None


def test_calls_that_were_made_at_once_are_answered_at_once():
    record = TARGETS["gemini"].record(row(TWICE, [tool("clock")]))
    assert [content["role"] for content in record["contents"]] == [U, "model", U, "model"]
    results = [part["functionResponse"]["response"] for part in record["contents"][2]["parts"]]
    assert results == [{"hour": 12}, {"result": "noon"}]


def test_ids_that_are_missing_are_given_and_others_stay():
    messages = linked(row(TWICE)).messages
    assert [c["id"] for c in messages[1]["tool_calls"]] == ["call_0", "call_1"]
    assert [m["tool_call_id"] for m in messages if m["role"] == T] == ["call_0", "call_1"]
    kept = [ASK, said(A, None, tool_calls=[call("f", {}, "mine")]), said(T, "1", tool_call_id="mine")]
    assert linked(row(kept)).messages[2]["tool_call_id"] == "mine"
    strange = [ASK, said(A, None, tool_calls=[call("f", {}, "mine")]), said(T, "1", tool_call_id="other")]
    assert linked(row(strange)).messages[2]["tool_call_id"] == "other"


@pytest.mark.parametrize(
    "part, address, kind",
    [
        ({"type": "image_url", "image_url": "https://e.com/a.jpg"}, "https://e.com/a.jpg", "image/jpeg"),
        ({"type": "input_image", "image_url": "https://e.com/a"}, "https://e.com/a", ""),
        ({"type": "image", "source": {"type": "url", "url": "https://e.com/a.webp?x=1"}}, "https://e.com/a.webp?x=1", "image/webp"),
        ({"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, "data:image/png;base64,AAAA", "image/png"),
        ({"type": "image", "image": "s3://b/a.gif"}, "s3://b/a.gif", "image/gif"),
    ],
)  # fmt: skip
def test_a_picture_is_one_in_every_form(part, address, kind):
    found = picture_of(part)
    assert found and (found.address, found.kind) == (address, kind)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image"},
        {"type": "image", "path": "a.png"},
        {"type": "image_url", "image_url": {"url": "/etc/passwd"}},
        {"type": "image_url", "image_url": "file:///etc/passwd"},
        {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://b/a.pdf"}},
        {"type": "text", "text": "no"},
        "no",
    ],
)
def test_what_is_no_picture_at_an_address_is_none(part):
    assert picture_of(part) is None


def test_whether_tools_may_be_called_at_once_goes_along_where_the_row_says_it():
    once = row([*TWICE[:1], said(A, "Noon.")], [tool("clock")], extra={"parallel_tool_calls": False})
    assert TARGETS["openai"].record(once)["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in TARGETS["together"].record(once)
    silent = row([*TWICE[:1], said(A, "Noon.")], extra={"parallel_tool_calls": "no"})
    assert "parallel_tool_calls" not in TARGETS["openai"].record(silent)
