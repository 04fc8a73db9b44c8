"""What to do about each remark: the setting, the command or the change of the template that mends it."""

from __future__ import annotations

_PATCH = (
    "finesift template --patched -o FILE makes a template that marks what is proved; name it with --template"
)
_OTHER = "train with another template (--template FILE), or leave such rows out"
_ACCEPT = "mend the template (--template FILE), or accept the loss by name: accept_losses, under [model] in the recipe"
_STOPS = "end parts of an answer with a token that ends no generation, or take it out of eos_token_id"
_OBJECTS = "pass arguments as objects; `finesift prep` writes the form that the template wants"

#: By the name of a remark. A name that ends in a star stands for all that begin so.
REMEDIES: dict[str, str] = {
    "refuses_all": "name the model's own template with --template FILE; this one renders nothing",
    "templates_differ": "keep one template in the folder, the one that you will serve with",
    "no_generation_keyword": _PATCH,
    "generation_*": _PATCH,
    "setting_ignored": "leave the setting out, or name one that the template reads",
    "mark_is_no_token": "use the tokenizer that belongs to this template, or add the marks as special tokens",
    "double_bos": "tokenize with add_special_tokens=False; exports with `--tokenized` hold the beginning once",
    "no_end": "end answers with the end-of-turn token: mend the template, or name another with --template FILE",
    "end_is_no_stop": "add the token to eos_token_id in generation_config.json of what you serve",
    "stops_early": _STOPS,
    "end_is_not_eos": "name the token as the stop when you serve; for axolotl: eot_tokens",
    "end_by_next": "use token labels (prep --tokenized, finesift export) instead of masks made message by message",
    "pad_is_end": "set another pad_token, or mask padding by attention_mask, not by its id",
    "answer_trimmed": "none needed if answers begin and end with text; else mend the template",
    "user_trimmed": "none needed if questions begin and end with text; else mend the template",
    "system_refused": "put what the system says into the first user message, or train with another template",
    "system_lost": "put what the system says into the first user message, or train with another template",
    "system_moved": "serve with the same template, and look at `finesift mask` of a long conversation",
    "system_injected": "write a system message of your own in every row, and send the same when you serve",
    "date_injected": "write a system message of your own, or set the date with --set; else runs differ by day",
    "no_generation_prompt": "serve with the header that training shows: see it with `finesift mask`",
    "prompt_differs": "train with the template that you serve with; look at `finesift mask`",
    "prefix_fails": "use token labels (prep --tokenized, finesift export): masks by growing prefixes are wrong here",
    "thinks_on_request": "give training and serving one enable_thinking: --set, or template_settings in the recipe",
    "empty_think": "serve with the same: the model will open with it; or set enable_thinking as you will serve",
    "header_not_found": "do not search for the header by its tokens; use token labels (prep --tokenized)",
    "header_merges": "begin answers with text: strip leading newlines in your rows",
    "reasoning_lost": _ACCEPT,
    "earlier_reasoning_lost": "as at inference for most models; else one row for each answer, so that each is the last",
    "inline_reasoning_lost": "give reasoning its own field, reasoning_content, or one row for each answer",
    "reasoning_key": "upgrade to transformers 5, or rename the field to what the template reads",
    "tools_refused": _OTHER,
    "tools_lost": "write the tools into the system message, or train with a template that knows tools",
    "tool_descriptions_lost": "say in the system message what the tools do, if the model needs it",
    "tool_calls_lost": _ACCEPT,
    "tool_results_lost": _ACCEPT,
    "text_beside_calls_lost": "put the text into a message of its own before the call, or mend the template",
    "result_within_answer": "use token labels (prep --tokenized): a mask by turns trains what tools said",
    "arguments_twice_encoded": _OBJECTS,
    "arguments_must_be_objects": _OBJECTS,
    "developer_lost": "rename the role to system, in the recipe:  roles = { developer = \"system\" }",
    "function_lost": "rename the role to tool, in the recipe:  roles = { function = \"tool\" }",
    "none_written": "write an empty text, not null, in messages that only call a tool",
    "parts_lost": "join the parts to one text; `finesift prep` does where all of them are text",
    "parts_as_code": "join the parts to one text; `finesift prep` does where all of them are text",
    "must_alternate": "join messages of one role that follow each other, or leave such rows out",
    "trl_mask": "take what it says into TRL's configuration; prove it with `finesift audit`",
    "axolotl_mask": "take what it says into axolotl's YAML; prove it with `finesift audit`",
    "unsloth_mask": "take what it says into Unsloth's call; prove it with `finesift audit`",
    "llamafactory_mask": "prove the batches with `finesift audit`",
    # What the proof finds wrong with rows of the data.
    "data: cannot_render": "finesift show RUN --check cannot_render says why for each row",
    "data: mask_refused": "mend the template (--template FILE); the rows are set aside until then",
    "data: nothing_trained": "give the rows an answer that is trained, or leave them out",
    "data: mask_untraced": "look at the rows with `finesift mask`, or name a template that can be traced",
    "data: prompt_differs": "train with the template that you serve with; look at `finesift mask`",
    "data: prompt_tokens_differ": "begin answers with text, without blanks before it",
    "data: edge_token": "begin answers with text: the token on the edge is not trained",
    "data: no_end": "end answers with the end-of-turn token: mend the template",
    "data: end_is_no_stop": "add the token to eos_token_id in generation_config.json of what you serve",
    "data: stops_early": _STOPS,
    "data: lost_*": _ACCEPT,
    "data: special_text": "take the marks out of the texts, or see that the trainer does not read them as tokens",
    "data: decoded_differs": "use the tokenizer that the model came with: this one loses text",
    "data: cut_by_budget": "raise --max-tokens, or shorten the rows",
}  # fmt: skip


def remedy(name: str) -> str:
    """What to do about the remark of that name; empty where it is not known."""
    if name in REMEDIES:
        return REMEDIES[name]
    return next((what for key, what in REMEDIES.items() if key[-1] == "*" and name.startswith(key[:-1])), "")
