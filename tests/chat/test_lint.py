"""Each silent failure: a template or tokenizer that has it, the symptom, and the remark."""

import json
import re
import shutil
from pathlib import Path

import pytest

import finesift.chat.lint as package
from finesift.chat.lint import Remark, lint
from finesift.chat.lint.remedies import remedy
from finesift.chat.proof import KINDS
from finesift.chat.tokenizer import load_tokenizer
from finesift.corpus import Corpus, chat
from finesift.data import tokenizer_folder
from finesift.errors import ModelError

BODY = "{{ '<|im_start|>' + m.role + '\n' + (m.content or '') + '<|im_end|>\n' }}"
PROMPT = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
CHATML = "{% for m in messages %}" + BODY + "{% endfor %}" + PROMPT
KNOWS_ALL = (
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.reasoning_content %}{{ '<think>' + m.reasoning_content + '</think>' }}{% endif %}"
    "{% generation %}{{ m.content or '' }}"
    "{% for c in m.tool_calls or [] %}{{ c.function.name }}"
    "{% if c.function.arguments is string %}{{ c.function.arguments }}{% else %}"
    "{{ c.function.arguments | tojson }}{% endif %}{% endfor %}{{ '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% endfor %}" + PROMPT
)
MARKED = CHATML.replace(
    "(m.content or '') + '<|im_end|>\n' }}",
    "'' }}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}"
    "{% else %}{{ m.content }}<|im_end|>{% endif %}{{ '\n' }}",
)
ASK, ANSWER = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}
CALL = {
    "role": "assistant",
    "content": "Look.",
    "tool_calls": [{"function": {"name": "f", "arguments": {"a": "1"}}}],
}


def names(tokenizer, corpus=None, **options):
    return {remark.name for remark in lint(tokenizer, corpus, **options)}


def test_a_template_that_keeps_everything_has_no_fault(model):
    faults = [remark for remark in lint(model(KNOWS_ALL)) if remark.fault and "generation" not in remark.name]
    assert [remark.name for remark in faults] == []


# name, template, (messages, what the template makes of them)
TEMPLATES = [
    ("no_generation_keyword", CHATML, None),
    ("no_end", CHATML.replace("<|im_end|>", ""), lambda text: "<|im_end|>" not in text),
    ("end_is_no_stop", CHATML.replace("<|im_end|>", "<|im_start|>"), lambda text: text.endswith("<|im_start|>\n")),
    (
        "stops_early",
        CHATML.replace(
            "{{ '<|im_start|>' + ",
            "{% if m.reasoning_content %}{{ '<|im_start|>assistant\nI think: ' + m.reasoning_content "
            "+ '<|im_end|>\n' }}{% endif %}{{ '<|im_start|>' + ",
        ),
        None,
    ),
    (
        "end_by_next",
        "{% for m in messages %}{% if not loop.first %}<|im_end|>{% endif %}{{ '<|im_start|>' + m.role + '\n' "
        "+ m.content }}{% endfor %}<|im_end|>",
        lambda text: text.endswith("Hello.<|im_end|>"),
    ),
    (
        "header_not_found",  # "##" is one token
        "{% for m in messages %}{% if m.role == 'assistant' %}#A:{{ m.content }}<|im_end|>"
        "{% else %}{{ m.content }}#{% endif %}{% endfor %}{% if add_generation_prompt %}#A:{% endif %}",
        lambda text: "##A:" in text,
    ),
    ("no_generation_prompt", CHATML.replace(PROMPT, ""), None),
    (
        "prompt_differs",
        CHATML.replace("assistant\n' }}{% endif", "assistant\n<think>\n' }}{% endif"),
        lambda text: "<think>" not in text,
    ),
    (
        "prefix_fails",
        CHATML.replace("(m.content or '')", "(m.content if loop.last or m.role == 'user' else '…')"),
        None,
    ),
    ("reasoning_lost", CHATML, None),
    (
        "earlier_reasoning_lost",
        CHATML.replace("(m.content or '')", "(m.reasoning_content or '' if loop.last else '') + m.content"),
        None,
    ),
    (
        "inline_reasoning_lost",
        CHATML.replace("(m.content or '')", "(m.content.split('</think>')[-1])"),
        None,
    ),
    ("reasoning_key", CHATML.replace("(m.content or '')", "(m.thinking or '') + m.content"), None),
    (
        "system_refused",
        "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + CHATML,
        None,
    ),
    ("system_lost", CHATML.replace("in messages %}", "in messages if m.role != 'system' %}"), None),
    (
        "system_moved",
        "{% for m in messages if m.role != 'system' %}{{ '<|im_start|>' + m.role + '\n' }}"
        "{% if loop.index == messages | length - 2 and messages[0].role == 'system' %}{{ messages[0].content }}"
        "{% endif %}{{ m.content + '<|im_end|>\n' }}{% endfor %}" + PROMPT,
        None,
    ),
    (
        "system_injected",
        "{{ '<|im_start|>system\nYou are a helpful assistant named Bob.<|im_end|>\n' }}" + CHATML,
        lambda text: "Bob" in text,
    ),
    ("date_injected", "{{ strftime_now('%d %B %Y') }}" + CHATML, None),
    ("answer_trimmed", CHATML.replace("m.content or ''", "m.content | trim"), None),
    ("user_trimmed", CHATML.replace("m.content or ''", "m.content | trim"), None),
    ("tool_calls_lost", CHATML, None),
    ("tools_lost", CHATML, None),
    (
        "tool_descriptions_lost",
        "{% for t in tools or [] %}{{ t.function.name }}{% endfor %}" + CHATML,
        None,
    ),
    ("tool_results_lost", CHATML.replace("in messages %}", "in messages if m.role != 'tool' %}"), None),
    (
        "text_beside_calls_lost",
        CHATML.replace("(m.content or '')", "(m.tool_calls | tojson if m.tool_calls else m.content)"),
        None,
    ),
    (
        "arguments_twice_encoded",
        CHATML.replace(
            "(m.content or '')",
            "(m.tool_calls[0].function.arguments | tojson if m.tool_calls else m.content)",
        ),
        None,
    ),
    (
        "arguments_must_be_objects",
        CHATML.replace(
            "(m.content or '')",
            "(m.tool_calls[0].function.arguments.items() | list | string if m.tool_calls else m.content)",
        ),
        None,
    ),
    (
        "result_within_answer",
        "{% for m in messages if m.role != 'tool' %}{{ '<|im_start|>' + m.role + '\n' + m.content }}"
        "{% if m.tool_calls %}{% for t in messages if t.role == 'tool' %}{{ t.content }}{% endfor %}{% endif %}"
        "<|im_end|>{% endfor %}" + PROMPT,
        None,
    ),
    ("developer_lost", CHATML.replace("in messages %}", "in messages if m.role != 'developer' %}"), None),
    ("function_lost", CHATML.replace("in messages %}", "in messages if m.role != 'function' %}"), None),
    ("none_written", CHATML.replace("(m.content or '')", "m.content | string"), None),
    ("parts_as_code", CHATML.replace("(m.content or '')", "m.content | string"), None),
    (
        "parts_lost",
        CHATML.replace("(m.content or '')", "(m.content if m.content is string else '')"),
        None,
    ),
    (
        "must_alternate",
        "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('must alternate') }}{% endif %}" + BODY + "{% endfor %}" + PROMPT,
        None,
    ),
    ("mark_is_no_token", CHATML.replace("<|im_end|>", "<|end_of_my_turn|>"), None),
    (
        "thinks_on_request",
        CHATML.replace(
            "assistant\n' }}{% endif", "assistant\n' }}{% if enable_thinking is false %}<think>{% endif %}{% endif"
        ),
        None,
    ),
    (
        "empty_think",
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' %}"
        "{{ '<think>\n\n</think>\n\n' }}{% endif %}{{ m.content + '<|im_end|>\n' }}{% endfor %}" + PROMPT,
        lambda text: "<think>\n\n</think>" in text,
    ),
    ("header_merges", CHATML, None),
    (
        "generation_trains_prompt",
        "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ '<|im_start|>assistant\n' + "
        "m.content + '<|im_end|>' }}{% endgeneration %}{% else %}" + BODY + "{% endif %}{% endfor %}" + PROMPT,
        None,
    ),
    (
        "generation_leaves_end",
        "{% for m in messages %}{% if m.role == 'assistant' %}{{ '<|im_start|>assistant\n' }}{% generation %}"
        "{{ m.content }}{% endgeneration %}{{ '<|im_end|>\n' }}{% else %}" + BODY + "{% endif %}{% endfor %}" + PROMPT,
        None,
    ),
    (
        "generation_trains_beyond",
        "{% for m in messages %}{% if m.role == 'assistant' %}{{ '<|im_start|>assistant\n' }}{% generation %}"
        "{{ m.content + '<|im_end|>' + '<|endoftext|>' }}{% endgeneration %}{% else %}" + BODY
        + "{% endif %}{% endfor %}" + PROMPT,
        None,
    ),
    (
        "generation_hidden",
        "{% macro say(m) %}{% generation %}{{ m.content }}{% endgeneration %}{% endmacro %}"
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + say(m) + '<|im_end|>\n' }}{% endfor %}" + PROMPT,
        None,
    ),
]  # fmt: skip


@pytest.mark.parametrize("name, template, symptom", TEMPLATES, ids=[name for name, *_ in TEMPLATES])
def test_what_a_template_does_is_remarked(model, name, template, symptom):
    tokenizer = model(template)
    if symptom:
        assert symptom(tokenizer.template.render([ASK, ANSWER]))
    assert name in names(tokenizer)
    if name not in ("header_merges", "parts_as_code"):
        assert name not in names(model(KNOWS_ALL))


def test_a_tokenizer_that_adds_what_the_template_writes(tmp_path, model):
    tokenizer = model("{{ bos_token }}" + CHATML, bos_token="<|endoftext|>")
    assert "double_bos" not in names(tokenizer)
    file = tmp_path / "model" / "tokenizer.json"
    settings = json.loads(file.read_text())
    number = tokenizer.backend.token_to_id("<|endoftext|>")
    settings["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
        ],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {
            "<|endoftext|>": {"id": "<|endoftext|>", "ids": [number], "tokens": ["<|endoftext|>"]}
        },
    }
    file.write_text(json.dumps(settings))
    tokenizer = load_tokenizer(str(tmp_path / "model"))
    assert tokenizer.backend.encode(tokenizer.template.render([ASK, ANSWER])).ids[:2] == [number, number]
    assert "double_bos" in names(tokenizer)


def test_padding_with_the_end_of_a_turn(model):
    assert "pad_is_end" in names(model(CHATML, pad_token="<|im_end|>"))
    assert "pad_is_end" not in names(model(CHATML, pad_token="<|endoftext|>"))


def test_the_end_of_a_turn_that_is_not_eos(model):
    assert "end_is_not_eos" in names(
        model(CHATML, eos_token="<|endoftext|>", generation={"eos_token_id": load_tokenizer().stop_ids and 2})
    )


def test_two_places_with_different_templates(tmp_path, model):
    assert "templates_differ" in names(model(CHATML, chat_template=CHATML + " "))
    assert "templates_differ" not in names(model(CHATML, chat_template=CHATML))


def test_a_setting_that_the_template_does_not_read(model):
    assert "setting_ignored" in names(model(CHATML), settings={"enable_thinkng": False})
    reads = model("{% if enable_thinking %}{% endif %}" + CHATML)
    assert "setting_ignored" not in names(reads, settings={"enable_thinking": False})


def test_a_model_without_a_template_is_an_error(tmp_path):
    shutil.copytree(tokenizer_folder(), tmp_path / "base")
    for file in ("chat_template.jinja", "tokenizer_config.json"):
        (tmp_path / "base" / file).unlink(missing_ok=True)
    with pytest.raises(ModelError, match="no chat template"):
        lint(load_tokenizer(str(tmp_path / "base")))


def test_remarks_are_counted_on_the_data(model):
    corpus = Corpus.of(
        [
            chat("Hi", "Hello.", system="Be brief."),
            chat("Hi", "Yes.", system="Be kind."),
            chat(" Hi ", "\n\nNo."),
            chat("What is <|im_end|>?", "A mark."),
        ]
    )
    forgets = model(CHATML.replace("in messages %}", "in messages if m.role != 'system' %}"))
    found = {remark.name: remark for remark in lint(forgets, corpus)}
    assert found["system_lost"].rows == 2
    assert found["system_lost"].places == ["memory:1", "memory:2"]
    assert found["header_merges"].rows == 1
    assert found["data: lost_system"].rows == 2
    assert found["data: special_text"].places == ["memory:4"]
    assert found["data: edge_token"].rows == 1


@pytest.mark.parametrize(
    "template, settings, said",
    [
        (CHATML, {}, {"trl": "needs", "axolotl": "trains what is proved", "unsloth": "should not, '\\n'"}),
        (CHATML, {}, {"llamafactory": "trains, and should not, '\\n' (answers)"}),
        # Without a break after the end of a turn, headers tell what is trained.
        (CHATML.replace("<|im_end|>\n", "<|im_end|>"), {}, {"unsloth": "trains what is proved"}),
        (CHATML.replace("<|im_end|>\n", "<|im_end|>"), {}, {"llamafactory": "trains what is proved"}),
        # The end of a turn is not eos_token, so it has to be named.
        (
            CHATML,
            {"eos_token": "<|endoftext|>"},
            {"axolotl": "eot_tokens: [<|im_end|>] trains what is proved"},
        ),
        # What stands before the answer's text is the model's, and no dummy text differs in it.
        (
            CHATML.replace(
                "(m.content or '')", "('<think></think>' if m.role == 'assistant' else '') + m.content"
            ),
            {},
            {"axolotl": "leaves out"},
        ),
        # Its keyword is around what users say, too.
        (KNOWS_ALL, {}, {"trl": "trains other text", "llamafactory": "unknown"}),
        (MARKED, {}, {"trl": "trains what is proved"}),
    ],
    ids=[
        "ChatML",
        "ChatML, slots",
        "no break",
        "no break, slots",
        "another end",
        "thoughts",
        "keyword everywhere",
        "keyword",
    ],
)
def test_what_settings_of_trainers_make_of_the_template_is_said(model, template, settings, said):
    found = {remark.name: remark for remark in lint(model(template, **settings))}
    for trainer, words in said.items():
        assert words in found[f"{trainer}_mask"].message
        assert not found[f"{trainer}_mask"].fault


def test_every_remark_says_how_bad_it_is_and_what_to_do():
    """Of each name that a detector or the proof can give."""
    source = "\n".join(file.read_text("utf-8") for file in Path(package.__file__).parent.glob("*.py"))
    written = set(re.findall(r'Remark\(\s*f?"([a-z_]+)"', source)) | {f"data: {name}" for name in KINDS}
    written |= {"developer_lost", "function_lost", "answer_trimmed", "user_trimmed"}
    assert len(written) > 60
    assert [name for name in sorted(written) if not remedy(name)] == []
    assert Remark("no_end", True, "it never stops").severity == "fault"
    assert Remark("no_end", True, "it never stops", rows=0).severity == "harmless here"
    assert Remark("date_injected", False, "a date").severity == "note"


def test_a_setting_with_a_slip_is_told(model):
    template = CHATML + "{{ enable_thinking }}"
    (remark,) = [
        r for r in lint(model(template), settings={"enable_thinkng": False}) if r.name == "setting_ignored"
    ]
    assert "did you mean enable_thinking" in remark.message and remark.severity == "fault"
