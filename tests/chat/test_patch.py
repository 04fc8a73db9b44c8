"""The keyword around what is trained, and nowhere else."""

import pytest
from typer.testing import CliRunner

from finesift.chat.mask import Masker
from finesift.chat.patch import patched
from finesift.chat.template import Template
from finesift.chat.tokenizer import load_tokenizer
from finesift.chat.trace import Tracer
from finesift.cli import app
from finesift.errors import ModelError, RenderError

ASK, ANSWER = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}
PROMPT = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
BRANCHED = """
{%- for m in messages %}
    {%- if m.role == 'assistant' %}
        {{- '<|im_start|>assistant\n' }}
        {%- if m.reasoning_content %}
            {{- '<think>' + m.reasoning_content + '</think>' }}
        {%- endif %}
        {{- m.content + '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>' + m.role + '\n' + m.content }}<|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
"""
MARKED = "{% generation %}{{- m.content }}{% endgeneration %}"
WHOLE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}" + PROMPT
)


def marked(source, messages):
    trace = Tracer(Template(source)).trace(messages)
    return trace.text, [trace.text[start:end] for start, end in trace.generation]


@pytest.mark.parametrize("source", [BRANCHED, WHOLE], ids=["branched", "whole"])
def test_a_patched_template_renders_the_same_and_marks_what_is_trained(model, source):
    tokenizer = model(source)
    talk = [ASK, {**ANSWER, "content": " two\n lines\n"}, ASK, ANSWER]
    text, trained = marked(patched(tokenizer).source, talk)
    assert text == tokenizer.template.render(talk)
    assert trained == [" two\n lines\n<|im_end|>", "Hello.<|im_end|>"]


def test_a_template_that_has_the_keyword_in_the_right_place_stays_as_it_is(model):
    once = patched(model(BRANCHED)).source
    again = patched(model(once))
    assert (again.source, again.mended) == (once, "")


@pytest.mark.parametrize(
    "wrong, said",
    [
        (BRANCHED.replace("{{- m.content + '<|im_end|>\n' }}", MARKED + "{{- '<|im_end|>\n' }}"), "left out"),
        ("{% generation %}" + BRANCHED + "{% endgeneration %}", "not to be trained"),
        (
            "{% macro say(m) %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{% endmacro %}"
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ say(m) }}\n{% endfor %}" + PROMPT,
            "macro",
        ),
    ],
    ids=["without the end", "around everything", "in a macro"],
)
def test_a_keyword_in_the_wrong_place_is_mended_and_what_was_wrong_is_said(model, wrong, said):
    tokenizer = model(wrong)
    found = patched(tokenizer)
    assert said in found.mended
    talk = [ASK, ANSWER, ASK, {**ANSWER, "content": " two\n lines\n"}]
    text, trained = marked(found.source, talk)
    assert text == tokenizer.template.render(talk)
    assert trained == ["Hello.<|im_end|>", " two\n lines\n<|im_end|>"]


@pytest.mark.parametrize(
    "source",
    [
        # Whitespace control of every kind, and text that looks like a tag.
        "{% for m in messages %}\n  {%- if m.role == 'assistant' %}\n<|im_start|>assistant\n"
        "   {{ m.content }}  \n  {%- else -%}\n <|im_start|>{{ m.role }}\n{{ m.content }}\n  {% endif +%}\n"
        "<|im_end|>\n{% endfor %}\n" + PROMPT,
        "{% for m in messages %}{{ '<|im_start|>' ~ m.role ~ '\n' ~ m.content ~ '<|im_end|>\n' }}{% endfor %}"
        + PROMPT,
        "{%- for m in messages -%}\n    <|im_start|>{{ m.role }}\n    {{- '\n' + m.content -}}\n    <|im_end|>\n"
        "{% endfor %}" + PROMPT,
        "{% for m in messages %}{% raw %}<|im_start|>{% endraw %}{{ m.role }}\n{{ m.content }}<|im_end|>"
        "{# the end #}\n{% endfor %}" + PROMPT,
        # The answer comes out of a macro, with its header.
        "{% macro say(m) %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endmacro %}"
        "{% for m in messages %}{{ say(m) }}{% endfor %}" + PROMPT,
        # It comes out of a variable that holds header and all.
        "{% for m in messages %}{% set said = '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' %}"
        "{{ said }}{% endfor %}" + PROMPT,
        # The end is the next message's, and the template's own.
        "{% for m in messages %}{% if not loop.first %}<|im_end|>\n{% endif %}<|im_start|>{{ m.role }}\n"
        "{{ m.content }}{% endfor %}<|im_end|>\n" + PROMPT,
    ],
    ids=["blanks", "joined", "texts", "raw", "macro", "variable", "end by the next"],
)
def test_habits_of_templates_are_patched_without_a_blank_changed(model, source):
    tokenizer = model(source)
    found = patched(tokenizer)
    talk = [
        {"role": "system", "content": "Be {% brief %}."},
        ASK,
        ANSWER,
        ASK,
        {**ANSWER, "content": "Two\n\nparts."},
    ]
    text, trained = marked(found.source, talk)
    assert text == tokenizer.template.render(talk)
    finder = Masker(tokenizer).finder(None).find(talk)
    ours = [piece for span in finder.spans for piece in span.pieces()]
    assert "".join(trained) == "".join(finder.text[start:end] for start, end in ours)
    assert "Hello." in trained[0]
    for settings in ({}, {"add_generation_prompt": True}):
        patch = Template(found.source)
        assert patch.render(talk[:2], **settings) == tokenizer.template.render(talk[:2], **settings)


def test_what_the_template_refuses_the_patched_one_refuses(model):
    tokenizer = model(WHOLE)
    found = Template(patched(tokenizer).source)
    for template in (tokenizer.template, found):
        with pytest.raises(RenderError):
            template.render([ASK, {"role": "assistant", "content": None}])


def test_what_cannot_be_expressed_is_refused(model):
    hides = (
        "{% set a = namespace(t='') %}{% for m in messages %}"
        "{% set a.t = a.t + m.content + '<|im_end|>' %}{% endfor %}{{ a.t }}"
    )
    with pytest.raises(ModelError, match="cannot be put"):
        patched(model(hides))


def test_the_command_writes_it(tmp_path):
    out = tmp_path / "patched.jinja"
    assert CliRunner().invoke(app, ["template", "--patched", "-o", str(out)]).exit_code == 0
    text, trained = marked(out.read_text("utf-8"), [ASK, ANSWER])
    assert trained == ["Hello.<|im_end|>"]
    assert text == load_tokenizer().template.render([ASK, ANSWER])
    assert CliRunner().invoke(app, ["template"]).stdout == load_tokenizer().template.source
