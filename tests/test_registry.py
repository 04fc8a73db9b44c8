import polars as pl
import pytest

from finesift import registry
from finesift.findings import FINDINGS, none
from finesift.registry import check, load_checks


def test_every_built_in_check_has_the_name_of_its_file():
    for declared in load_checks().values():
        assert declared.measure.__module__.rsplit(".", 1)[1] == declared.name


def test_a_check_says_what_and_why():
    for declared in load_checks().values():
        assert declared.what.endswith(".")
        assert declared.why


def test_a_parameter_that_names_no_table_is_refused():
    with pytest.raises(TypeError, match="positional parameters name tables"):

        @check(flags=[], passes=[])
        def lost(rows: pl.LazyFrame) -> pl.LazyFrame:
            return none()


def test_two_checks_cannot_share_a_name(monkeypatch):
    monkeypatch.setattr(registry, "_declared", dict(registry._declared))
    load_checks()

    def empty_answer(turns: pl.LazyFrame) -> pl.LazyFrame:
        return none()

    with pytest.raises(TypeError, match="declared twice"):
        check(flags=[], passes=[])(empty_answer)


def test_settings_are_the_keyword_parameters():
    assert load_checks()["over_budget"].settings == {"max_tokens": 4096}


def test_no_findings_have_the_schema_of_findings():
    assert none().collect().schema == FINDINGS
