#!/usr/bin/env bash
# Guess: a row longer than cutoff_len loses its end.
# Seen: LLaMA-Factory cuts question and answer apart: a long question loses its own end, which is where the task often stands,
# with the header of the answer, and the whole answer is trained behind what is left; where the answer is long as well, both
# lose their ends, and the end of the turn with them.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 transformers==5.6.0 datasets==4.0.0 tokenizers==0.22.2 huggingface_hub==1.17.0 peft==0.18.1 trl==0.24.0 omegaconf==2.3.0 antlr4-python3-runtime==4.9.3 einops==0.8.2 fire==0.7.1 pydantic==2.14.4 psutil==7.2.2
alone llamafactory==0.9.5
cd "$folder"
python - 2>/dev/null <<'PY'
import importlib.machinery
import sys
import types
from types import SimpleNamespace

for name in ("torchaudio", "av"):  # imported, and not used for text
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__spec__ = importlib.machinery.ModuleSpec(name, None)

from llamafactory.data.processor.supervised import SupervisedDatasetProcessor
from llamafactory.data.template import TEMPLATES
from tiny import tokenizer

words = tokenizer()

def seen(question, answer, cutoff):
    data_args = SimpleNamespace(cutoff_len=cutoff, mask_history=False, train_on_prompt=False)
    made = SupervisedDatasetProcessor(template=TEMPLATES["chatml"], tokenizer=words, processor=None, data_args=data_args)
    ids, labels = made._encode_data_example(
        [{"role": "user", "content": question}], [{"role": "assistant", "content": answer}], None, None, [], [], []
    )
    return words.decode(ids), words.decode([label for label in labels if label != -100])

text = "A long text about trees. " * 4
one, both = seen(f"{text}Translate it.", "Un texte.", 80), seen(f"{text}Translate it.", text, 80)
print(one, both, sep="\n")
assert one[1].startswith("Un texte.<|im_end|>") and "Translate it." not in one[0]
assert "assistant" not in one[0]
assert "Translate it." not in both[0] and "<|im_end|>" not in both[1]
PY
