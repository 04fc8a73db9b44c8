"""LLaMA-Factory with a format of data and a template that train what is proved:

    python llamafactory_train.py llamafactory.yaml

or by torchrun, as many processes as there are devices.
"""

import json
from itertools import groupby

from llamafactory.data.converter import DatasetConverter, register_dataset_converter
from llamafactory.data.template import Template, register_template
from proved import IGNORED, encoded


class Rows(DatasetConverter):
    """A row as the one message of a conversation, since LLaMA-Factory's own format has no room for all of it."""

    def __call__(self, example):
        return {
            "_prompt": [{"role": "user", "content": json.dumps(dict(example))}],
            "_response": [{"role": "assistant", "content": ""}],
            **dict.fromkeys(("_system", "_tools"), ""),
            **dict.fromkeys(("_images", "_videos", "_audios")),
        }


class Proved(Template):
    """A template that writes what the model's own writes."""

    def encode_multiturn(self, tokenizer, messages, system=None, tools=None, discarding_history_cot=False):
        """Pairs of what is not trained and what is."""
        ids, labels = encoded(tokenizer, json.loads(messages[0]["content"]))
        pairs = []
        for trained, run in groupby(range(len(ids)), lambda at: labels[at] != IGNORED):
            part = [ids[at] for at in run]
            if trained and pairs:
                pairs[-1] = (pairs[-1][0], part)
            else:
                pairs.append(([], part) if trained else (part, []))
        return pairs


register_dataset_converter("proved", Rows)
register_template("proved", template_class=Proved)

if __name__ == "__main__":
    from llamafactory.train.tuner import run_exp

    run_exp()
