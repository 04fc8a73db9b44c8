"""What LitGPT makes of an export: the batches of the data module that it brings, one row each."""

import importlib

from litgpt.tokenizer import Tokenizer
from shared import asked, tell

model, folder = asked()
module = importlib.import_module("litgpt_rows").Proved(model=model)
module.connect(Tokenizer(model), batch_size=1, max_seq_length=None)
module.setup()
tell((batch["input_ids"][0], batch["labels"][0]) for batch in module.train_dataloader())
