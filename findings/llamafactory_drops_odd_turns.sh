#!/usr/bin/env bash
# Guess: of a conversation that ends with a question the last turn is dropped and the rest trained; a greeting before the first
# question, or two questions in a row, are kept or joined.
# Seen: any of the three costs the whole row, with a line in the log.
. "$(dirname "$0")/packages.bash"
packages torch==2.13.0 transformers==5.6.0 datasets==4.0.0 tokenizers==0.22.2 huggingface_hub==1.17.0 peft==0.18.1 trl==0.24.0 omegaconf==2.3.0 antlr4-python3-runtime==4.9.3 einops==0.8.2 fire==0.7.1 pydantic==2.14.4 psutil==7.2.2
alone llamafactory==0.9.5
cd "$folder"
python - 2>/dev/null <<'PY'
from tiny_llamafactory import converted

u, a, s = (lambda said, role=role: (role, said) for role in ("user", "assistant", "system"))
rows = {
    "ends": [u("A tree?"), a("Oak."), u("Thanks")], "greeting": [a("Hello!"), u("A tree?"), a("Oak.")],
    "two": [u("Hi"), u("A tree?"), a("Oak.")], "middle": [u("A tree?"), a("Oak."), s("Be brief."), u("A bird?"), a("Jay.")],
    "even": [u("A tree?"), a("Oak.")],
}
seen = {name: len(converted("Sharegpt", said)["_prompt"]) for name, said in rows.items()}
print(seen)
assert seen == {"ends": 0, "greeting": 0, "two": 0, "middle": 0, "even": 1}
PY
