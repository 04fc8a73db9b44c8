import json
import shutil

import pytest

from finesift.chat.tokenizer import load_tokenizer
from finesift.data import tokenizer_folder


@pytest.fixture
def model(tmp_path):
    """A model's folder with the packaged tokenizer, another template, and other settings."""

    def make(template, *, generation=None, **settings):
        folder = tmp_path / "model"
        shutil.copytree(tokenizer_folder(), folder, dirs_exist_ok=True)
        (folder / "chat_template.jinja").write_text(template)
        config = folder / "tokenizer_config.json"
        known = json.loads(config.read_text()) if config.exists() else {}
        known.pop("chat_template", None)
        config.write_text(json.dumps(known | {"pad_token": "<|endoftext|>"} | settings))
        if generation:
            (folder / "generation_config.json").write_text(json.dumps(generation))
        return load_tokenizer(str(folder))

    return make
