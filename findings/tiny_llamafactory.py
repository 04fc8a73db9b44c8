"""What LLaMA-Factory's converters make of a conversation."""

import importlib.machinery
import sys
import types
from types import SimpleNamespace

for name in ("torchaudio", "av"):  # imported, and not used for text
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__spec__ = importlib.machinery.ModuleSpec(name, None)


def converted(kind, said):
    """kind: OpenAI or Sharegpt. said: roles and contents."""
    from llamafactory.data import converter
    from llamafactory.data.parser import DatasetAttr

    layout = DatasetAttr(load_from="file", dataset_name="rows")
    tags = {
        "messages": "messages",
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "observation_tag": "tool",
        "function_tag": "function",
        "system_tag": "system",
    }
    for name, value in tags.items():
        setattr(layout, name, value)
    made = getattr(converter, f"{kind}DatasetConverter")(
        dataset_attr=layout, data_args=SimpleNamespace(media_dir=".")
    )
    return made({"messages": [{"role": role, "content": content} for role, content in said]})
