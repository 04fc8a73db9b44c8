"""Made-up conversations with what trainers read differently: tools, reasoning, untrained answers, odd ends."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

THINGS = ("rope", "clay", "moss", "iron", "glass", "paper", "wool", "salt", "bread", "tea", "slate", "cork")
PLACES = ("Ghent", "Bern", "Oslo", "Riga", "Porto", "Turku")


def said(role: str, content: str | None, **more: Any) -> Row:
    return {"role": role, "content": content, **more}


def tool(name: str, what: str, **parameters: str) -> Row:
    properties = {key: {"type": "string", "description": value} for key, value in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    return {"type": "function", "function": {"name": name, "description": what, "parameters": schema}}


WEATHER = tool("get_weather", "The weather of a place.", place="Where, a city")
PRICE = tool("find_price", "What a thing costs.", thing="What is sold", unit="kg or piece")
#: With fields that those of other rows have not, and others of one name: a table of all rows has no one type for them.
ROUTE: Row = {
    "type": "function",
    "function": {
        "name": "find_route",
        "description": "The way from one place to others.",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "object", "properties": {"lat": {"type": "number"}}, "required": []},
                "unit": {"type": "array", "items": {"type": "string", "enum": ["km", "mi"]}, "default": None},
            },
            "additionalProperties": False,
        },
        "strict": True,
    },
}


def call(number: int, name: str, **arguments: Any) -> Row:
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


#: What a row is, in words, in the order of `_kinds`: those that every number has, and those that every other has.
SITUATIONS = (
    "one answer", "a system prompt", "two answers", "a system prompt and two answers", "reasoning",
    "reasoning in both of two answers", "an answer with `train: false`", "a tool call, its result and an answer",
    "text and two calls, two results, an answer", "an end with a call", "tools that are not called",
    "a tool call, then another question", "a call of a tool that other rows have not",
)  # fmt: skip
ODD = (
    "two questions in a row", "two answers in a row", "an answer first", "a question last",
    "an answer after two line breaks",
    "an answer that begins with blanks", "an answer that ends in blanks", "blanks around a question", "other scripts",
    "an answer of one token",
)  # fmt: skip


def conversations() -> list[tuple[str, Row]]:
    """Several hundred rows, each with a number in it, so that none is like another; and what each is."""
    rows: list[tuple[str, Row]] = []
    for n, (thing, place) in enumerate((t, p) for t in THINGS for p in PLACES):
        names = [*SITUATIONS, *ODD[n % 2 :: 2]]
        made = [{"messages": one} | more for one, more in _kinds(n, thing, place)]
        rows += zip(names, made, strict=True)
    return rows


def _kinds(n: int, thing: str, place: str) -> list[tuple[list[Row], Row]]:
    ask = said("user", f"Where in {place} do I buy {n + 2} pieces of {thing}?")
    answer = said("assistant", f"Row {n}: at the market of {place}; ask for {thing}, not too dry.")
    more = said("user", f"And on day {n}?")
    last = said("assistant", f"On day {n} it is closed. Try the harbour.\n\n1. North gate\n2. Stall {n}")
    system = said("system", f"You sell {thing} in {place}. Be brief, rule {n}.")
    look = said("user", f"Is it raining in {place}, query {n}?")
    weather = call(1, "get_weather", place=place)
    price = call(2, "find_price", thing=thing, unit="kg")
    rain = said("tool", f'{{"rain": {n % 7}}}', tool_call_id="call_1", name="get_weather")
    cost = said("tool", f'{{"price": {n + 0.5}}}', tool_call_id="call_2", name="find_price")
    tools = {"tools": [WEATHER, PRICE]}
    # Else it would be a copy of the row in which it is trained, and be set aside.
    wrong = said("assistant", f"Row {n}: I would not know.", train=False)
    way = said("user", f"How far is it from {place} to stall {n}?")
    route = call(3, "find_route", place={"lat": n + 0.25}, unit=["km"] if n % 2 else None)
    far = said("tool", f"[{n}, null]", tool_call_id="call_3", name="find_route")
    found = [
        ([ask, answer], {}),
        ([system, ask, answer], {}),
        ([ask, answer, more, last], {}),
        ([system, ask, answer, more, last], {}),
        ([ask, answer | {"reasoning_content": f"{thing} is sold at markets. Number {n}."}], {}),
        (
            [
                ask,
                answer | {"reasoning_content": f"Think {n}."},
                more,
                last | {"reasoning_content": f"Closed {n}?"},
            ],
            {},
        ),
        ([ask, wrong, more, last], {}),
        ([look, said("assistant", None, tool_calls=[weather]), rain, answer], tools),
        ([look, said("assistant", "Let me look.", tool_calls=[weather, price]), rain, cost, answer], tools),
        ([system, look, said("assistant", None, tool_calls=[weather])], tools),
        ([look, said("assistant", f"I need no tool for {place}, {n}.")], tools),
        ([look, said("assistant", None, tool_calls=[weather]), rain, answer, more, last], tools),
        ([way, said("assistant", None, tool_calls=[route]), far, last], {"tools": [ROUTE]}),
    ]
    odd = [
        ([ask, said("user", f"I mean {thing}, not cloth {n}."), answer], {}),
        ([ask, answer, said("assistant", f"Also at stall {n}.")], {}),
        ([said("assistant", f"Welcome, guest {n}!"), ask, answer], {}),
        ([ask, answer, more], {}),
        ([ask, said("assistant", f"\n\nTwo lines down, {n}: {thing}.")], {}),
        ([ask, said("assistant", f"    indented {thing} {n}\n\treturn {n}")], {}),
        ([ask, said("assistant", f"It ends in blanks {n}.  \n")], {}),
        ([said("user", f"  spaces around {n}, {thing} \n"), answer], {}),
        ([said("user", f"Wie heißt {thing} ({n})?"), said("assistant", f"「{n}」です。😀 naïve café")], {}),
        ([said("user", f"What is {n} plus {n}?"), said("assistant", str(2 * n))], {}),
    ]  # fmt: skip
    return found + odd[n % 2 :: 2]


def pairs() -> list[Row]:
    """Preference pairs and rated answers, two turns or a tool's result before some of them; some ask for a call."""
    rows: list[Row] = []
    for n, (thing, place) in enumerate((t, p) for t in THINGS for p in PLACES):
        asked = said("user", f"Where in {place} do I buy {n + 2} pieces of {thing}?")
        before = [asked, said("assistant", f"Which kind, {n}?"), said("user", f"The cheapest {thing}.")]
        looked = said("assistant", None, tool_calls=[call(1, "find_price", thing=thing, unit="kg")])
        cost = said("tool", f'{{"price": {n}}}', tool_call_id="call_1", name="find_price")
        prompt = (before, [said("system", f"Rule {n}."), asked], [asked], [asked, looked, cost])[n % 4]
        tools = {"tools": [PRICE]} if n % 4 == 3 else {"tools": [WEATHER]} if n % 8 == 2 else {}
        good = said("assistant", f"At the market of {place}, stall {n}; ask for {thing}.")
        bad = said("assistant", f"I would not know about {thing}, number {n}.")
        if n % 8 == 2:
            good = said("assistant", None, tool_calls=[call(1, "get_weather", place=place)])
        rows.append({"prompt": prompt, "chosen": [good], "rejected": [bad]} | tools)
        rated = said("user", f"Is {thing} sold in {place}, query {n}?")
        before = [rated, looked, cost] if n % 4 == 3 else [*prompt[:-1], rated]
        wanted = bool(n % 2) or n % 8 == 2
        rows.append({"prompt": before, "completion": [good if wanted else bad], "label": wanted} | tools)
    return rows
