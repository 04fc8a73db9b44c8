"""Real tokenizers on real conversations: our token ids are transformers' own, and the mask is what it says."""

import shutil
from itertools import islice

import pytest

from finesift.chat.conversations import conversations, with_silence_said
from finesift.chat.mask import Masker
from finesift.chat.tokenizer import load_tokenizer
from finesift.data import tokenizer_folder
from finesift.read import read

SETS = (
    "alpaca_data.json",
    "lima/lima.json",
    "llamafactory/glaive_toolcall_en_demo.json",
    "llamafactory/reason_tool_use_demo_50.jsonl",
    "llamafactory/alpaca_zh_demo.json",
)
# The Llama tokenizer comes with the template of Llama 3; that of 3.1 lies with the other templates.
TEMPLATES = {"llama3_1": "chat_templates/llamacpp/meta-llama-Llama-3.1-8B-Instruct.jinja"}


@pytest.fixture(params=["packaged", "qwen3", "deepseek_v3", "llama3_1"])
def folder(request, data_folder, tmp_path):
    """A model's folder: tokenizer and template."""
    if request.param == "packaged":
        return tokenizer_folder()
    folder = shutil.copytree(data_folder / "tokenizer_files" / request.param, tmp_path / request.param)
    for file in folder.iterdir():
        file.chmod(0o644)
    folder.chmod(0o755)
    if request.param in TEMPLATES:
        (folder / "chat_template.jinja").write_text(
            (data_folder / TEMPLATES[request.param]).read_text("utf-8")
        )
    return folder


@pytest.mark.parametrize("rows", [60, pytest.param(5_000, marks=pytest.mark.long)])
def test_ids_are_those_of_transformers_and_trained_tokens_decode_to_the_answers(folder, data_folder, rows):
    transformers = pytest.importorskip(
        "transformers", reason="transformers is not installed: nothing to compare with"
    )
    tokenizer = load_tokenizer(str(folder))
    theirs = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        chat_template=tokenizer.template.source,
        **tokenizer.tokens,
    )
    masker = Masker(tokenizer)
    compared = odd = 0
    for name in SETS:
        corpus = read([str(data_folder / "sft" / name)])
        for one in islice(masker.mask(conversations(corpus)), rows):
            wanted = _ids(theirs, one.conversation.messages, one.conversation.tools)
            if wanted is None and [problem.name for problem in one.problems] != ["cannot_render"]:
                said = with_silence_said(one.conversation.messages)
                wanted = _ids(theirs, said, one.conversation.tools)
                assert wanted is not None, (name, one.conversation.example)
            if wanted is None:
                continue
            assert one.ids.tolist() == wanted, (name, one.conversation.example)
            compared += 1
            edges = {problem.name for problem in one.problems} & {"edge_token", "mask_refused"}
            odd += bool(edges)
            if not edges:
                trained = tokenizer.backend.decode(one.ids[one.trained].tolist(), skip_special_tokens=False)
                said = "".join(span.text(one.text) for span in one.spans.spans)
                assert tokenizer.normalized(trained) == tokenizer.normalized(said)
    print(f"{compared} conversations, {odd} with an odd edge")
    assert compared


def _ids(theirs, messages, tools):
    """transformers' ids, or None where the template refuses."""
    try:
        return theirs.apply_chat_template(messages, tools=tools, tokenize=True)["input_ids"]
    except Exception:  # noqa: BLE001  # whatever a stranger's program raises
        return None
