#!/usr/bin/env bash
# Guess: a conversation of a system prompt alone is refused on the way to Anthropic. (Of empty messages nothing was guessed beforehand.)
# Seen: an empty question or answer becomes a sentence of litellm's own, "[System: Empty message content sanitised to satisfy
# protocol]", which a log of the conversation then holds; a system prompt alone is sent as a message of the role system; two answers
# in a row become one.
. "$(dirname "$0")/packages.bash"
packages litellm==1.110.2
cd "$folder"
python - 2>/dev/null <<'PY'
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
from litellm.litellm_core_utils.prompt_templates.factory import anthropic_messages_pt

def sent(*said):
    roles = {"u": "user", "a": "assistant", "s": "system"}
    messages = [{"role": roles[role], "content": content} for role, content in said]
    made = anthropic_messages_pt(messages, model="claude-3", llm_provider="anthropic")
    return [(one["role"], [part["text"] for part in one["content"]]) for one in made]

empty = sent(("u", "A tree?"), ("a", ""), ("u", "Well?"))
system, two = sent(("s", "Be brief.")), sent(("u", "A tree?"), ("a", "Oak."), ("a", "Elm."), ("u", "Well?"))
print(empty, system, two, sep="\n")
assert empty[1] == ("assistant", ["[System: Empty message content sanitised to satisfy protocol]"])
assert system == [("system", ["Be brief."])] and two[1] == ("assistant", ["Oak.", "Elm."])
PY
