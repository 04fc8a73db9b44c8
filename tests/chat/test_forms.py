"""Tool calls reach each template in the form that it prints as JSON, whatever form the data has."""

import json

import pytest

from finesift.chat.forms import form_of, formed
from finesift.chat.template import Template
from finesift.corpus import Corpus, chat

HEAD = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% for c in m.tool_calls or [] %}"
TAIL = "\n{% endfor %}{% endfor %}"
DUMPS = HEAD + "{{ c.function.name }} {{ c.function.arguments | tojson }}" + TAIL
PRINTS = HEAD + "{{ c.function.name }} {{ c.function.arguments }}" + TAIL
WALKS = (
    HEAD
    + "{{ c.function.name }}{% for k, v in c.function.arguments.items() %}<{{ k }}>{{ v }}{% endfor %}"
    + TAIL
)
EITHER = (
    HEAD
    + "{{ c.function.name }} {% if c.function.arguments is string %}{{ c.function.arguments }}"
    + "{% else %}{{ c.function.arguments | tojson }}{% endif %}"
    + TAIL
)
LOSES = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
GIVEN = {"city": "Ghent", "days": 3}


def calling(arguments, **call):
    return chat(
        "Weather?",
        {
            "role": "assistant",
            "tool_calls": [{"id": "c1", **call, "function": {"name": "f", "arguments": arguments}}],
        },
        tools=[{"name": "f", "parameters": {"type": "object", "properties": {}}}],
    )


@pytest.mark.parametrize(
    "source, form",
    [(DUMPS, "object"), (PRINTS, "text"), (WALKS, "object"), (EITHER, "text"), (LOSES, None)],
    ids=["tojson", "as it is", "item by item", "either", "no calls"],
)
def test_the_form_is_found_by_asking_the_template(source, form):
    assert form_of(Template(source)) == form


@pytest.mark.parametrize("source", [DUMPS, PRINTS, WALKS, EITHER])
def test_text_and_object_render_to_the_same_bytes(source):
    template = Template(source)
    texts = set()
    for arguments in (
        GIVEN,
        json.dumps(GIVEN),
        json.dumps(GIVEN, separators=(",", ":")),
        json.dumps(json.dumps(GIVEN)),
    ):
        corpus = formed(Corpus.of([calling(arguments)]), form_of(template))
        called = json.loads(corpus.turns["tool_calls"][1])
        texts.add(
            template.render(
                [
                    {"role": "user", "content": "Weather?"},
                    {"role": "assistant", "content": "", "tool_calls": called},
                ]
            )
        )
    [text] = texts
    assert '\\"' not in text


def test_bare_schemas_and_calls_are_wrapped_as_inference_sends_them():
    row = calling("{}") | {
        "tools": [
            {"name": "f", "input_schema": {"type": "object"}},
            {"type": "function", "function": {"name": "g"}},
        ]
    }
    row["messages"][1]["tool_calls"] = [{"name": "f", "arguments": "{}"}]
    corpus = formed(Corpus.of([row]), "object")
    assert json.loads(corpus.examples["tools"][0]) == [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
        {"type": "function", "function": {"name": "g"}},
    ]
    assert json.loads(corpus.turns["tool_calls"][1]) == [
        {"type": "function", "function": {"name": "f", "arguments": {}}}
    ]


ODD = [
    '{"n": NaN}',
    '{"n": 1e400}',
    '{"n": "\\ud800"}',
    '{"a": 1, "a": 2}',
    '{"n":' * 3000 + "1" + "}" * 3000,
]


@pytest.mark.parametrize("form", ["object", "text"])
@pytest.mark.parametrize(
    "arguments", ["{'city': 'Ghent'}", "[1]", 7, None, *ODD], ids=lambda value: str(value)[:20]
)
def test_what_cannot_be_written_again_as_an_object_stays_as_it_is(arguments, form):
    before = Corpus.of([calling(arguments, type="function")])
    assert formed(before, form).turns.equals(before.turns)


def test_ids_and_large_numbers_stay():
    before = Corpus.of([calling('{"account": 12345678901234567890123}')])
    after = formed(before, "object")
    assert after.examples["id"].equals(before.examples["id"])
    assert '"account":12345678901234567890123' in after.turns["tool_calls"][1]
