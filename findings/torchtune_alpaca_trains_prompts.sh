#!/usr/bin/env bash
# Guess: train_on_input is off unless asked for, as it is in torchtune's chat_dataset and instruct_dataset.
# Seen: alpaca_dataset and AlpacaToMessages have it on: the instruction and the frame around it are trained like the answer.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 transformers==5.23.0 datasets==5.2.0 torchao==0.13.0 torchdata==0.11.0 omegaconf==2.3.0 antlr4-python3-runtime==4.9.3 tiktoken==0.14.0 sentencepiece==0.2.3 blobfile==3.3.0 pycryptodomex==3.24.2 lxml==6.1.3 kagglehub==1.0.3 pillow==13.0.0 mistral-common==1.13.1
alone torchtune==0.6.1
cd "$folder"
python - 2>/dev/null <<'PY'
import inspect
from torchtune.data import AlpacaToMessages, InputOutputToMessages
from torchtune.datasets import alpaca_dataset, instruct_dataset

alpaca = AlpacaToMessages()({"instruction": "Name a tree.", "input": "", "output": "Oak."})["messages"]
plain = InputOutputToMessages()({"input": "Name a tree.", "output": "Oak."})["messages"]
defaults = [inspect.signature(made).parameters["train_on_input"].default for made in (alpaca_dataset, instruct_dataset)]
print([m.masked for m in alpaca], [m.masked for m in plain], defaults)
assert not alpaca[0].masked and plain[0].masked and defaults == [True, False]
PY
