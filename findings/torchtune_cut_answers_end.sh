#!/usr/bin/env bash
# Guess: an answer that is cut at max_seq_len has no end token.
# Seen: with torchtune's tokenizers for Llama 2, Mistral and Gemma the last token that fits is replaced by the end token, and
# trained: the model learns to stop in the middle of a sentence. A prompt that fills the sequence ends in one, untrained.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 transformers==5.23.0 datasets==5.2.0 torchao==0.13.0 torchdata==0.11.0 omegaconf==2.3.0 antlr4-python3-runtime==4.9.3 tiktoken==0.14.0 sentencepiece==0.2.3 blobfile==3.3.0 pycryptodomex==3.24.2 lxml==6.1.3 kagglehub==1.0.3 pillow==13.0.0 mistral-common==1.13.1
alone torchtune==0.6.1
cd "$folder"
python - 2>/dev/null <<'PY'
from pathlib import Path
import mistral_common
from torchtune.data import Message
from torchtune.models.mistral import mistral_tokenizer

file = Path(mistral_common.__file__).parent / "data" / "tokenizer.model.v1"
tokenizer = mistral_tokenizer(str(file), max_seq_len=24)

def trained(question, answer):
    messages = [Message(role="user", content=question, masked=True, eot=True), Message(role="assistant", content=answer, eot=True)]
    made = tokenizer({"messages": messages}, inference=False)
    kept = [token for token, masked in zip(made["tokens"], made["mask"], strict=True) if not masked]
    return tokenizer.decode([token for token in kept if token != tokenizer.eos_id]), kept[-1:] == [tokenizer.eos_id]

seen = trained("Name trees.", "Oak, elm, ash, fir, pine, yew, beech, birch, alder, maple, willow."), trained("tree " * 40, "Oak.")
print(seen)
assert seen[0][1] and not seen[0][0].endswith(".") and seen[1] == ("", False)
PY
