"""Calls that do not fit their declaration, or have no result, are found; what JSON Schema lets pass, passes."""

import pytest

from finesift.corpus import chat

from .table import score

CITY = {
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "unit": {"type": "string", "enum": ["C", "F"]},
            "hourly": {"type": "boolean"},
            "places": {"type": "array"},
        },
        "required": ["city"],
    },
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "12"}
SAID = {"role": "assistant", "content": "It is 12 °C."}


def call(arguments, name="weather", id_="c1"):
    return {
        "role": "assistant",
        "tool_calls": [{"id": id_, "function": {"name": name, "arguments": arguments}}],
    }


def called(arguments, *after, name="weather", tools=(CITY,), id_="c1"):
    return chat("Weather?", call(arguments, name, id_), *(after or (RESULT, SAID)), tools=tools or None)


def takes(arguments, schema):
    """A call of a tool whose only parameter, n, has this schema."""
    tool = {"name": "weather", "parameters": {"type": "object", "properties": {"n": schema}}}
    return called(arguments, tools=[tool])


def takes_text(arguments, parameters):
    return called(arguments, tools=[{"name": "weather", "parameters": parameters}])


def many(*cities):
    calls = [call(f'{{"city": "{city}"}}', id_=f"c{n}")["tool_calls"][0] for n, city in enumerate(cities)]
    return {"role": "assistant", "tool_calls": calls}


@pytest.mark.parametrize(
    "row",
    [
        called('{"city": "Gh'),
        called("city=Ghent"),
        called('{"city": "Ghent"}', name="forecast"),
        called('{"town": "Ghent"}'),
        called("{}"),
        called(""),
        called('{"city": "Ghent", "wind": true}'),
        called('{"city": 7}'),
        called('{"city": "Ghent", "days": "3"}'),
        called('{"city": "Ghent", "days": 2.5}'),
        called('{"city": "Ghent", "days": true}'),
        called('{"city": "Ghent", "unit": "K"}'),
        called('{"city": "Ghent", "hourly": "yes"}'),
        called('{"city": "Ghent", "places": "here"}'),
        called('["Ghent"]'),
        called({"town": "Ghent"}),
        called('{"city": "Ghent"}', SAID),
        called('{"city": "Ghent"}', {"role": "user", "content": "Well?"}, SAID),
        called('{"city": "Ghent"}', RESULT | {"tool_call_id": "c2"}, SAID),
        chat("Weather?", {"role": "assistant", "tool_calls": [{"id": "c1"}]}, RESULT, SAID, tools=[CITY]),
        called("{'city': 'Ghent'}"),
        called('{"city": "Ghent",}'),
        called('{"City": "Ghent"}'),
        called('{"city": "Ghent"}', name="Weather"),
        called('{"city": ["Ghent"]}'),
        called('{"city": "Ghent", "unit": "c"}'),
        called('{"city": "Ghent", "days": null, "wind": 3}'),
        called('"Ghent"'),
        # Results that do not fit the calls: more than were made, fewer, in another order, two for one.
        called('{"city": "Ghent"}', RESULT, RESULT, SAID),
        chat("Weather?", many("Ghent", "Bruges"), RESULT | {"tool_call_id": "c0"}, SAID, tools=[CITY]),
        chat("Weather?", many("Ghent", "Bruges"), RESULT | {"tool_call_id": "c1"}, RESULT | {"tool_call_id": "c0"}, SAID, tools=[CITY]),
        chat("Weather?", many("Ghent", "Bruges"), RESULT | {"tool_call_id": "c0"}, RESULT | {"tool_call_id": "c0"}, SAID, tools=[CITY]),
        # Parameters as JSON text, and in shorthand.
        takes_text('{"n": "a"}', '{"type": "object", "properties": {"n": {"type": "integer"}}}'),
        takes_text('{"m": 1}', {"n": {"type": "int", "description": "how many"}}),
    ],
)  # fmt: skip
def test_a_call_that_does_not_fit_is_found(row):
    assert score("tool_calls", row) >= 0.5


@pytest.mark.parametrize(
    "row",
    [
        called('{"city": "Ghent"}'),
        called({"city": "Ghent"}),
        called('{"city": "Ghent", "days": 3}'),
        called('{"city": "Ghent", "days": 3.0}'),
        called('{"city": "Ghent", "unit": "C", "hourly": false, "places": []}'),
        called('{"city": "Ghent", "unit": null}'),
        called('{"anything": 1}', name="other", tools=None),
        called('{"city": "Ghent"}', RESULT | {"tool_call_id": None}, SAID),
        called('{"city": "Ghent"}', RESULT, call('{"city": "Bruges"}', id_="c2"), RESULT | {"tool_call_id": "c2"}, SAID),
        chat("Weather?", call('{"city": "Ghent"}'), tools=[CITY]),
        chat("Weather?", "It is fine.", tools=[CITY]),
        chat("Weather?", "It is fine."),
        called('{"x": 1}', tools=[{"name": "weather"}]),
        called('{"x": 1}', tools=[{"name": "weather", "parameters": {"type": "object"}}]),
        called('{"x": 1}', tools=[{"name": "weather", "parameters": {"properties": {"y": {}}, "additionalProperties": True}}]),
        called('{"city": "Ghent"}', tools=[{"type": "function", "function": CITY}]),
        called('{"city": "Ghent"}', tools=[{"name": "weather", "input_schema": CITY["parameters"]}]),
        called('{"city": "Ghent"}', tools=[{"name": "weather", "parameters": {"properties": {"city": {"type": "str"}}}}]),
        called('{"city": "Ghent"}', tools=[{"name": "weather", "parameters": {"properties": {"city": {"type": "Location"}}}}]),
        called('{"n": 3}', tools=[{"name": "weather", "parameters": {"properties": {"n": {"type": ["integer", "null"]}}}}]),
        called('{"n": 3}', tools=[{"name": "weather", "parameters": {"properties": {"n": {"type": "float"}}}}]),
        called("", name="now", tools=[{"name": "now", "parameters": {"type": "object", "properties": {}}}]),
        # Values at the edge of what is declared.
        called('{"city": ""}'), called('{"city": "Gh\\u00e9nt"}'), called('{"city": "{\\"a\\": 1}"}'), called('  {"city": "Ghent"}\n'), called('{"city": "3"}'), called('{"city": "null"}'), called('{"city": "Ghent", "days": 0}'), called('{"city": "Ghent", "days": -1}'), called('{"city": "Ghent", "hourly": true}'), called('{"city": "Ghent", "places": [[], {}]}'), called('{"city": "根特"}'),
        # What the schema leaves open.
        takes('{"n": 3}', {"type": "number"}), takes('{"n": 3.5}', {"type": "number"}), takes('{"n": "a"}', {}), takes('{"n": {"a": 1}}', {"type": "object"}), takes('{"n": [1]}', {"type": "array", "items": {"type": "integer"}}), takes('{"n": null}', {"type": "string"}), takes('{"n": 1}', {"enum": [1, 2]}), takes('{"n": "a"}', {"anyOf": [{"type": "string"}, {"type": "null"}]}), takes('{"n": "a"}', {"type": "any"}), takes('{"n": 1}', {"description": "how many"}),
        takes('{"n": {"k": "v"}}', {"type": "dict"}), takes('{"n": [1, 2]}', {"type": "tuple"}), takes('{"n": "a"}', {"type": ["string", "array"]}), takes('{"n": true}', {"type": "Boolean"}),
        called('{"x": 1}', tools=[{"name": "weather", "parameters": {}}]), called("{}", tools=[{"name": "weather", "parameters": {"properties": {"y": {"type": "string"}}}}]), called("{}", tools=[{"name": "weather", "parameters": {"properties": {"y": {}}, "required": []}}]), called(None, tools=[{"name": "weather"}]),
        # Results without ids, and results that say that something failed.
        chat("Weather?", many("Ghent", "Bruges"), RESULT | {"tool_call_id": None}, RESULT | {"tool_call_id": None}, SAID, tools=[CITY]), chat("Weather?", many("Ghent"), RESULT | {"tool_call_id": "c0", "content": "error: no such city"}, SAID, tools=[CITY]), chat("Weather?", many("Ghent"), RESULT | {"tool_call_id": "c0", "content": ""}, SAID, tools=[CITY]),
    ],
)  # fmt: skip
def test_a_call_that_fits_passes(row):
    assert score("tool_calls", row) < 0.5
