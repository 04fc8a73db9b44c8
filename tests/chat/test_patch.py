"""The keyword around what is trained, and nowhere else."""

import pytest
from typer.testing import CliRunner

from finesift.chat.patch import patched
from finesift.chat.template import Template
from finesift.chat.tokenizer import load_tokenizer
from finesift.chat.trace import Tracer
from finesift.cli import app
from finesift.errors import ModelError

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
    text, trained = marked(patched(tokenizer), talk)
    assert text == tokenizer.template.render(talk)
    assert trained == [" two\n lines\n<|im_end|>", "Hello.<|im_end|>"]


def test_a_template_that_has_the_keyword_in_the_right_place_stays_as_it_is(model):
    once = patched(model(BRANCHED))
    assert patched(model(once)) == once


def test_a_template_that_has_it_in_the_wrong_place_is_refused(model):
    lines = patched(model(WHOLE)).splitlines()
    end = next(number for number, line in enumerate(lines) if "endgeneration" in line)
    lines[end - 1], lines[end] = lines[end], lines[end - 1]
    wrong = "\n".join(lines)
    with pytest.raises(ModelError, match="already"):
        patched(model(wrong))


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
