"""Failures of other tools' loaders, each as a test that names where it happened."""

import json

import pytest

from finesift.read import read

U, A = "user", "assistant"


def said(*turns):
    return [{"role": role, "content": content} for role, content in turns]


@pytest.mark.parametrize("roles", [(U, U, A), (U, A, U), (A,), (U, A, A)])
def test_llamafactory_10178_and_9600_odd_roles_are_read_not_skipped(corpus_of, roles):
    corpus = corpus_of([{"messages": said(*((role, "x") for role in roles))}])
    assert tuple(corpus.turns["role"]) == roles


def test_easy_dataset_549_the_input_of_alpaca_is_joined_to_the_instruction(corpus_of):
    corpus = corpus_of([{"instruction": "Add.", "input": "1 and 2", "output": "3"}])
    assert corpus.turns["content"].to_list() == ["Add.\n1 and 2", "3"]


@pytest.mark.parametrize("word", ["<noinput>", "N/A", "nooutput", ""])
def test_alpaca_lora_32_and_78_an_input_that_is_none_is_kept_until_the_recipe_repairs_it(corpus_of, word):
    row = {"instruction": "Sing.", "input": word, "output": "la"}
    assert corpus_of([row]).turns["content"][0] == ("Sing.\n" + word).strip()
    repaired = corpus_of([row], repair=["noinput"]).turns["content"][0]
    assert repaired == ("Sing.\nnooutput" if word == "nooutput" else "Sing.")


def test_axolotl_1645_pairs_of_several_turns_are_read_whole(corpus_of):
    shared = [(U, "a"), (A, "b"), (U, "c")]
    pair = {"chosen": said(*shared, (A, "good")), "rejected": said(*shared, (A, "bad"))}
    corpus = corpus_of([pair])
    assert corpus.turns["content"].to_list() == ["a", "b", "c", "good", "bad"]
    assert corpus.turns["part"].to_list() == ["messages"] * 3 + ["chosen", "rejected"]


def calling(arguments):
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    return {"messages": [*said((U, "q")), {"role": A, "content": None, "tool_calls": [call]}]}


def test_oumi_2599_arguments_given_as_text_are_not_encoded_again(corpus_of):
    corpus = corpus_of([calling('{"x": 1.0}')])
    assert json.loads(corpus.turns["tool_calls"][1])[0]["function"]["arguments"] == '{"x": 1.0}'


def test_axolotl_3136_arguments_of_other_types_in_other_rows_go_out_as_they_came_in(corpus_of):
    given = [{"x": "1"}, {"x": 1}, {"x": 1.0}, {"y": None}, '{"x": [1]}']
    calls = corpus_of([calling(arguments) for arguments in given]).turns["tool_calls"].drop_nulls()
    out = [json.loads(call)[0]["function"]["arguments"] for call in calls]
    assert [json.dumps(value) for value in out] == [json.dumps(value) for value in given]


def test_ms_swift_6467_tools_of_one_row_bring_no_nulls_into_another(corpus_of):
    tools = [[{"name": "f", "parameters": {"x": {"type": "string"}}}], [{"name": "g", "parameters": {}}]]
    rows = [{"messages": said((U, "q"), (A, "a")), "tools": each} for each in tools]
    assert [json.loads(each) for each in corpus_of(rows).examples["tools"]] == tools


def test_a_row_with_both_response_and_output_is_noted_and_loses_neither(corpus_of):
    corpus = corpus_of([{"prompt": "p", "response": "one", "output": "two"}])
    assert corpus.notes["kind"].to_list() == ["competing_fields"]
    kept = corpus.turns["content"].to_list() + list(json.loads(corpus.examples["extra"][0]).values())
    assert sorted(kept) == ["one", "p", "two"]


@pytest.mark.parametrize(
    "name, data",
    [
        ("lines.json", b'{"prompt": "p", "completion": "c"}\n{"prompt": "p", "completion": "c"}\n'),
        ("tabs.csv", b"prompt\tcompletion\np\tc\np\tc\n"),
        (
            "mark.jsonl",
            b'\xef\xbb\xbf{"prompt": "p", "completion": "c"}\n{"prompt": "p", "completion": "c"}\n',
        ),
    ],
)
def test_wrong_endings_and_byte_order_marks_cost_nothing(corpus_of, name, data):
    assert corpus_of(data, name).turns["content"].to_list() == ["p", "c"] * 2


def test_a_file_cut_in_the_middle_of_a_string_keeps_every_whole_conversation(corpus_of):
    rows = [{"id": n, "conversations": [{"from": "human", "value": f"q{n}"}]} for n in range(17_672)]
    text = json.dumps(rows, indent=2)
    corpus = corpus_of(text[: text.rindex("q17671") + 2], "cut.json")
    assert corpus.examples.height == 17_671
    assert corpus.unreadable["row"].to_list() == [17_672]
    assert corpus.unreadable["error"][0].startswith("the file ends in the middle of this record")


def test_synthetic_data_kit_76_the_bytes_that_are_kept_are_read_again(corpus_of, tmp_path):
    first = corpus_of([{"prompt": "p", "completion": "c", "n": 1.0}, {"text": "t"}])
    path = tmp_path / "again.jsonl"
    path.write_bytes(b"\n".join(first.originals["raw"]))
    assert read([path]).examples["id"].to_list() == first.examples["id"].to_list()
