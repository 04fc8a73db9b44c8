"""What axolotl's chat_template strategy trains of a row."""

import importlib.machinery
import sys
import types

from tiny import CHATML, tokenizer

audio = types.ModuleType("torchaudio")  # imported, and not used for text
audio.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
sys.modules["torchaudio"] = audio


def trained(row, **settings):
    from axolotl.prompt_strategies.chat_template import StrategyLoader
    from axolotl.utils.dict import DictDefault

    words = tokenizer()
    words.chat_template = CHATML.replace("{% generation %}", "").replace("{% endgeneration %}", "")
    config = DictDefault(
        {"train_on_inputs": False, "sequence_len": 512, "chat_template": "tokenizer_default"}
    )
    dataset = DictDefault({"type": "chat_template", "field_messages": "messages"} | settings)
    labels = StrategyLoader()(words, config, ds_cfg=dataset).tokenize_prompt(row)["labels"]
    return words.decode([label for label in labels if label != -100])
