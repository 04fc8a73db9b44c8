#!/usr/bin/env bash
# Guess: of an empty answer the end of the turn is trained, or the row is refused.
# Seen: nothing of it is trained, not even its end: a row of labels -100 only, as of a row without an answer; TRL trains the end.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 transformers==5.16.1 datasets==4.8.4 huggingface_hub==1.17.0 peft==0.20.0 tokenizers==0.23.1 trl==1.16.0 addict==2.4.0 fire==0.7.1 colorama==0.4.6 python-dotenv==1.2.4 einops==0.8.2 posthog==7.91.1 backoff==2.2.1 distro==1.9.0 numba==0.68.1 httpx==0.28.1 requests==2.34.2 pydantic==2.14.4
alone axolotl==0.19.0
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny import chat
from tiny_axolotl import trained

seen = trained(chat("Say nothing.", "")), trained(chat("Say something.", "Oak."))
print(seen)
assert seen == ("", "Oak.<|im_end|>")
PY
