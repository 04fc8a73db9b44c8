#!/usr/bin/env bash
# Guess: a row without a system prompt has none, and one with a system prompt has that one.
# Seen: with "formatting": "openai" every row without tools gets "detailed thinking off": as its system prompt, or as another line of
# its own. With "sharegpt", which holds the same messages, it does not.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 transformers==5.6.0 datasets==4.0.0 tokenizers==0.22.2 huggingface_hub==1.17.0 peft==0.18.1 trl==0.24.0 omegaconf==2.3.0 antlr4-python3-runtime==4.9.3 einops==0.8.2 fire==0.7.1 pydantic==2.14.4 psutil==7.2.2
alone llamafactory==0.9.5
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny_llamafactory import converted

rows = {"none": [("user", "A tree?"), ("assistant", "Oak.")], "own": [("system", "Be brief."), ("user", "A tree?"), ("assistant", "Oak.")]}
seen = {(name, kind): converted(kind, said)["_system"] for name, said in rows.items() for kind in ("OpenAI", "Sharegpt")}
print(seen)
assert seen == {
    ("none", "OpenAI"): "detailed thinking off", ("own", "OpenAI"): "Be brief.\ndetailed thinking off",
    ("none", "Sharegpt"): "", ("own", "Sharegpt"): "Be brief.",
}
PY
