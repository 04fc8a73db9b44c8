"""How axolotl reads the rows: `type: strategy.axolotl_rows`, with this folder's parent on PYTHONPATH."""

from axolotl.prompt_tokenizers import PromptTokenizingStrategy
from proved import encoded


class Rows(PromptTokenizingStrategy):
    def tokenize_prompt(self, prompt):
        ids, labels = encoded(self.tokenizer, prompt)
        return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}


def load(tokenizer, cfg, ds_cfg=None):
    return Rows(None, tokenizer, False, cfg.sequence_len)
