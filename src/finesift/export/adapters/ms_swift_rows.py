"""How ms-swift reads the rows: `--external_plugins ms_swift_rows.py --template proved`."""

import json
from pathlib import Path

from proved import encoded
from swift.dataset import DatasetMeta, RowPreprocessor, register_dataset
from swift.template import Template, TemplateMeta, register_template


class Rows(RowPreprocessor):
    """A row as the one message of a conversation, since ms-swift takes tool calls out of messages."""

    def preprocess(self, row):
        return {
            "messages": [
                {"role": "user", "content": json.dumps(row)},
                {"role": "assistant", "content": ""},
            ]
        }


class Proved(Template):
    """A template that writes what the model's own writes."""

    def _encode(self, inputs):
        row = json.loads(inputs.messages[0]["content"])
        ids, labels = (
            (row["input_ids"], row["labels"]) if "input_ids" in row else encoded(self.tokenizer, row)
        )
        return {"input_ids": ids, "labels": labels if self.is_training else None, "loss_scale": None}


for name in ("train.jsonl", "validation.jsonl"):
    register_dataset(
        DatasetMeta(dataset_path=str(Path(__file__).resolve().with_name(name)), preprocess_func=Rows()),
        exist_ok=True,
    )
register_template(
    TemplateMeta("proved", prefix=[], prompt=["{{QUERY}}"], chat_sep=None, suffix=[], template_cls=Proved)
)
