"""Every public chat template, on every kind of conversation, against transformers' own renderer."""

import json
from functools import cache
from pathlib import Path

import pytest

from finesift.chat.marks import Marks
from finesift.chat.spans import Finder
from finesift.chat.template import Template
from finesift.chat.trace import Tracer
from finesift.errors import RenderError

TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}


def said(role, content, **fields):
    return {"role": role, "content": content, **fields}


def called(*names):
    return [
        {
            "id": f"call{n:05}",
            "type": "function",
            "function": {"name": name, "arguments": {"city": f"Bern {n}"}},
        }
        for n, name in enumerate(names)
    ]


WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": 'The weather in a <city> & its "surroundings".',
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "Où?"}},
            "required": ["city"],
        },
    },
}
TIME = {
    "type": "function",
    "function": {
        "name": "time",
        "description": "The time.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "Where?"}}},
    },
}
ASK, ANSWER = said("user", "Name a prime number."), said("assistant", "Seven is prime.")
AGAIN, MORE = said("user", "Another one?"), said("assistant", "Eleven as well.")
CALLS = said("assistant", "Let me look.", tool_calls=called("weather"))
SILENT_CALL = said("assistant", None, tool_calls=called("weather"))
RESULT = said("tool", '{"degrees": 21}', tool_call_id="call00000", name="weather")
REPORT = said("assistant", "It has 21 degrees.")

KINDS = {
    "one turn": [ASK, ANSWER],
    "many turns": [ASK, ANSWER, AGAIN, MORE, said("user", "And then?"), said("assistant", "Thirteen.")],
    "system": [said("system", "Be brief."), ASK, ANSWER],
    "system and many turns": [said("system", "Be brief."), ASK, ANSWER, AGAIN, MORE],
    "two system messages": [said("system", "Be brief."), said("system", "Be kind."), ASK, ANSWER],
    "empty system": [said("system", ""), ASK, ANSWER],
    "developer": [said("developer", "Be exact."), ASK, ANSWER],
    "tools unused": ([ASK, ANSWER], [WEATHER, TIME]),
    "tool call": ([said("user", "Weather in Bern?"), CALLS, RESULT, REPORT], [WEATHER]),
    "silent call": ([said("user", "Weather in Bern?"), SILENT_CALL, RESULT, REPORT], [WEATHER, TIME]),
    "ends in a call": ([said("system", "Use tools."), said("user", "Weather?"), SILENT_CALL], [WEATHER]),
    "parallel calls": (
        [
            said("user", "Weather and time in Bern?"),
            said("assistant", "", tool_calls=called("weather", "time")),
            RESULT,
            said("tool", "14:05", tool_call_id="call00001", name="time"),
            said("assistant", "21 degrees, five past two."),
        ],
        [WEATHER, TIME],
    ),
    "reasoning": [ASK, said("assistant", "Seven.", reasoning_content="Odd, and no divisor.")],
    "reasoning in each turn": [
        ASK,
        said("assistant", "Seven.", reasoning_content="Odd, and no divisor."),
        AGAIN,
        said("assistant", "Eleven.", reasoning_content="The one after nine."),
    ],
    "reasoning within the text": [ASK, said("assistant", "<think>\nOdd, so maybe.\n</think>\n\nSeven.")],
    "reasoning and a call": (
        [
            said("user", "Weather in Bern?"),
            said("assistant", "", reasoning_content="I have to look.", tool_calls=called("weather")),
            RESULT,
            said("assistant", "It has 21 degrees.", reasoning_content="Warm, then."),
        ],
        [WEATHER],
    ),
    "parallel results out of order": (
        [
            said("user", "Weather and time in Bern?"),
            said("assistant", "Both.", tool_calls=called("weather", "time")),
            said("tool", "14:05", tool_call_id="call00001", name="time"),
            RESULT,
            said("assistant", "21 degrees, five past two."),
        ],
        [WEATHER, TIME],
    ),
    "chain of calls": (
        [
            said("user", "Weather in Bern, then the time?"),
            CALLS,
            RESULT,
            said("assistant", "Now the time.", tool_calls=called("time")),
            said("tool", "14:05", tool_call_id="call00000", name="time"),
            said("assistant", "21 degrees, five past two."),
        ],
        [WEATHER, TIME],
    ),
    "reasoning before and after calls": (
        [
            said("user", "Weather in Bern?"),
            said("assistant", "A moment.", reasoning_content="I must look.", tool_calls=called("weather")),
            RESULT,
            said("assistant", "", reasoning_content="And the time.", tool_calls=called("time")),
            said("tool", "14:05", tool_call_id="call00000", name="time"),
            said("assistant", "21 degrees at five past two.", reasoning_content="Both are known."),
            AGAIN,
            said("assistant", "That was all.", reasoning_content="Nothing is left."),
        ],
        [WEATHER, TIME],
    ),
    "imitates markers": [
        said("user", "What does <|im_start|>assistant\nYes.<|im_end|> mean? <|eot_id|></s>[/INST]"),
        said("assistant", "It ends a turn: <|im_end|>\n<|im_start|>user\nSo?"),
    ],
    "whitespace": [said("user", "  \n Name one.\n\n"), said("assistant", "\n\n  indented\n\tcode\n ")],
    "unicode": [
        said("user", "Grüße, 世界! \U0001f468\u200d\U0001f469 e\u0301"),
        said("assistant", "日本 “ok” \u2028 é"),
    ],
    "empty answer": [ASK, said("assistant", "")],
    "ends in a question": [ASK, ANSWER, AGAIN],
    "begins with the assistant": [said("assistant", "Hello, how can I help?"), ASK, ANSWER],
    "two questions": [ASK, AGAIN, ANSWER],
}


def conversation(kind):
    messages, tools = KINDS[kind] if isinstance(KINDS[kind], tuple) else (KINDS[kind], None)
    return messages, tools


@cache
def sources(folder: Path) -> dict[str, str]:
    """Distinct templates by name."""
    files = sorted((folder / "chat_templates").rglob("*.jinja"))
    return {text: str(file.relative_to(folder)) for file in files if (text := file.read_text("utf-8"))}


@pytest.fixture(scope="session")
def theirs():
    """transformers' renderer: the text, or None where the template refuses."""
    pytest.importorskip("transformers", reason="transformers is not installed: nothing to compare with")
    from transformers.utils.chat_template_utils import render_jinja_template

    def render(source, messages, tools, prompt=False):
        chat = [{k: v for k, v in message.items() if v is not None} for message in messages]
        try:
            return render_jinja_template(
                [chat], tools, chat_template=source, add_generation_prompt=prompt, **TOKENS
            )[0][0]
        except Exception:  # noqa: BLE001  # whatever a stranger's program raises
            return None

    return render


def test_every_template_renders_every_conversation_as_transformers_does(data_folder, theirs):
    compared, different = 0, []
    for source, name in sources(data_folder).items():
        template = Template(source, tokens=TOKENS, name=name)
        for kind in KINDS:
            messages, tools = conversation(kind)
            for prompt in (False, True):
                try:
                    ours = template.render(messages, tools=tools, add_generation_prompt=prompt)
                except RenderError:
                    ours = None
                compared += 1
                if ours != theirs(source, messages, tools, prompt):
                    different.append((name, kind, prompt))
    assert compared > 3_000
    assert not different, json.dumps(different[:10])


LOST = {"lost_answer", "lost_reasoning", "lost_tool_calls"}


def finder(source, name):
    template = Template(source, tokens=TOKENS, name=name)
    return Finder(Tracer(template), Marks.guessed(template))


def with_words(messages):
    """The conversation with a word of its own at the end of each field, and per message the words by field."""
    words, marked = [], []
    for number, message in enumerate(messages):
        own = {}

        def word(field, number=number, own=own):
            own[field] = f"Qz{number}{field[0]}{'jkvw'[number % 4]}x"
            return own[field]

        message = dict(message)
        for field in ("content", "reasoning_content"):
            if message.get(field):
                message[field] = f"{message[field].rstrip()} {word(field)}"
        if message.get("tool_calls"):
            first, *rest = message["tool_calls"]
            call = {"name": first["function"]["name"], "arguments": {"city": word("tool_calls")}}
            message["tool_calls"] = [{**first, "function": call}, *rest]
        words.append(own)
        marked.append(message)
    return marked, words


def every_mask(folder):
    for source, name in sources(folder).items():
        find = finder(source, name)
        for kind in KINDS:
            messages, tools = conversation(kind)
            messages, words = with_words(messages)
            try:
                yield name, kind, messages, words, find.find(messages, tools)
            except RenderError:
                continue


def test_no_mask_trains_what_somebody_else_said_and_none_loses_an_answer_unsaid(data_folder):
    masks, refused, wrong = 0, 0, []
    for name, kind, messages, words, found in every_mask(data_folder):
        masks += 1
        refused += found.refused
        trained = {span.turn: span.text(found.text) for span in found.spans}
        everything = "".join(trained.values())
        said = {(problem.turn, problem.name) for problem in found.problems}
        for turn, (message, own) in enumerate(zip(messages, words, strict=True)):
            if message["role"] != "assistant":
                wrong += [(name, kind, turn, field) for field, word in own.items() if word in everything]
                continue
            lost = any((turn, problem) in said for problem in (*LOST, "mask_refused"))
            wrong += [
                (name, kind, turn, field)
                for field, word in own.items()
                if word not in trained.get(turn, "") and not lost
            ]
    print(f"{masks} masks, {refused} refused")
    assert masks > 1_500
    assert not wrong, json.dumps(wrong[:10])


def test_where_the_template_marks_generation_the_difference_is_of_a_known_kind(data_folder, theirs):
    """Known kinds: the header, what is after the end, a bare end, and fields that one of the two does not see."""
    compared, unknown = 0, []
    for name, kind, _messages, _, found in every_mask(data_folder):
        if not found.generation or found.refused:
            continue
        compared += 1
        ours = [False] * len(found.text)
        for span in found.spans:
            for start, end in span.pieces():
                ours[start:end] = [True] * (end - start)
        for start, end in found.generation:
            inside = [at for at in range(start, end) if ours[at]]
            if not inside:
                # The bare end of an answer whose calls the template loses, and an end of the text behind the end.
                bare = "lost_tool_calls" in {problem.name for problem in found.problems}
                if not bare and found.text[start:end].strip() not in TOKENS.values():
                    unknown.append((name, kind, "not trained", found.text[start:end][:60]))
                continue
            before, after = found.text[start : inside[0]], found.text[inside[-1] + 1 : end]
            known_before = (
                not before or (found.prompt or "").endswith(before) or "assistant" in before.lower()
            )
            known_before |= before.strip() in (
                "<think>",
                "",
                "<think>\n\n</think>",
                "<think></think>",
                "</think>",
                # Behind the results, which the runtime writes.
                "<｜tool▁outputs▁end｜>",
            )
            if not known_before or after.strip() not in ("", *TOKENS.values()):
                unknown.append((name, kind, before, after))
    print(f"{compared} compared")
    assert compared > 100
    assert not unknown, json.dumps(unknown[:10])
