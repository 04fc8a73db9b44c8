import json
import shutil
import sys

import pytest

from finesift.chat.proof import prove
from finesift.chat.tokenizer import load_tokenizer
from finesift.corpus import Corpus, chat, pair
from finesift.data import tokenizer_folder
from finesift.errors import ModelError

TEXT = "<|im_start|>user\nHi<|im_end|>\n"


@pytest.fixture
def folder(tmp_path):
    """A copy of the packaged tokenizer to change."""
    return shutil.copytree(tokenizer_folder(), tmp_path / "model")


def write(path, value):
    path.write_text(json.dumps(value), "utf-8")


def test_the_packaged_tokenizer_needs_nothing():
    tokenizer = load_tokenizer()
    assert tokenizer.encode([TEXT]) == [[1, 4093, 198, 26843, 2, 198]]
    assert tokenizer.count([TEXT, ""]).tolist() == [6, 0]
    assert tokenizer.stop_ids == {2}


def test_counting_many_texts_equals_counting_each():
    tokenizer = load_tokenizer()
    texts = [f"{TEXT * (n % 3)}{n}" for n in range(2_500)]
    assert tokenizer.count(texts).tolist() == [len(ids) for ids in tokenizer.encode(texts)]


def test_a_template_of_its_own_file_comes_before_the_one_in_the_configuration(folder):
    config = json.loads((folder / "tokenizer_config.json").read_text())
    write(folder / "tokenizer_config.json", config | {"chat_template": "from the configuration"})
    both = load_tokenizer(str(folder))
    assert list(both.sources) == ["chat_template.jinja", "tokenizer_config.json"]
    assert both.template.render([]) != "from the configuration"
    (folder / "chat_template.jinja").unlink()
    assert load_tokenizer(str(folder)).template.render([]) == "from the configuration"


def test_a_model_may_have_another_template_for_tools(folder):
    named = [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools"}]
    (folder / "chat_template.jinja").unlink()
    write(folder / "chat_template.json", {"chat_template": named})
    tokenizer = load_tokenizer(str(folder))
    assert tokenizer.template_for(None).render([]) == "plain"
    assert tokenizer.template_for([{}]).render([]) == "tools"


def test_what_ends_a_generation_is_read_from_both_files(folder):
    write(folder / "generation_config.json", {"eos_token_id": [0, 17]})
    assert load_tokenizer(str(folder)).stop_ids == {0, 2, 17}


def test_the_hash_changes_with_any_file(folder):
    before = load_tokenizer(str(folder)).hash
    (folder / "chat_template.jinja").write_text("other")
    assert load_tokenizer(str(folder)).hash != before


def test_a_model_without_a_template_says_so(folder):
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match="has no chat template"):
        _ = load_tokenizer(str(folder)).template


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json"])
def test_a_broken_file_is_named(folder, name):
    (folder / name).write_text("{")
    with pytest.raises(ModelError, match=name):
        load_tokenizer(str(folder))


def test_without_the_hub_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModelError, match=r"finesift\[hf\]"):
        load_tokenizer("somebody/some-model")


def test_a_pair_is_as_long_as_its_longer_side():
    tokenizer = load_tokenizer()
    corpus = Corpus.of([pair("Hi", "Hello.", "Go away, please, now."), chat("Hi", "Go away, please, now.")])
    tokens = prove(corpus, tokenizer).rendered(corpus)["tokens"]
    assert tokens[0] == tokens[1]


def test_a_row_that_the_template_refuses_has_its_words_and_the_others_have_their_counts(folder):
    (folder / "chat_template.jinja").write_text(
        "{% if messages[0].role == 'system' %}{{ raise_exception('No system role') }}{% endif %}Hi"
    )
    corpus = Corpus.of([chat("a", "b"), chat("a", "b", system="s"), chat("c", "d")])
    rendered = prove(corpus, load_tokenizer(str(folder))).rendered(corpus)
    assert rendered.select("example", "tokens", "error").rows() == [
        (0, 1, None),
        (1, None, "No system role"),
        (2, 1, None),
    ]
