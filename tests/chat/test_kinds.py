"""Conversations counted as columns have the figures that they have one by one."""

import random

import pytest

from finesift.chat import kinds
from finesift.chat.proof import prove
from finesift.chat.skeleton import FIRST, SAMPLE, Skeleton
from finesift.chat.tokenizer import load_tokenizer
from finesift.corpus import Corpus, chat

BLANKS = ["", " ", "\n", "\x1f", "\u3000", "\u200b", "\t "]
WORDS = ["one", "two,", "naïve", "三", "don't", "!", "<|im_end|>", "x" * 500, "1.5", "Zq0jkvx"]


def rows_of(seed, count=400):
    """Conversations of a few kinds, most of them plain, with all that a conversation may have beside texts."""
    draw = random.Random(seed)

    def said():
        words = draw.choices(WORDS, k=draw.randint(1, 9))
        return draw.choice(BLANKS) + draw.choice([" ", "", "\n"]).join(words) + draw.choice(BLANKS)

    rows = []
    for _ in range(count):
        row = chat(*(said() for _ in range(draw.choice([2, 2, 2, 2, 4, 3]))))
        odd = draw.randrange(30)
        if odd == 0:
            row["messages"][-1]["content"] = ""
        elif odd == 1:
            row["messages"][1]["train"] = False
        elif odd == 2:
            row["label"] = True
        elif odd == 3:
            row["messages"][1]["reasoning_content"] = said()
        rows.append(row)
    return rows


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("template", ["{{ m.content }}", "{{ m.content | trim }}"])
def test_columns_have_the_figures_of_conversations_one_by_one(seed, template, tmp_path, monkeypatch):
    file = tmp_path / "template.jinja"
    file.write_text(
        "{% for m in messages %}<|im_start|>{{ m.role }}\n" + template + "<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    tokenizer = load_tokenizer(template=file)
    corpus = Corpus.of(rows_of(seed))
    columns = prove(corpus, tokenizer)
    budget = prove(corpus, tokenizer, max_tokens=60)
    monkeypatch.setattr(kinds, "LEAST", 1 << 30)
    objects = prove(corpus, tokenizer)
    assert columns.rows.equals(objects.rows)
    assert columns.problems.equals(objects.problems)
    assert sorted(columns.kinds.items()) == sorted(objects.kinds.items())
    assert budget.rows.equals(prove(corpus, tokenizer, max_tokens=60).rows)
    assert columns.rows.equals(prove(corpus, tokenizer, one_by_one=True).rows)


def test_as_many_are_traced_as_one_by_one():
    one, together = (Skeleton((), 0, (), (), ends=True) for _ in range(2))
    singly = [one.is_sampled() for _ in range(1000)]
    assert [*together.samples(5), *together.samples(995)] == singly
    assert sum(singly) == FIRST + 1000 // SAMPLE
    assert one.seen == together.seen == 1000
