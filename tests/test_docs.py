"""The pages that are made from the code are current."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_page_of_checks_is_current():
    spec = importlib.util.spec_from_file_location("make_checks_doc", ROOT / "tools/make_checks_doc.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.PAGE.read_text("utf-8") == made.page(), "run tools/make_checks_doc.py"
