"""Checks about calls, pairs, labels, lengths, languages and what a question cannot show: tables of rows."""

import pytest

from finesift.corpus import Corpus, chat, pair
from finesift.registry import load_checks

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
    ],
)
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
        called('{"city": "Ghent"}', RESULT, RESULT, SAID),
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
    ],
)  # fmt: skip
def test_a_call_that_fits_passes(row):
    assert score("tool_calls", row) < 0.5


@pytest.mark.parametrize(
    ("row", "least", "most"),
    [
        (pair("A river?", "The Loire.", "The Loire."), 1.0, 1.0),
        (pair("A river?", "The Loire.", "the loire"), 1.0, 1.0),
        (pair("A river?", "The  Loire.\n", "The Loire."), 1.0, 1.0),
        (pair("A river?", "", "The Loire."), 0.5, 0.8),
        (pair("A river?", "The Loire.", " "), 0.5, 0.8),
        (pair("A river?", "The Loire.", "The Alps."), 0, 0),
        (pair("A number?", "1.5", "1.6"), 0, 0),
        (chat("A river?", "The Loire."), 0, 0),
    ],
)
def test_a_pair_without_contrast_is_found(row, least, most):
    assert least <= score("pair_without_contrast", row) <= most


UNSEEN = [
    "Describe the attached image.", "What is in this photo?", "What does the chart below show?", "Name the animal.\n<image>", "Summarize this video", "What is in the picture?\n[image]",
    "Summarise https://news.example/a1", "Read the article at www.news.example/b and list its points", "What day is it today?", "What is the weather today?", "What time is it now?", "What's the current stock price of Apple?",
    "Draw a picture of a cat", "Design a logo for a bakery", "Generate an image of the sea", "Summarise the following article.", "Translate the following sentence into Latin", "Edit the given paragraph for clarity", "Classify the shape.\n<Picture Attached>",
    "Check the uploaded file for errors.",
]  # fmt: skip
SEEN = [
    "How do I take a good photo?", "Summarise the following text: Tea is made of leaves.", "Edit the given sentence.\nHe go home.", "What is an image?", "Translate this sentence: 'I am here.'", "Explain what a chart is.",
    "Write a story about a painting.", "How do I attach a file to an email?", "Who painted the Mona Lisa?", "What day was 3 March 2020?", "What was the weather in 1816?", "What is time?", "Draw a conclusion.", "Create a list of logos.",
    "Design a database.", "Generate a list of image formats.", "What does https stand for?", "Write a URL parser.", "What is a good title for the following poem? The night is long and the day is short.", "Fix this code:\nprint(1", "Name a river.",
    "Is this sentence true? All rivers run to the sea.", "Describe a sunset.", "What is the date of Easter in 2025?", "Make a plan.", "Write alt text for a picture of a dog on a beach.",
]  # fmt: skip


@pytest.mark.parametrize("asked", UNSEEN)
def test_what_cannot_be_seen_is_found(asked):
    assert score("needs_unseen_input", asked, "It is red.") >= 0.5
    assert score("needs_unseen_input", asked, "I cannot see that. Please provide it.") < 0.5
    assert score("needs_unseen_input", chat(asked, "It is red.", tools=[CITY])) < 0.5


@pytest.mark.parametrize("asked", SEEN)
def test_what_can_be_answered_passes(asked):
    assert score("needs_unseen_input", asked, "It is red.") < 0.5


def test_a_picture_that_was_given_is_seen():
    assert (
        score("needs_unseen_input", "What is in this image?\n<image>", "A cat.", extra={"images": ["a.png"]})
        < 0.5
    )


EN = "You can change it right away. Open the app, choose the next delivery and pick another coffee."
DE = "Ja, das geht. Nehmen Sie das Sieb aus dem Karton und setzen Sie es in die Maschine ein, wie es auf dem Bild zu sehen ist."
FR = "Bonjour, puis-je utiliser du café moulu dans la machine, et quel panier dois-je prendre dans ce cas pour que le goût soit bon ?"
ES = "¿Puedo cambiar el café de mi suscripción antes del próximo envío, o tengo que esperar a que termine el mes?"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [(FR, DE), (ES, EN), (DE, EN), (EN, DE), (FR, EN), (EN, "今日は天気がいいですから、散歩に行きましょう。"), ("如何煮米饭？请告诉我具体的步骤和时间。", EN), (EN, "Сегодня хорошая погода, пойдём гулять."), ("오늘 날씨가 어때요? 산책하러 갈까요?", EN)],
)  # fmt: skip
def test_an_answer_in_another_language_is_found(asked, answer):
    assert score("language", asked, answer) >= 0.5


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (EN, EN), (DE, DE), (FR, FR), (ES, ES), (FR, "Oui."), (EN, "Lima"), ("Hola", EN), ("Translate into German: " + EN, DE), ("Wie heißt das auf Englisch? " + DE, EN), ("Write it in French, please: the house on the hill is red.", FR),
        ("Combien de clics pour un espresso avec le moulin Drift ?", "Entre 8 et 12 clics. Partez de 10 : si l'espresso coule en moins de 25 secondes, descendez d'un clic."), (EN, "x = 1\ny = 2\nprint(x + y, x - y, x * y, x / y)"), (DE, "`git commit -m` und fertig."), (EN, "La la la la, la la la, la la la la, oh oh oh."),
        ("翻译：我很好，谢谢你，你怎么样？", "I am well, thank you, and how are you today, my friend?"), (EN, "1. Le Monde\n2. Die Zeit\n3. El País\n4. La Stampa"), (EN, "2x + 3y - z + w = 5\n3x + y - 2z = 1"), ("What languages do you know? " + EN, DE),
    ],
)  # fmt: skip
def test_the_same_language_and_what_was_asked_for_pass(asked, answer):
    assert score("language", asked, answer) < 0.5


def over(name, rows, **settings):
    return load_checks()[name](Corpus.of(rows).tables, **settings).collect()


def test_a_spike_at_a_cap_is_named_and_a_natural_crowd_is_not():
    spread = [chat(f"{n}?", "x" * (100 + n)) for n in range(300)]
    capped = [chat(f"c{n}?", "y" * 400) for n in range(40)]
    found = over("length_spike", spread + capped)
    assert found.height == 40 and "11.8 % of rows have exactly 400 characters" in found["message"][0]
    assert over("length_spike", spread).is_empty()
    assert over("length_spike", [chat(f"{n}?", "Yes") for n in range(500)]).is_empty()
    low = [chat(f"c{n}?", "y" * 110) for n in range(40)]
    assert over("length_spike", spread + low).is_empty(), "in the middle of the lengths, no cap"


def test_a_spike_in_the_generators_own_count_is_named():
    rows = [chat(f"{n}?", "x" * (90 + n)) | {"extra": {"completion_tokens": 30 + n}} for n in range(200)]
    rows += [chat(f"c{n}?", "y" * (1000 + 7 * n)) | {"extra": {"completion_tokens": 256}} for n in range(50)]
    assert set(over("length_spike", rows)["example"]) == set(range(200, 250))


def test_a_set_that_prefers_length_is_told_so_once():
    longer = [pair(f"{n}?", "word " * (50 + n % 9), "word " * (10 + n % 7)) for n in range(40)]
    (found,) = over("preference_bias", longer).to_dicts()
    assert "100 % of 40 pairs" in found["message"]
    assert over("preference_bias", longer[:10]).is_empty(), "ten pairs show nothing"


def test_labels_of_one_kind_are_told_once():
    rows = [chat(f"{n}?", "Yes.") | {"label": n % 30 != 0} for n in range(60)]
    assert over("label_balance", rows).height == 1
    assert over("label_balance", [chat(f"{n}?", "Yes.") for n in range(60)]).is_empty()
