"""Every public template, patched: it renders as before, and transformers trains what is proved."""

import json

import pytest
import tokenizers
from tests.conformance.test_templates import KINDS, TOKENS, conversation, said, sources, with_words

from finesift.chat.conversations import Conversation, with_silence_said
from finesift.chat.marks import Marks
from finesift.chat.mask import Masker
from finesift.chat.patch import patched
from finesift.chat.spans import Wanted
from finesift.chat.template import Template
from finesift.chat.tokenizer import load_tokenizer
from finesift.data import tokenizer_folder
from finesift.errors import ModelError, RenderError

# What a template needs beside a conversation.
SETTINGS = {"firefunction": {"functions": "[]", "datetime": "today"}}
IN_PARTS = {
    "parts and a picture's place": [
        said("user", [{"type": "text", "text": "Name a prime."}]),
        said("assistant", [{"type": "text", "text": "Seven."}]),
        said("user", [{"type": "text", "text": "Another?"}]),
        said("assistant", [{"type": "text", "text": "Eleven."}]),
    ]
}


@pytest.fixture
def model_of(tmp_path):
    """The packaged tokenizer with the special tokens that a template writes."""

    def make(source, name):
        folder = tmp_path / name.replace("/", "-")
        folder.mkdir()
        backend = tokenizers.Tokenizer.from_file(str(tokenizer_folder() / "tokenizer.json"))
        marks = Marks.guessed(Template(source, tokens=TOKENS))
        backend.add_special_tokens(sorted(marks.special))
        backend.save(str(folder / "tokenizer.json"))
        (folder / "tokenizer_config.json").write_text(json.dumps(TOKENS))
        (folder / "chat_template.jinja").write_text(source)
        return load_tokenizer(str(folder))

    return make


@pytest.fixture
def theirs():
    """transformers' ids and mask."""
    pytest.importorskip("transformers", reason="transformers is not installed: nothing to compare with")
    from transformers import PreTrainedTokenizerFast

    def make(tokenizer, template, settings):
        loaded = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer.backend, chat_template=template, **tokenizer.tokens
        )

        def mask(messages, tools):
            found = loaded.apply_chat_template(
                messages, tools=tools, return_assistant_tokens_mask=True, return_dict=True, **settings
            )
            return found["input_ids"], [bool(one) for one in found["assistant_masks"]]

        return mask

    return make


def text_of(tokenizer, messages, tools, settings):
    try:
        return tokenizer.template.render(messages, tools=tools, **settings)
    except RenderError:
        return None


def test_every_template_can_be_patched_so_that_transformers_trains_what_is_proved(
    data_folder, model_of, theirs
):
    """On conversations other than those that the patch was made with. Rows with a problem of their own, such as an
    answer whose calls are lost or a token over an edge, are named by the proof and not compared."""
    done, refused, different, compared = 0, {}, [], 0
    for source, name in sources(data_folder).items():
        settings = next((value for key, value in SETTINGS.items() if key in name), {})
        tokenizer = model_of(source, name)
        try:
            patch = patched(tokenizer, settings=settings)
        except ModelError as e:
            refused[name] = str(e)
            continue
        done += 1
        mask = theirs(tokenizer, patch.source, settings)
        masker = Masker(tokenizer, Wanted(settings=settings))
        for kind in [*KINDS, *IN_PARTS]:
            messages, tools = (IN_PARTS[kind], None) if kind in IN_PARTS else conversation(kind)
            if kind not in IN_PARTS:
                messages, _ = with_words(messages)
            messages = [{k: v for k, v in message.items() if v is not None} for message in messages]
            turns = list(range(len(messages)))
            one = Conversation(0, 0, "messages", messages, tools, turns, None)
            [ours] = masker.mask([one])
            if {p.name for p in ours.problems} & {
                "cannot_render",
                "mask_refused",
                "lost_tool_calls",
                "edge_token",
                "nothing_trained",
            }:
                continue
            if ours.text != text_of(tokenizer, messages, tools, settings):
                messages = with_silence_said(messages)
            ids, marked = mask(messages, tools)
            compared += 1
            if ids != ours.ids.tolist() or marked != ours.trained.tolist():
                different.append((name, kind))
    print(f"{done} patched, {compared} compared, refused: {json.dumps(refused, indent=1)}")
    assert done >= 85
    assert not different, json.dumps(different[:40])
