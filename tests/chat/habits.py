"""Templates of our own, each with a habit that makes masks go wrong. Not one is anybody's template."""

_ASKS = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
_HEAD = "<|im_start|>{{ m.role }}\n"
_CALLS = (
    "{% for c in m.tool_calls or [] %}<call>{{ c.function.name }} {{ c.function.arguments | tojson }}</call>"
    "{% endfor %}"
)
_REASONS = "{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}"
_SAID = "{{ m.content or '' }}"
_TOOLS = "{% if tools %}{% for t in tools %}{{ t | tojson }}\n{% endfor %}{% endif %}"

HABITS = {
    # Results are printed before the turn of the call is closed, and the tools' own messages are skipped.
    "result before the end of the call's turn": _TOOLS
    + "{% for m in messages if m.role != 'tool' %}{% set at = loop.index0 %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "{% if m.tool_calls %}{% for t in messages if t.role == 'tool' %}"
    "{% if t.tool_call_id in (m.tool_calls | map(attribute='id') | list) %}<result>{{ t.content }}</result>{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}" + _ASKS,
    # One turn of the model holds all from the question to the last answer, whatever is called in between.
    "one turn with all results": _TOOLS
    + "{% for m in messages %}{% if m.role == 'tool' %}<result>{{ m.content }}</result>"
    "{% elif m.role == 'assistant' %}{% if loop.first or loop.previtem.role != 'tool' %}"
    + _HEAD
    + "{% endif %}"
    + _REASONS
    + _SAID
    + _CALLS
    + "{% if loop.last or loop.nextitem.role != 'tool' %}<|im_end|>\n{% endif %}{% else %}"
    + _HEAD
    + _SAID
    + "<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt and messages[-1].role != 'tool' %}<|im_start|>assistant\n{% endif %}",
    # Each result stands right behind its own call, in the order of the calls.
    "result behind its call": _TOOLS
    + "{% for m in messages if m.role != 'tool' %}"
    + _HEAD
    + _REASONS
    + _SAID
    + "{% for c in m.tool_calls or [] %}<call>{{ c.function.name }} {{ c.function.arguments | tojson }}</call>"
    "{% for t in messages if t.role == 'tool' and t.tool_call_id == c.id %}<result>{{ t.content }}</result>{% endfor %}"
    "{% endfor %}<|im_end|>\n{% endfor %}" + _ASKS,
    # The result opens the next answer's turn.
    "result in the next answer's turn": _TOOLS
    + "{% for m in messages %}{% if m.role != 'tool' %}"
    + _HEAD
    + "{% if not loop.first and loop.previtem.role == 'tool' %}<result>{{ loop.previtem.content }}</result>{% endif %}"
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endif %}{% endfor %}"
    + "{% if add_generation_prompt %}<|im_start|>assistant\n{% if messages[-1].role == 'tool' %}"
    "<result>{{ messages[-1].content }}</result>{% endif %}{% endif %}",
    # Results of one round share a turn of the user.
    "results as one turn of the user": _TOOLS
    + "{% for m in messages %}{% if m.role == 'tool' %}{% if loop.first or loop.previtem.role != 'tool' %}"
    "<|im_start|>user{% endif %}\n<result>{{ m.content }}</result>"
    "{% if loop.last or loop.nextitem.role != 'tool' %}<|im_end|>\n{% endif %}{% else %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endif %}{% endfor %}"
    + _ASKS,
    # The text is built first and written at the end, so that no loop is seen to write it.
    "text that is built first": "{% set all = namespace(text='') %}{% for m in messages %}"
    "{% set all.text = all.text + '<|im_start|>' + m.role + '\n' + (m.content or '') %}"
    "{% for c in m.tool_calls or [] %}{% set all.text = all.text + '<call>' + c.function.name + ' ' + "
    "(c.function.arguments | tojson) + '</call>' %}{% endfor %}"
    "{% set all.text = all.text + '<|im_end|>\n' %}{% endfor %}{{ all.text }}" + _ASKS,
    # A macro writes header and all.
    "macro with the header": _TOOLS
    + "{% macro say(m) %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endmacro %}{% for m in messages %}{{ say(m) }}{% endfor %}"
    + _ASKS,
    # Messages are taken by number, from the second on.
    "messages by number": _TOOLS
    + "{% for n in range(messages | length) %}{% set m = messages[n] %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endfor %}"
    + _ASKS,
    # The end of a turn is the next message's, and the template's own (Jamba's habit).
    "end by the next message": _TOOLS
    + "{% for m in messages %}{% if not loop.first %}<|im_end|>\n{% endif %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "{% endfor %}<|im_end|>\n"
    + _ASKS,
    # The end of the text follows the end of the last turn (Phi-3.5's habit).
    "end of the text after the last turn": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% else %}{{ eos_token }}"
    "{% endif %}",
    # Calls as XML writes them, one tag an argument, and the answer's header opens its reasoning.
    "calls as tags": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + "{% if m.role == 'assistant' %}<think>\n{{ m.reasoning_content or '' }}\n</think>\n{% endif %}"
    + _SAID
    + "{% for c in m.tool_calls or [] %}<call name='{{ c.function.name }}'>"
    "{% for k, v in c.function.arguments.items() %}<{{ k }}>{{ v }}</{{ k }}>{% endfor %}</call>{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}",
    # Calls as Python writes them; reasoning of earlier turns is taken out.
    "calls as Python": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + "{% if m.reasoning_content and loop.index > messages | length - 2 %}<think>{{ m.reasoning_content }}"
    "</think>{% endif %}"
    + _SAID
    + "{% for c in m.tool_calls or [] %}\n{{ c.function.name }}({% for k, v in c.function.arguments.items() %}"
    "{{ k }}={{ v | tojson }}{% if not loop.last %}, {% endif %}{% endfor %}){% endfor %}"
    "<|im_end|>\n{% endfor %}" + _ASKS,
    # The loop goes backwards, and what it wrote is put in order again.
    "a loop that goes backwards": _TOOLS
    + "{% set all = namespace(text='') %}{% for m in messages | reverse %}"
    "{% set all.text = '<|im_start|>' + m.role + '\n' + (m.content or '') + '<|im_end|>\n' + all.text %}{% endfor %}"
    "{{ all.text }}" + _ASKS,
    # Messages are asked for by number, from the last, to find the last question.
    "a search from the end": _TOOLS
    + "{% set ns = namespace(last=-1) %}{% for m in messages[::-1] %}{% if ns.last == -1 and m.role == 'user' %}"
    "{% set ns.last = messages | length - 1 - loop.index0 %}{% endif %}{% endfor %}"
    "{% for m in messages %}"
    + _HEAD
    + "{% if m.reasoning_content and loop.index0 > ns.last %}<think>{{ m.reasoning_content }}</think>{% endif %}"
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endfor %}"
    + _ASKS,
    # The system prompt opens the first turn of the user, and the tools stand in the last.
    "system in the first question, tools in the last": "{% set ns = namespace(asked=0) %}"
    "{% set total = messages | selectattr('role', 'equalto', 'user') | list | length %}"
    "{% for m in messages %}{% if m.role == 'user' %}{% set ns.asked = ns.asked + 1 %}<|im_start|>user\n"
    "{% if ns.asked == 1 and messages[0].role == 'system' %}{{ messages[0].content }}\n\n{% endif %}"
    "{% if ns.asked == total and tools %}{% for t in tools %}{{ t | tojson }}\n{% endfor %}{% endif %}"
    "{{ m.content }}<|im_end|>\n{% elif m.role == 'assistant' %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% elif m.role == 'tool' %}<|im_start|>tool\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
    + _ASKS,
    # White space is taken away on either side of everything.
    "white space that is taken away": "{%- if tools -%}\n  {%- for t in tools -%}\n    {{- t | tojson -}}\n  {%- endfor -%}\n"
    "{%- endif -%}\n{%- for m in messages -%}\n  {{- '<|im_start|>' + m.role + '\n' -}}\n"
    "  {%- if m.reasoning_content -%}\n    {{- '<think>' + m.reasoning_content + '</think>' -}}\n  {%- endif -%}\n"
    "  {{- (m.content or '') | trim -}}\n"
    "  {%- for c in m.tool_calls or [] -%}\n    {{- '<call>' ~ c.function.name ~ ' ' ~ (c.function.arguments | tojson) ~ '</call>' -}}\n"
    "  {%- endfor -%}\n  {{- '<|im_end|>\n' -}}\n{%- endfor -%}\n"
    "{%- if add_generation_prompt -%}\n  {{- '<|im_start|>assistant\n' -}}\n{%- endif -%}\n",
    # A block that is set, and printed.
    "a block that is set first": _TOOLS
    + "{% for m in messages %}{% set body %}"
    + _REASONS
    + _SAID
    + _CALLS
    + "{% endset %}"
    + _HEAD
    + "{{ body }}<|im_end|>\n{% endfor %}"
    + _ASKS,
    # A date, as several write into their system prompt.
    "a date in the system prompt": "<|im_start|>system\nToday is {{ strftime_now('%d %B %Y') }}."
    "{% if messages[0].role == 'system' %} {{ messages[0].content }}{% endif %}<|im_end|>\n"
    + _TOOLS
    + "{% for m in messages if m.role != 'system' %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endfor %}"
    + _ASKS,
    # A macro calls another with a block.
    "a macro that is called with a block": "{% macro turn(role) %}<|im_start|>{{ role }}\n{{ caller() }}<|im_end|>\n{% endmacro %}"
    + _TOOLS
    + "{% for m in messages %}{% call turn(m.role) %}"
    + _REASONS
    + _SAID
    + _CALLS
    + "{% endcall %}{% endfor %}"
    + _ASKS,
    # The thought stands in the content, and is cut out of all but the last answer.
    "thoughts cut out of history": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + "{% set said = m.content or '' %}{% if m.role == 'assistant' and '</think>' in said and not loop.last %}"
    "{% set said = said.split('</think>')[-1].lstrip('\n') %}{% endif %}"
    "{% if loop.last %}" + _REASONS + "{% endif %}{{ said }}" + _CALLS + "<|im_end|>\n{% endfor %}" + _ASKS,
    # What comes last from the assistant is left open, to be gone on with.
    "a last answer that is left open": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "{% if not (loop.last and m.role == 'assistant') %}<|im_end|>\n{% endif %}{% endfor %}"
    + _ASKS,
    # Neighbours of one role are put into one turn.
    "neighbours in one turn": _TOOLS
    + "{% for m in messages %}{% if loop.first or loop.previtem.role != m.role %}"
    + _HEAD
    + "{% else %}\n\n{% endif %}"
    + _REASONS
    + _SAID
    + _CALLS
    + "{% if loop.last or loop.nextitem.role != m.role %}<|im_end|>\n{% endif %}{% endfor %}"
    + _ASKS,
    # The answer is escaped, indented and shortened by filters.
    "filters on the answer": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + _REASONS
    + "{{ (m.content or '') | trim | replace('\r\n', '\n') }}"
    + _CALLS
    + "<|im_end|>\n{% endfor %}"
    + _ASKS,
    # The end of the text stands behind every answer, beside the end of the turn.
    "two ends behind each answer": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}\n{% endfor %}"
    + _ASKS,
    # What is asked comes again before each answer.
    "the question once more": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + "{% if m.role == 'assistant' and not loop.first and loop.previtem.role == 'user' %}> {{ loop.previtem.content }}\n{% endif %}"
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if messages[-1].role == 'user' %}> {{ messages[-1].content }}\n{% endif %}{% endif %}",
    # The keyword stands around the answer's text alone: header and end are outside.
    "keyword without the end": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + "{% if m.role == 'assistant' %}{% generation %}"
    + _REASONS
    + _SAID
    + _CALLS
    + "{% endgeneration %}{% else %}{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}"
    + _ASKS,
    # The keyword stands around every turn, whoever speaks.
    "keyword around everything": _TOOLS
    + "{% for m in messages %}{% generation %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endgeneration %}{% endfor %}"
    + _ASKS,
    # Turns of one role are put together in a list of texts before anything is written.
    "turns put together first": "{% set all = namespace(turns=[], role='', text='') %}{% for m in messages %}"
    "{% if m.role == all.role %}{% set all.text = all.text + '\n' + (m.content or '') | trim %}{% else %}"
    "{% if all.role %}{% set all.turns = all.turns + [[all.role, all.text]] %}{% endif %}"
    "{% set all.role = m.role %}{% set all.text = (m.content or '') | trim %}{% endif %}{% endfor %}"
    "{% set all.turns = all.turns + [[all.role, all.text]] %}"
    "{% for role, text in all.turns %}<|im_start|>{{ role }}\n{{ text }}<|im_end|>\n{% endfor %}" + _ASKS,
    # The turn looks ahead and takes in thoughts, calls, results and what is said of them.
    "the whole round in one turn": _TOOLS
    + "{% for m in messages %}{% if m.role not in ['assistant', 'tool'] %}"
    + _HEAD
    + "{{ m.content }}<|im_end|>\n{% elif m.role == 'assistant' and (loop.first or loop.previtem.role not in "
    "['assistant', 'tool']) %}"
    + _HEAD
    + "{% set ns = namespace(open=true) %}{% for m in messages[loop.index0:] %}"
    "{% if m.role not in ['assistant', 'tool'] %}{% set ns.open = false %}{% endif %}{% if ns.open %}"
    "{% if m.role == 'tool' %}<result>{{ m.content }}</result>{% else %}"
    + _REASONS
    + _SAID
    + _CALLS
    + "{% endif %}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt and messages[-1].role != 'tool' %}<|im_start|>assistant\n{% endif %}",
    # Turns are numbered, and there is no special token but the end.
    "numbered turns": _TOOLS
    + "{% for m in messages %}[{{ loop.index }}] {{ m.role | capitalize }}: "
    + _REASONS
    + _SAID
    + _CALLS
    + "{% if m.role == 'assistant' %}</s>{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}[{{ messages | length + 1 }}] Assistant: {% endif %}",
    # Of several system messages the last alone is written, at the top.
    "the last system message alone": "{% set last = messages | selectattr('role', 'equalto', 'system') | list | last %}"
    "{% if last %}<|im_start|>system\n{{ last.content }}<|im_end|>\n{% endif %}"
    + _TOOLS
    + "{% for m in messages if m.role != 'system' %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endfor %}"
    + _ASKS,
    # The system message comes behind everything else, where the answer is asked for.
    "the system message last": _TOOLS
    + "{% for m in messages if m.role != 'system' %}{% if loop.last and messages[0].role == 'system' and m.role == 'assistant' %}"
    "<|im_start|>system\n{{ messages[0].content }}<|im_end|>\n{% endif %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}{% if messages[0].role == 'system' %}<|im_start|>system\n"
    "{{ messages[0].content }}<|im_end|>\n{% endif %}<|im_start|>assistant\n{% endif %}",
    # Other names for the roles, from a table; a line of text is what a turn ends with.
    "names from a table": "{% set names = {'user': 'Human', 'assistant': 'AI', 'system': 'Rules', 'tool': 'Result'} %}"
    + _TOOLS
    + "{% for m in messages %}{{ names[m.role] or m.role }}: "
    + _REASONS
    + _SAID
    + _CALLS
    + "\n###\n{% endfor %}{% if add_generation_prompt %}AI: {% endif %}",
    # Only what was said of late is written.
    "a window of four": _TOOLS
    + "{% for m in messages[-4:] %}"
    + _HEAD
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endfor %}"
    + _ASKS,
    # Each turn is a line of JSON.
    "turns as JSON": _TOOLS
    + "{% for m in messages %}{{ {'role': m.role, 'said': m.content} | tojson }}"
    + _REASONS
    + _CALLS
    + "<|im_end|>\n{% endfor %}"
    '{% if add_generation_prompt %}{"role": "assistant", "said": "{% endif %}',
    # What is said is escaped for HTML.
    "escaped for HTML": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + _REASONS
    + "{{ (m.content or '') | e }}"
    + _CALLS
    + "<|im_end|>\n{% endfor %}"
    + _ASKS,
    # Line by line, each with a mark before it.
    "line by line": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + _REASONS
    + "{% for line in (m.content or '').split('\n') %}| {{ line }}\n{% endfor %}"
    + _CALLS
    + "<|im_end|>\n{% endfor %}"
    + _ASKS,
    # The header says the channel, so that the model writes a part of it (Harmony's habit).
    "a channel in the header": _TOOLS
    + "{% for m in messages %}<|im_start|>{{ m.role }}{% if m.role == 'assistant' %}"
    "{% if m.reasoning_content %} thought\n{{ m.reasoning_content }}<|im_end|>\n<|im_start|>assistant{% endif %}"
    "{% if m.tool_calls %} calls\n{{ m.content or '' }}"
    + _CALLS
    + "{% else %} final\n{{ m.content }}{% endif %}"
    "{% else %}\n{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant{% endif %}",
    # The thought stands behind the answer.
    "the thought behind the answer": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + _SAID
    + _CALLS
    + _REASONS
    + "<|im_end|>\n{% endfor %}"
    + _ASKS,
    # What the model said is quoted in the next question.
    "the answer quoted in the next question": _TOOLS
    + "{% for m in messages %}"
    + _HEAD
    + "{% if m.role == 'user' and not loop.first and loop.previtem.role == 'assistant' %}"
    "You said: {{ loop.previtem.content }}\n{% endif %}"
    + _REASONS
    + _SAID
    + _CALLS
    + "<|im_end|>\n{% endfor %}"
    + _ASKS,
    # A reminder of the system prompt at the end of each question, and roles that must take turns.
    "system in every question, in turns": "{% for m in messages %}{% if m.role == 'user' %}<|im_start|>user\n{{ m.content }}"
    "{% if messages[0].role == 'system' %} ({{ messages[0].content }}){% endif %}<|im_end|>\n"
    "{% elif m.role == 'assistant' %}"
    + _HEAD
    + _SAID
    + "<|im_end|>\n{% elif m.role == 'system' and not loop.first %}{{ raise_exception('too late') }}{% elif m.role == 'tool' %}"
    "{{ raise_exception('no tools') }}{% endif %}{% endfor %}" + _ASKS,
    # Nested macros, one of which writes calls, with a default and a keyword.
    "macros within macros": "{% macro call(c, mark='call') %}<{{ mark }}>{{ c.function.name }} {{ c.function.arguments | tojson }}</{{ mark }}>{% endmacro %}"
    "{% macro body(m) %}"
    + _REASONS
    + _SAID
    + "{% for c in m.tool_calls or [] %}{{ call(c, mark='do') }}{% endfor %}{% endmacro %}"
    "{% macro turn(m, end='<|im_end|>\n') %}"
    + _HEAD
    + "{{ body(m) }}{{ end }}{% endmacro %}"
    + _TOOLS
    + "{% for m in messages %}{{ turn(m) }}{% endfor %}"
    + _ASKS,
    # Joined at the end from a list.
    "a list that is joined": _TOOLS + "{% set ns = namespace(parts=[]) %}{% for m in messages %}"
    "{% set ns.parts = ns.parts + ['<|im_start|>' ~ m.role ~ '\n' ~ (m.content or '') ~ '<|im_end|>'] %}"
    "{% endfor %}{{ ns.parts | join('\n') }}\n" + _ASKS,
}
