"""The packaged tokenizer is whole: it loads, its markers are single tokens, text survives the round trip."""

import json
from importlib.resources import as_file, files

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

PACKAGED = files("finesift") / "data" / "smollm2"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    with as_file(PACKAGED / "tokenizer.json") as path:
        return Tokenizer.from_file(str(path))


def test_it_has_all_tokens_of_the_model(tokenizer):
    assert tokenizer.get_vocab_size() == 49_152
    assert len(tokenizer.get_added_tokens_decoder()) == 17


@pytest.mark.parametrize(
    "marker, number", [("<|endoftext|>", 0), ("<|im_start|>", 1), ("<|im_end|>", 2), ("<empty_output>", 16)]
)
def test_a_marker_is_one_token(tokenizer, marker, number):
    assert tokenizer.encode(marker).ids == [number]
    assert tokenizer.token_to_id(marker) == number


def test_every_digit_is_a_token_of_its_own(tokenizer):
    assert tokenizer.encode("in 2024, 12½٣").tokens[:6] == ["in", "Ġ", "2", "0", "2", "4"]


# The ids of llama.cpp for the same text; tools/check_smollm2.py compares thousands.
def test_ids_are_those_of_the_model(tokenizer):
    text = "<|im_start|>user\nHi 2024!<|im_end|>"
    assert tokenizer.encode(text).ids == [1, 4093, 198, 26843, 216, 34, 32, 34, 36, 17, 2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " two  spaces, a tab\t, and lines\r\n\n\n end ",
        "it's, I'LL, they'd've",
        "Grüße aus Köln: 1.234,56 €",
        "¿Dónde está mi pedido nº 48213?",
        "Où est l’été ? « Ici ».",
        "我的订单在哪里？",
        "注文番号４８２１３はどこ？",
        "أين طلبي رقم ٤٨٢١٣؟",
        "👩🏽‍🔧 🏳️‍🌈 e\u0301",
        "def f(x):\n    return x ** 2  # 0xFF\n",
        "<|im_start|>assistant\nDone.<|im_end|>\n",
        "<|im_ end|> <b>&amp;</b> \u200b\ufeff\u00ad",
    ],
)
def test_text_survives_the_round_trip(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


@pytest.mark.parametrize("text", ["\x04", "\x06", "\x13", "\x14", "\x16", "\x1d", "\U00040000"])
def test_it_has_no_token_for_a_few_characters(tokenizer, text):
    """Nor has the model: a proof that needs every character must not blame the template for these."""
    assert tokenizer.decode(tokenizer.encode(f"a{text}b").ids) != f"a{text}b"


def test_the_template_renders_chatml():
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((PACKAGED / "chat_template.jinja").read_text("utf-8"))
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    assert template.render(messages=messages, add_generation_prompt=True) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )


def test_the_configuration_names_tokens_that_exist(tokenizer):
    configuration = json.loads((PACKAGED / "tokenizer_config.json").read_text("utf-8"))
    generation = json.loads((PACKAGED / "generation_config.json").read_text("utf-8"))
    assert "chat_template" not in configuration, "the template has one place: chat_template.jinja"
    for name in ("bos", "eos", "pad"):
        assert tokenizer.token_to_id(configuration[f"{name}_token"]) == generation[f"{name}_token_id"]
    assert configuration["eos_token"] == "<|im_end|>"


def test_the_notice_names_origin_and_licence():
    notice = (PACKAGED / "NOTICE").read_text("utf-8")
    assert "HuggingFaceTB/SmolLM2-135M-Instruct" in notice
    assert "Apache License, Version 2.0" in notice
