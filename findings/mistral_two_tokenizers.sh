#!/usr/bin/env bash
# Guess: one tokenizer file gives the same ids of a plain text in the vendor's library and in transformers.
# Seen: of Mistral's SentencePiece file, mistral-common and transformers' LlamaTokenizer disagree wherever spaces stand in a
# row or at the beginning: indented code is other ids in training than in serving.
. "$(dirname "$0")/packages.bash"
packages mistral-common==1.13.1 sentencepiece==0.2.3 transformers==5.24.0 protobuf==7.36.2
cd "$folder"
python - 2>/dev/null <<'PY'
import shutil
from pathlib import Path
import mistral_common
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from transformers import LlamaTokenizer

file = Path(mistral_common.__file__).parent / "data" / "mistral_instruct_tokenizer_240323.model.v3"
shutil.copy(file, "tokenizer.model")
vendor = MistralTokenizer.from_file(str(file)).instruct_tokenizer.tokenizer
other = LlamaTokenizer.from_pretrained(".")
texts = ["Name a tree.", "é 日本語 🙂", "a\n\nb", "def f():\n    return 1", "  two"]
seen = {}
for text in texts:
    a, b = vendor.encode(text, bos=False, eos=False), other(text, add_special_tokens=False)["input_ids"]
    seen[text] = a == b
    print(repr(text), [vendor.id_to_piece(i) for i in a], other.convert_ids_to_tokens(b))
assert list(seen.values()) == [True, True, True, False, False]
PY
