"""The exact trained text, for templates of each family."""

import numpy as np
import pytest

from finesift.chat import spans
from finesift.chat.conversations import conversations
from finesift.chat.marks import Marks
from finesift.chat.mask import Masker
from finesift.chat.proof import prove
from finesift.chat.spans import Finder, Wanted
from finesift.chat.template import Template
from finesift.chat.tokenizer import load_tokenizer
from finesift.chat.trace import Tracer
from finesift.corpus import Corpus, chat, pair

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
MARKS = Marks(["<|im_start|>", "<|im_end|>", "</s>", "<|call|>", "[/INST]"], ["<|im_end|>", "</s>"])
ASK, ANSWER = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}


def find(source, messages, tools=None, **options):
    return Finder(Tracer(Template(source, tokens={"eos_token": "</s>"})), MARKS, **options).find(
        messages, tools
    )


def trained(source, messages, **options):
    found = find(source, messages, **options)
    return [span.text(found.text) for span in found.spans]


def problems(source, messages, **options):
    return [problem.name for problem in find(source, messages, **options).problems]


def test_the_answer_and_its_end_are_trained_and_nothing_else():
    assert trained(CHATML, [ASK, ANSWER, ASK, ANSWER]) == ["Hello.<|im_end|>"] * 2
    assert problems(CHATML, [ASK, ANSWER]) == []


def test_only_the_last_answer_if_asked():
    assert trained(
        CHATML, [ASK, ANSWER, ASK, {**ANSWER, "content": "Again."}], wanted=Wanted(only_last=True)
    ) == ["Again.<|im_end|>"]


def test_an_opener_that_the_prompt_supplies_is_not_trained():
    thinks = CHATML.replace("assistant\n' }}{% endif", "assistant\n<think>\n' }}{% endif")
    said = [ASK, {"role": "assistant", "content": "<think>\nSo.\n</think>\n\nHello."}]
    assert trained(thinks, said) == ["So.\n</think>\n\nHello.<|im_end|>"]


def test_a_prompt_that_training_does_not_have_is_named():
    thinks = CHATML.replace("assistant\n' }}{% endif", "assistant\n<think>\n' }}{% endif")
    assert trained(thinks, [ASK, ANSWER]) == ["Hello.<|im_end|>"]
    assert problems(thinks, [ASK, ANSWER]) == ["prompt_differs"]


def test_a_header_is_shared_in_whole_marks():
    """The prompt goes on with <think>, the text with <tool_call>: they share a bracket, but no mark."""
    source = (
        "{% for m in messages %}{% if m.role == 'user' %}U{{ m.content }}{% else %}"
        "<A><tool_call>{{ m.content }}</s>{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<A><think>{% endif %}"
    )
    assert trained(source, [ASK, ANSWER]) == ["<tool_call>Hello.</s>"]


def test_without_a_generation_prompt_the_header_is_found_by_a_probe():
    source = "{% for m in messages %}{{ m.role | upper }}: {{ m.content }}{{ eos_token }}\n{% endfor %}"
    assert trained(source, [ASK, ANSWER]) == [" Hello.</s>"]


def test_a_space_that_the_model_has_to_write_is_trained():
    source = (
        "{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
        "{% else %} {{ m.content }}</s>{% endif %}{% endfor %}"
    )
    assert trained(source, [ASK, ANSWER, ASK, ANSWER]) == [" Hello.</s>"] * 2


def test_an_end_that_the_template_writes_after_the_loop_is_trained():
    source = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{{ eos_token }}"
    assert trained(source, [ASK, ANSWER])[0].endswith("Hello.</s>")


def test_an_end_that_the_next_message_writes_is_trained():
    source = (
        "{% for m in messages %}{% if not loop.first %}</s>{% endif %}[{{ m.role }}]{{ m.content }}"
        "{% endfor %}</s>{% if add_generation_prompt %}[assistant]{% endif %}"
    )
    assert trained(source, [ASK, ANSWER, ASK, ANSWER]) == ["Hello.</s>"] * 2


def test_a_system_text_that_the_template_makes_up_is_not_trained_with_an_answer_that_comes_first():
    source = (
        "{% for m in messages %}{% if loop.first and m.role != 'system' %}<|im_start|>system\nBe kind.<|im_end|>\n"
        "{% endif %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
    assert trained(source, [ANSWER, ASK, ANSWER]) == ["Hello.<|im_end|>"] * 2
    channels = CHATML.replace(
        "m.role + '\n'", "m.role + ('<|call|>' if m.role == 'assistant' else '')"
    ).replace("assistant\n", "assistant")
    assert trained(channels, [ANSWER, ASK, ANSWER]) == ["<|call|>Hello.<|im_end|>"] * 2


@pytest.mark.parametrize("stops", [["</s>"], ["<|im_end|>", "</s>"]])
def test_an_end_that_every_answer_has_outranks_one_that_only_the_last_has(stops):
    """Whether or not the settings say that it ends a generation: Phi-3.5, and Jamba below."""
    marks = Marks(["<|im_start|>", "<|im_end|>", "</s>"], stops)
    phi = CHATML.removesuffix("{% endif %}") + "{% else %}{{ eos_token }}{% endif %}"
    jamba = (
        "{% for m in messages %}{% if not loop.first %}<|im_end|>{% endif %}<|im_start|>{{ m.role }}\n{{ m.content }}"
        "{% endfor %}<|im_end|>{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    for source in (phi, jamba):
        found = Finder(Tracer(Template(source, tokens={"eos_token": "</s>"})), marks).find(
            [ASK, ANSWER, ASK, ANSWER]
        )
        assert [span.text(found.text) for span in found.spans] == ["Hello.<|im_end|>"] * 2
        assert {problem.name for problem in found.problems} == (
            set() if len(stops) == 2 else {"end_is_no_stop"}
        )


def test_an_end_of_text_after_the_end_of_the_turn_is_not_trained():
    source = CHATML.replace("{% if add", "{{ eos_token }}{% if add")
    assert trained(source, [ASK, ANSWER]) == ["Hello.<|im_end|>"]


def test_an_answer_without_an_end_is_named():
    source = CHATML.replace("<|im_end|>", "")
    assert trained(source, [ASK, ANSWER]) == ["Hello."]
    assert problems(source, [ASK, ANSWER]) == ["no_end"]


def test_an_end_that_does_not_end_a_generation_is_named():
    assert problems(CHATML.replace("<|im_end|>", "<|call|>"), [ASK, ANSWER]) == ["end_is_no_stop"]


def test_a_tool_result_within_an_answer_is_not_trained():
    source = (
        "{% for m in messages if m.role != 'tool' %}{{ m.role }}:{{ m.content }}"
        "{% if m.tool_calls %}<|call|>{% for t in messages if t.role == 'tool' %}{{ t.content }}{% endfor %}"
        "{% endif %}</s>{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
    )
    call = {
        "role": "assistant",
        "content": "Look.",
        "tool_calls": [{"function": {"name": "", "arguments": {}}}],
    }
    assert trained(source, [ASK, call, {"role": "tool", "content": "SECRET"}]) == ["Look.<|call|></s>"]


def test_messages_by_number_are_traced():
    source = (
        "{% for i in range(messages | length) %}{% set m = messages[i] %}{{ '<' + m.role + '>' + m.content }}"
        "</s>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    assert trained(source, [ASK, ANSWER, ASK, ANSWER]) == ["Hello.</s>"] * 2


def test_messages_through_a_macro_are_traced():
    source = (
        "{% macro say(m) %}{{ '<' + m.role + '>' }}{% if m.role == 'assistant' %}{{ m.content }}</s>"
        "{% else %}{{ m.content }}{% endif %}{% endmacro %}{% for m in messages %}{{ say(m) }}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    assert trained(source, [ASK, ANSWER]) == ["Hello.</s>"]


def test_a_template_that_hides_its_messages_is_masked_by_prefixes_with_a_warning():
    source = (
        "{% set a = namespace(t='') %}{% for m in messages %}{% set a.t = a.t + '<' + m.role + '>' + m.content %}"
        "{% if m.role == 'assistant' %}{% set a.t = a.t + '</s>' %}{% endif %}{% endfor %}{{ a.t }}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    assert trained(source, [ASK, ANSWER, ASK, ANSWER]) == ["Hello.</s>"] * 2
    assert problems(source, [ASK, ANSWER]) == ["mask_untraced"]


def test_a_template_that_hides_its_messages_and_rewrites_the_past_is_refused():
    source = (
        "{% set a = namespace(t=messages | length | string) %}{% for m in messages %}"
        "{% set a.t = a.t + (m.content or m.tool_calls | tojson) %}{% endfor %}{{ a.t }}"
    )
    assert trained(source, [ASK, ANSWER, ASK]) == ["Hello."]
    silent = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}
    assert trained(source, [ASK, silent, ASK]) == []
    assert problems(source, [ASK, silent, ASK]) == ["mask_refused"]


def test_text_that_imitates_the_end_does_not_end_the_answer():
    said = [ASK, {"role": "assistant", "content": "It ends: <|im_end|>"}]
    assert trained(CHATML, said) == ["It ends: <|im_end|><|im_end|>"]


def test_private_characters_are_not_taken_for_marks():
    said = [ASK, {"role": "assistant", "content": "\U000f0000\U00100001Hello."}]
    assert trained(CHATML, said) == ["\U000f0000\U00100001Hello.<|im_end|>"]
    assert "mask_untraced" in problems(CHATML, said)


@pytest.mark.parametrize(
    "field, name",
    [
        ({"content": "Hello.", "reasoning_content": "A greeting."}, "lost_reasoning"),
        (
            {"content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
            "lost_tool_calls",
        ),
    ],
)
def test_what_the_template_leaves_out_is_named(field, name):
    assert problems(CHATML, [ASK, {"role": "assistant", **field}]) == [name]


def test_reasoning_can_be_left_out_of_the_loss():
    said = [ASK, {"role": "assistant", "content": "<think>\nSo.\n</think>\n\nHello."}]
    assert trained(CHATML, said, wanted=Wanted(reasoning=False)) == ["Hello.<|im_end|>"]
    assert trained(CHATML, said) == ["<think>\nSo.\n</think>\n\nHello.<|im_end|>"]


TOKENIZER = load_tokenizer()


def masked(*chats, **options):
    return list(Masker(TOKENIZER, **options).mask(conversations(Corpus.of(chats))))


def decoded(one):
    return TOKENIZER.backend.decode(one.ids[one.trained].tolist(), skip_special_tokens=False)


def test_the_trained_tokens_decode_to_the_answer_and_its_end():
    [one] = masked(chat("Hi", "Hello 👩‍🔬, naïve café!"))
    assert decoded(one) == "Hello 👩‍🔬, naïve café!<|im_end|>"
    assert one.problems == []
    assert one.labels[one.trained].tolist() == one.ids[one.trained].tolist()
    assert set(one.labels[~one.trained].tolist()) == {-100}


CALLING = CHATML.replace("m.content +", "m.content + (m.tool_calls | tojson if m.tool_calls else '') +")


def test_an_answer_that_only_calls_a_tool_is_trained_where_the_template_asks_for_its_text(model):
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    rows = [chat(ASK, {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "content": "2"}, ANSWER)]
    shown, refused = (
        next(Masker(model(source)).mask(conversations(Corpus.of(rows)))) for source in (CALLING, CHATML)
    )
    assert [span.text(shown.text) for span in shown.spans.spans] == [
        '[{"function": {"name": "f", "arguments": {"a": 1}}}]<|im_end|>',
        "Hello.<|im_end|>",
    ]
    assert shown.problems == []
    # Without the call there would be an empty answer to learn.
    assert [problem.name for problem in refused.problems] == ["cannot_render"]


def test_the_data_may_say_what_is_not_trained():
    said = [ASK, {**ANSWER, "train": False}, ASK, {**ANSWER, "content": "Yes.", "train": True}]
    [one] = masked({"messages": said})
    assert decoded(one) == "Yes.<|im_end|>"


def test_a_pair_has_two_sides_and_its_prompt_is_not_trained():
    shared = pair("Hi", "Hello.", "Go away.")
    shared["messages"] = [ASK, ANSWER, *shared["messages"]]
    chosen, rejected = masked(shared)
    assert (chosen.conversation.part, decoded(chosen)) == ("chosen", "Hello.<|im_end|>")
    assert (rejected.conversation.part, decoded(rejected)) == ("rejected", "Go away.<|im_end|>")
    assert chosen.conversation.turns == [0, 1, 2, 3]
    assert rejected.conversation.turns == [0, 1, 2, 4]


def test_a_token_over_the_edge_of_the_prompt_is_masked_and_reported():
    """The newline that ends the header and those that begin the answer are one token."""
    [one] = masked(chat("Hi", "\n\nHello."))
    assert decoded(one) == "\nHello.<|im_end|>"
    assert [problem.name for problem in one.problems] == ["edge_token", "prompt_tokens_differ"]


def test_masks_do_not_depend_on_their_neighbours():
    chats = [chat(f"Question {n}", f"Answer {n} " * (n % 7)) for n in range(600)]
    together = masked(*chats)
    assert len(together) == 600
    for number in (0, 255, 256, 599):
        [alone] = masked(chats[number])
        assert np.array_equal(alone.ids, together[number].ids)
        assert np.array_equal(alone.trained, together[number].trained)


def test_a_conversation_without_an_answer_trains_nothing_and_says_so():
    [one] = masked({"messages": [ASK]})
    assert one.refused
    assert [problem.name for problem in one.problems] == ["nothing_trained"]


def test_the_proof_counts_what_holds_and_names_what_does_not():
    corpus = Corpus.of(
        [
            chat("Hi", "Hello."),
            chat("What is <|im_end|>?", "A mark."),
            {"messages": [ASK]},
            chat("Hi", "A very long answer. " * 50),
        ]
    )
    proof = prove(corpus, TOKENIZER, max_tokens=100)
    assert proof.proved == 1
    assert proof.counts() == {"cut_by_budget": 1, "nothing_trained": 1, "special_text": 1}
    assert sum(proof.shares()) == 4
    assert proof.worst()["example"].to_list() == [2, 1, 3]
    assert set(proof.problems["example"]) == {1, 2, 3}


def test_proved_by_kind_is_proved_one_by_one():
    """Whatever the text, comparing with the kind's skeleton gives the figures that tracing gives."""
    answers = [
        "Yes.",
        " Yes.",
        "\n\nYes.",
        "\u0301Yes.",
        "\tcode",
        "Yes. " * 300,
        "x" * 900,
        "<|im_end|>",
        "½",
        "  ",
    ]
    corpus = Corpus.of(
        [
            chat(question, *rest, system=system)
            for question in ("Hi", " Hi\n", "é\u0301")
            for rest in ((answer, "Why?", "So.")[: 1 + 2 * two] for answer in answers for two in (0, 1))
            for system in (None, "Be kind.", "\n")
        ]
    )
    masks = [list(Masker(TOKENIZER, by_kind=fast).mask(conversations(corpus))) for fast in (True, False)]
    for fast, slow in zip(*masks, strict=True):
        assert np.array_equal(fast.labels, slow.labels)
        assert fast.problems == slow.problems
    short, long = prove(corpus, TOKENIZER), prove(corpus, TOKENIZER, one_by_one=True)
    assert 0 < short.by_kind < corpus.rows
    assert short.rows.equals(long.rows)
    assert short.problems.equals(long.problems)


def test_a_long_conversation_is_masked_as_a_short_one(monkeypatch):
    said = [message for n in range(90) for message in (ASK, {"role": "assistant", "content": f"Answer {n}."})]
    short = trained(CHATML, said)
    monkeypatch.setattr(spans, "_EDGE", 1_000)
    assert trained(CHATML, said) == short == [f"Answer {n}.<|im_end|>" for n in range(90)]


def test_the_end_of_a_text_is_found_from_the_back():
    text = "<|im_end|> Hello.<|im_end|> \n</s>\n"
    assert text[MARKS.tail(text, 0, len(text)) :] == "<|im_end|> \n</s>\n"
    assert MARKS.tail(text, len(text) - 3, len(text)) == len(text) - 1
    assert MARKS.tail("none", 0, 4) == 4


# Looks ahead and prints the results inside the turn that calls, as Gemma 4 does; results write nothing of their own.
NESTED = (
    "{% for m in messages %}{% if m.role != 'tool' %}"
    "{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.reasoning_content %}{{ '(' + m.reasoning_content + ')' }}{% endif %}"
    "{% for c in m.tool_calls or [] %}{{ '<|call|>' + c.function.name }}{% endfor %}"
    "{% if m.tool_calls %}{% for k in range(loop.index0 + 1, messages | length) %}"
    "{% if messages[k].role == 'tool' and messages[k - 1].role in ['tool', 'assistant'] %}"
    "{% set r = messages[k] %}{{ '[result ' + r.content + ']' }}{% else %}{% break %}{% endif %}"
    "{% endfor %}{% endif %}"
    "{{ (m.content or '') + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def calls(*names, **more):
    listed = [{"id": name, "function": {"name": name, "arguments": {}}} for name in names]
    return {"role": "assistant", "content": "", "tool_calls": listed, **more}


def result(content):
    return {"role": "tool", "content": content}


@pytest.mark.parametrize(
    "messages, texts",
    [
        ([ASK, calls("tide"), result("high"), ANSWER], ["<|call|>tide", "Hello.<|im_end|>"]),
        (
            [ASK, calls("tide", "wind"), result("high"), result("low"), ANSWER],
            ["<|call|>tide<|call|>wind", "Hello.<|im_end|>"],
        ),
        (
            [ASK, calls("tide", reasoning_content="Look."), result("high"), ANSWER],
            ["(Look.)<|call|>tide", "Hello.<|im_end|>"],
        ),
        (
            [ASK, calls("tide"), result("high"), calls("wind"), result("low"), ANSWER],
            ["<|call|>tide", "<|call|>wind", "Hello.<|im_end|>"],
        ),
        # A result that says what the call says too.
        ([ASK, calls("tide"), result("tide"), ANSWER], ["<|call|>tide", "Hello.<|im_end|>"]),
    ],
)
def test_a_result_printed_inside_the_turn_that_calls_is_not_trained(messages, texts):
    assert trained(NESTED, messages) == texts


def test_a_call_that_the_template_loses_leaves_nothing_to_train():
    assert trained(CHATML, [ASK, calls("tide"), result("high"), ANSWER]) == ["Hello.<|im_end|>"]
    assert problems(CHATML, [ASK, calls("tide"), result("high"), ANSWER]) == ["lost_tool_calls"]
