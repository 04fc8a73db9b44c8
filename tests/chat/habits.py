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
}
