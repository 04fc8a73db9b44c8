"""Every public template is given calls in the form that it prints so that they can be read again."""

import importlib.util
import json
from pathlib import Path

import pytest

from finesift.chat.forms import VALUE, form_of, formed, shown
from finesift.chat.template import Template
from finesift.corpus import Corpus

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made():
    spec = importlib.util.spec_from_file_location("make_masks_doc", ROOT / "tools/make_masks_doc.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_arguments_as_text_and_as_object_render_to_the_same_bytes_and_are_read_back(data_folder, made):
    tried, wrong = 0, []
    for name, source in made.templates(data_folder).items():
        template = Template(source, tokens=made.TOKENS, name=name)
        form = form_of(template)
        if form is None:
            continue
        tried += 1
        texts = set()
        for given in (
            made.GIVEN,
            json.dumps(made.GIVEN),
            json.dumps(made.GIVEN, ensure_ascii=False, indent=1),
        ):
            call = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": given}}]}
            corpus = formed(Corpus.of([{"messages": [{"role": "user", "content": "Go."}, call]}]), form)
            [calls] = corpus.turns["tool_calls"].drop_nulls()
            texts.add(shown(template, json.loads(calls)[0]["function"]["arguments"]))
        if len(texts) > 1 or None in texts or made.read_back(texts.pop()) is None:
            wrong.append(name)
    print(f"{tried} templates that show calls")
    assert tried > 35
    assert not wrong


def test_the_table_of_templates_is_current(data_folder, made):
    assert made.PAGE.read_text("utf-8") == made.page(data_folder), "run tools/make_masks_doc.py"
    assert VALUE not in made.PAGE.read_text("utf-8")
