import tomllib

import pytest

from finesift.errors import RecipeError
from finesift.recipe import ASK, LIMITS, Limit, Recipe
from finesift.registry import load_checks


def test_the_printed_recipe_reads_back_as_the_defaults():
    assert Recipe.parse(tomllib.loads(Recipe().to_toml())).limit("empty_answer") == Limit(set_aside=1.0)
    again = Recipe.parse(tomllib.loads(Recipe().to_toml()))
    assert again.to_toml() == Recipe().to_toml()


def test_a_recipe_with_odd_strings_survives_printing():
    recipe = Recipe.parse({"data": {"train": ['a"b\\c\n\x7f.jsonl', "é"], "roles": {"my bot": "assistant"}}})
    assert Recipe.parse(tomllib.loads(recipe.to_toml())).data == recipe.data


@pytest.mark.parametrize(
    "raw, said",
    [
        ({"split": {"valdation": 0.1}}, "split.valdation is not a setting. Did you mean validation?"),
        ({"modle": {}}, "modle is not a setting. Did you mean model?"),
        ({"limits": {"empty_answer": {"setaside": 1}}}, "Did you mean set_aside?"),
        (
            {"limits": {"empty_answer": {"review": 0.9, "set_aside": 0.5}}},
            "review (0.9) is above set_aside (0.5)",
        ),
        ({"split": {"validation": 0.6, "test": 0.4}}, "leave nothing to train on"),
        ({"split": {"seed": "x"}}, "split.seed"),
        ({"model": {"max_tokens": 0}}, "model.max_tokens"),
        ({"policy": {"keep": "best"}}, "policy.keep"),
    ],
)
def test_a_wrong_recipe_is_refused_by_name(raw, said):
    with pytest.raises(RecipeError) as error:
        Recipe.parse(raw)
    assert said in str(error.value)


def test_a_check_that_does_not_exist_is_refused_with_the_nearest_name():
    recipe = Recipe.parse({"limits": {"empty_anser": {"review": 0.5}}})
    with pytest.raises(RecipeError, match="Did you mean empty_answer"):
        recipe.refuse_unknown_checks(load_checks())


def test_a_setting_that_a_check_does_not_have_is_refused():
    recipe = Recipe.parse({"checks": {"echoes_prompt": {"chars": 5}}})
    with pytest.raises(RecipeError, match="characters"):
        recipe.settings_of("echoes_prompt", ["characters"])


def test_the_budget_of_the_model_reaches_the_check_that_asks_for_it():
    recipe = Recipe.parse({"model": {"max_tokens": 512}})
    assert recipe.settings_of("over_budget", ["max_tokens"]) == {"max_tokens": 512}
    assert recipe.settings_of("echoes_prompt", ["characters"]) == {}


def test_every_built_in_check_has_a_default_limit_with_a_reason():
    ours = {name for name, c in load_checks().items() if c.measure.__module__.startswith("finesift.checks")}
    assert ours == set(LIMITS)


def test_a_check_from_elsewhere_asks_before_it_acts():
    assert Recipe().limit("somebody_elses") == ASK


def test_paths_in_a_recipe_start_from_its_folder(tmp_path):
    file = tmp_path / "r.toml"
    file.write_text('[data]\ntrain = ["raw/*.jsonl"]\n[held_out]\nx = "eval.jsonl"\n')
    recipe = Recipe.load(file)
    assert recipe.data.train == [str(tmp_path / "raw/*.jsonl")]
    assert recipe.held_out == {"x": [str(tmp_path / "eval.jsonl")]}


@pytest.mark.parametrize("content", ["[data", b"\xff\xfe", "x = 1"])
def test_a_file_that_is_no_recipe_is_one_clear_error(tmp_path, content):
    file = tmp_path / "r.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RecipeError, match=r"r\.toml"):
        Recipe.load(file)


def test_a_check_is_left_out_by_false():
    recipe = Recipe.parse({"checks": {"language": False, "repetition": True}})
    assert not recipe.runs("language") and recipe.runs("repetition")
    again = Recipe.parse(tomllib.loads(recipe.to_toml()))
    assert not again.runs("language") and again.runs("repetition")


def test_a_home_folder_is_known_in_a_recipe(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    file = tmp_path / "recipe.toml"
    file.write_text('[data]\ntrain = ["~/raw/chats.jsonl"]')
    assert Recipe.load(file).data.train == [str(tmp_path / "home/raw/chats.jsonl")]


def test_every_fault_of_a_file_is_named_with_its_line(tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(
        "# mine\n[split]\nsed = 3\n\n[limits]\nrefusal = { review = 2 }\n\n[modle]\nx = 1\n[data]\ntrain = [\n  1,\n]\n"
    )
    with pytest.raises(RecipeError) as caught:
        Recipe.load(file)
    said = str(caught.value)
    for line, name in ((3, "split.sed"), (6, "limits.refusal.review"), (8, "modle"), (11, "data.train.0")):
        assert f"{file}:{line}: {name}" in said, said


def test_all_unknown_checks_are_named_at_once():
    recipe = Recipe.parse({"limits": {"refusals": {}, "secret": {}}})
    with pytest.raises(RecipeError, match=r"limits\.refusals, limits\.secret are not known") as caught:
        recipe.refuse_unknown_checks(["refusal", "secrets"])
    assert caught.value.hint == "Did you mean refusal? Did you mean secrets?"
