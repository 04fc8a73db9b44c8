"""A template that never looks at what messages say is known by its syntax; every other is rendered row by row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finesift.chat.proof import prove
from finesift.chat.template import Template
from finesift.chat.tokenizer import load_tokenizer
from finesift.corpus import Corpus, chat

BODY = "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
LOOP = "{% for m in messages %}" + BODY + "{% endfor %}"
PROMPT = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

NEVER_LOOKS = {
    "ChatML": (LOOP + PROMPT, "plain"),
    "by key": (LOOP.replace("m.role", "m['role']").replace("m.content", "m['content']"), "plain"),
    "joined": (LOOP.replace("+ m.content +", "~ m.content ~"), "plain"),
    "trimmed": (LOOP.replace("m.content", "m.content | trim"), "trimmed"),
    "a default": ("{% if messages[0].role != 'system' %}Be kind.{% endif %}" + LOOP, "plain"),
    "is there": (LOOP.replace(BODY, "{% if m.content and m.content is string %}" + BODY + "{% endif %}"), "plain"),
    "counts messages": ("{% set n = messages | length %}{% if n > 9 %}!{% endif %}" + LOOP, "plain"),
    "raises": ("{% if messages[-1]['role'] == 'tool' %}{{ raise_exception('no') }}{% endif %}" + LOOP, "plain"),
    "neighbours": (LOOP.replace(BODY, "{% if messages[loop.index0 - 1].role == m.role %}+{% endif %}" + BODY), "plain"),
}  # fmt: skip
LOOKS = {
    "compares": "{% if m.content == 'x' %}!{% endif %}",
    "searches": "{% if '</think>' in m.content %}!{% endif %}",
    "splits": "{{ m.content.split('</think>')[-1] }}",
    "counts": "{{ m.content | length }}",
    "keeps it": "{% set text = m.content %}{% if text == 'x' %}!{% endif %}",
    "keeps the message": "{% set one = m %}",
    "writes JSON": "{{ m.content | tojson }}",
    "writes the message": "{{ m }}",
    "all fields": "{% for key, value in m.items() %}{{ value }}{% endfor %}",
    "by a method": "{% if m.get('content') == 'x' %}!{% endif %}",
    "by a name of its own": "{% set key = 'content' %}{% if m[key] == 'x' %}!{% endif %}",
    "of its neighbour": "{% if loop.previtem is defined and loop.previtem.content == 'x' %}!{% endif %}",
    "changed": "{% if loop.changed(m.content) %}!{% endif %}",
    "of the first": "{% if messages[0].content == 'x' %}!{% endif %}",
    "of a slice": "{% for one in messages[1:] %}{{ one.content | upper }}{% endfor %}",
    "of a list": "{{ messages | map(attribute='content') | join }}",
    "in a macro": "{% macro say(text) %}{{ text | upper }}{% endmacro %}{{ say(m.content) }}",
    "trims the whole": "{{ (m.role + m.content) | trim }}",
    "trims with signs": "{{ m.content | trim('x') }}",
    "both ways": "{{ m.content | trim }}",
    "as a choice": "{{ m.content or 'nothing' }}",
    "as a key": "{{ {'x': 1}[m.content] }}",
    "in a set block": "{% set text %}{{ m.content }}{% endset %}{{ text | upper }}",
    "in a filter block": "{% filter upper %}{{ m.content }}{% endfilter %}",
    "under another name": "{% for n in messages %}{{ n.content | upper }}{% endfor %}",
    "with": "{% with text = m.content %}{{ text | upper }}{% endwith %}",
}


@pytest.mark.parametrize("name", NEVER_LOOKS)
def test_what_only_writes_is_known(name):
    source, how = NEVER_LOOKS[name]
    assert Template(source).writes == how


@pytest.mark.parametrize("name", LOOKS)
def test_what_may_look_is_rendered(name):
    assert Template(LOOP.replace(BODY, BODY + LOOKS[name])).writes is None


TEXTS = st.text(st.sampled_from("ax \n\t\u00a0<|>{}%'\"é中"), min_size=1, max_size=12)


@given(contents=st.lists(TEXTS, min_size=2, max_size=5), name=st.sampled_from(list(NEVER_LOOKS)))
def test_what_only_writes_makes_of_any_text_what_it_makes_of_words(contents, name):
    source, how = NEVER_LOOKS[name]
    template = Template(source)
    roles = [("user", "assistant")[n % 2] for n in range(len(contents))]
    words = [f"Zq{n}jkvx" for n in range(len(contents))]

    def made(texts):
        return template.render([{"role": r, "content": c} for r, c in zip(roles, texts, strict=True)])

    expected = made(words)
    for word, content in zip(words, contents, strict=True):
        expected = expected.replace(word, content.strip() if how == "trimmed" else content)
    assert made(contents) == expected


def test_rows_are_proved_as_if_each_were_rendered():
    texts = ["Hi", " padded \n", "a" * 300, "<think>x</think>", "<|im_end|>", "{{ 1 }}", "中文", "."]
    corpus = Corpus.of([chat(a, b) for a in texts for b in texts])
    tokenizer = load_tokenizer()
    assert tokenizer.template.writes == "plain"
    short, long = prove(corpus, tokenizer), prove(corpus, tokenizer, one_by_one=True)
    assert short.by_kind and short.rows.equals(long.rows)
    assert short.problems.equals(long.problems)
