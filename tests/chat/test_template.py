import time
from datetime import datetime

import pytest

from finesift.chat.template import Template
from finesift.errors import ModelError, RenderError

CHAT = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_a_conversation_renders():
    assert Template(CHATML).render(CHAT) == (
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n"
    )


def test_the_prompt_for_the_model_is_how_the_conversation_begins():
    template = Template(CHATML)
    assert template.render(CHAT).startswith(template.render(CHAT[:1], add_generation_prompt=True))


@pytest.mark.parametrize(
    "source, text",
    [
        ("{{ bos_token }}{{ messages[0].content }}", "<s>Hi"),
        ("{{ tools is none }} {{ documents is none }} {{ nothing is defined }}", "True True False"),
        ("{{ {'a': '<é>'} | tojson }}", '{"a": "<é>"}'),
        ("{{ [1] | tojson(indent=2) }}", "[\n  1\n]"),
        ("{% for m in messages %}{% if loop.last %}{% break %}{% endif %}{{ m.role }}{% endfor %}", "user"),
        ("{% generation %}{{ messages[1].content }}{% endgeneration %}", "Hello."),
        ("{% generation %}{% set x = 1 %}{% endgeneration %}{{ x is defined }}", "False"),
        (
            "{% set a = namespace(n=0) %}{% for m in [1, 2] %}{% set a.n = a.n + 1 %}{% endfor %}{{ a.n }}",
            "2",
        ),
        ("{{ messages[0].items() | list | length }} {{ messages[0].absent is defined }}", "2 False"),
        (
            "{{ 'a-b'.split('-') | join('+') }} {{ '{:>3}|{}'.format(1, 'x') }} {{ '%s!' % 'x' }}",
            "a+b   1|x x!",
        ),
        ("{{ strftime_now('%d %B %Y') }}", "01 February 2025"),
        (
            "{{ 'ab' * 2 }} {{ 2 ** 3 * 2 }} {{ 7 % 4 }} {{ [1] + [2] }} {{ 1 ~ 'x' ~ none }}",
            "abab 16 3 [1, 2] 1xNone",
        ),
        ("{% if messages %}\n  x\n  {% endif %}\n", "  x\n"),
    ],
)
def test_the_language_is_that_of_transformers(source, text):
    template = Template(source, tokens={"bos_token": "<s>"}, now=lambda: datetime(2025, 2, 1))
    assert template.render(CHAT) == text


@pytest.mark.parametrize("key", ["reasoning", "thinking", "reasoning_content"])
def test_reasoning_is_found_under_each_of_its_names(key):
    message = {"role": "assistant", "content": "7", key: "odd"}
    for read in ("reasoning_content", "thinking"):
        assert Template(f"{{{{ messages[0].{read} }}}}").render([message]) == "odd"


def test_a_field_that_is_none_is_absent():
    template = Template("{{ 'content' in messages[0] }}")
    assert template.render([{"role": "assistant", "content": None}]) == "False"


def test_a_refusal_is_said_in_the_words_of_the_template():
    template = Template("{{ raise_exception('Roles must alternate') }}")
    with pytest.raises(RenderError, match=r"^Roles must alternate$"):
        template.render(CHAT)


@pytest.mark.parametrize(
    "source, said",
    [
        ("{% for m in messages %}", "template:1: this chat template is not Jinja"),
        ("{{ 1 | no_such_filter }}", "template:1: this chat template is not Jinja"),
        ("(" * 1_000_001, "at most 1,000,000"),
        ("{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}", "cannot be compiled"),
    ],
)
def test_what_is_no_template_is_refused(source, said):
    with pytest.raises(ModelError, match=said):
        Template(source)


# Each, sixty times over, makes of one element more than there are atoms in a litre of air.
NEST = "{% set x = [x, x] %}" * 60
DICTS = "{% set x = {'a': x, 'b': x} %}" * 60
CALLED = "{% set x = dict(a=x, b=x) %}" * 60
TUPLES = "{% set x = (x, x) %}" * 60
BATCHES = "{% set x = [1] | batch(9999, x) | list %}" * 5
TWICE = "{% macro f(n) %}{% if n %}{{ f(n-1) ~ f(n-1) }}{% endif %}{% endmacro %}"
LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}"
LONG = "{% set x = 'a' * 10**7 %}"
HOSTILE = {
    "loops in loops": LOOPS + "{% endfor %}{% endfor %}",
    "loops that write": LOOPS + "{{ a }}{% endfor %}{% endfor %}",
    "loop with a costly test": "{% for a in range(99999) if range(99999) | list | length < 0 %}{% endfor %}",
    "long range": "{{ range(10**9) | list | length }}",
    "macro that calls itself": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "macro that calls itself twice": TWICE + "{{ f(60) }}",
    "recursive loop": "{% for a in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
    "block that calls itself": "{% block b %}{{ self.b() }}{{ self.b() }}{% endblock %}",
    "long text": "{{ 'a' * 10**10 }}",
    "long text, turned round": "{{ 10**10 * 'a' }}",
    "long list": "{{ [0] * 10**10 }}",
    "text that doubles": "{% set x = 'a' * 1000 %}" + "{% set x = x + x %}" * 50 + "{{ x }}",
    "text that doubles by ~": "{% set x = 'a' * 1000 %}" + "{% set x = x ~ x %}" * 50 + "{{ x }}",
    "output that grows": LONG + "{{ x }}" * 5_000,
    "macro output that grows": "{% set x = 'a' * 10**7 %}{% macro f() %}"
    + "{{ x }}" * 5_000
    + "{% endmacro %}{{ f() }}",
    "lists that double": "{% set x = [1] %}" + NEST + "{{ x }}",
    "lists that double, as JSON": "{% set x = [1] %}" + NEST + "{{ x | tojson }}",
    "lists that double, compared": "{% set x = [1] %}"
    + NEST
    + "{% set y = x %}{% set x = [1] %}"
    + NEST
    + "{{ x == y }}",
    "dicts that double": "{% set x = {} %}" + DICTS + "{{ x }}",
    "dict() that doubles": "{% set x = {} %}" + CALLED + "{{ x }}",
    "tuples that double, hashed": "{% set x = (1,) %}" + TUPLES + "{{ {x: 1} }}",
    "batches that double": "{% set x = [1] %}" + BATCHES + "{{ x }}",
    "high number": "{{ 10 ** (10 ** 10) }}",
    "number that squares": "{% set x = 10**1000 %}" + "{% set x = x * x %}" * 60 + "{{ x }}",
    "wide %": "{{ '%1000000000d' % 1 }}",
    "wide % by argument": "{{ '%*d' % (10**9, 1) }}",
    "wide format": "{{ '{:1000000000}'.format(1) }}",
    "wide format by argument": "{{ '{:{}}'.format(1, 10**9) }}",
    "wide format filter": "{{ '%1000000000d' | format(1) }}",
    "format by map": "{{ '{a:1000000000}'.format_map({'a': 1}) }}",
    "center": "{{ 'a' | center(10**9) }}",
    "ljust": "{{ 'a'.ljust(10**10) }}",
    "zfill": "{{ 'a'.zfill(10**10) }}",
    "expandtabs": "{{ '\\t'.expandtabs(10**10) }}",
    "translate": "{{ 'aaaa'.translate({97: 'b' * 10**7}) }}",
    "indent": "{{ ('a\\n' * 10**6) | indent(10**6) }}",
    "JSON indent": "{{ [1] | tojson(indent=10**9) }}",
    "replace": "{{ ('a' * 10**6).replace('a', 'b' * 10**6) }}",
    "replace nothing": "{{ ('a' * 10**6).replace('', 'b' * 10**6) }}",
    "replace filter": "{{ ('a' * 10**6) | replace('a', 'b' * 10**6) }}",
    "join": "{{ ('b' * 10**6).join('a' * 10**6) }}",
    "join filter": "{{ ('a' * 10**6) | join('b' * 10**6) }}",
    "batch": "{{ [1] | batch(10**9, 0) | list }}",
    "lipsum": "{{ lipsum(n=10**9) }}",
    "round": "{{ 1.5 | round(10**9, 'ceil') }}",
    "select over and over": "{{ range(99999) | select('in', range(99999) | map('string') | list) | list }}",
    "strftime": "{{ strftime_now('%1000000000Y') }}",
    "class of a text": "{{ ''.__class__.__mro__ }}",
    "globals of a global": "{{ cycler.__init__.__globals__['os'] }}",
    "list that is changed": "{{ messages.append(1) }}",
    "namespace with dunder": "{{ namespace(__class__=1) }}",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import 'os' as os %}",
    "extends": "{% extends '/etc/passwd' %}",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_template_is_refused_within_two_seconds(source):
    begun = time.process_time()
    with pytest.raises(ModelError):
        Template(source).render(CHAT)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''|attr('__class__') }}",
        "{{ '{0.__class__}'.format('') }}",
        "{{ raise_exception.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ messages.append }}{{ messages[0].update }}",
    ],
)
def test_a_template_sees_nothing_of_python(source):
    assert Template(source).render(CHAT) == ""


def test_a_long_conversation_is_not_hostile():
    messages = [
        {"role": "user", "content": "x" * 2_000},
        {"role": "assistant", "content": "y" * 2_000},
    ] * 1_000
    assert len(Template(CHATML).render(messages)) > 4_000_000
