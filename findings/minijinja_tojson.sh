#!/usr/bin/env bash
# Guess: Rust engines, which render chat templates with minijinja, write the text that transformers writes.
# Seen: tojson writes <, >, & and ' as \\u003c and so on, so tools and arguments differ from what was trained; so do floats (1e-07 is
# 0.0000001), and a mapping is no sequence. Most else is the same.
. "$(dirname "$0")/packages.bash"
packages minijinja==3.1.0 transformers==5.24.0 jinja2==3.1.6
cd "$folder"
python - 2>/dev/null <<'PY'
import minijinja
from transformers.utils.chat_template_utils import _compile_jinja_template

def both(template, **given):
    rust = minijinja.Environment(trim_blocks=True, lstrip_blocks=True)
    return _compile_jinja_template(template).render(**given), rust.render_str(template, **given)

tool = {"name": "find", "description": "Rows where a < b & it's <b>"}
json_, number = both("{{ x | tojson }}", x=tool), both("{{ x }}", x=1e-07)
same = both("{{ x.split('|')[-1].strip() }}{% for k, v in y | items %}{{ k }}{{ v }}{% endfor %}", x="a| b ", y={"b": 1, "a": None})
print(json_, number, same)
assert json_[0] != json_[1] == json_[0].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("'", "\\u0027")
assert number == ("1e-07", "0.0000001") and same[0] == same[1]
PY
