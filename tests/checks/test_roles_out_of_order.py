"""Roles that do not take turns are found; the ways in which they may, in chats, calls and pairs, pass."""

import pytest

from finesift.corpus import pair

from .table import score

ROLES = {"s": "system", "d": "developer", "u": "user", "a": "assistant", "t": "tool"}
CALL = [{"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}]


def row(order):
    """A conversation by the initials of its roles; `c` is an assistant's message that calls a tool."""
    return {
        "messages": [
            {"role": "assistant", "tool_calls": CALL} if one == "c" else {"role": ROLES[one], "content": one}
            for one in order
        ]
    }


@pytest.mark.parametrize(
    "order",
    ["uu", "uua", "uaa", "uauaa", "au", "a", "uau", "uas", "uasua", "usa", "uta", "tua", "sau", "sa", "suu", "uauu", "uauas", "uctat", "suauau", "dau", "uad", "ct", "uct", "uctu", "s", "u", "t"],
)  # fmt: skip
def test_a_fault_is_found(order):
    assert score("roles_out_of_order", row(order)) >= 0.5


@pytest.mark.parametrize(
    "order",
    ["ua", "uaua", "ua" * 20, "sua", "suaua", "s" + "ua" * 12, "dua", "duaua", "sdua", "dsua", "ssua", "ucta", "uctta", "ucttta", "uctcta", "uctctctta", "sucta", "ductaua", "uctaucta", "uaucta", "suctaua", "uc", "suc", "uauc", "uctc", "ucttaua", "suauctaua", "dsuctta", "uauctctta", "sductauaua"],
)  # fmt: skip
def test_roles_that_take_turns_pass(order):
    assert score("roles_out_of_order", row(order)) == 0


def message(role, content="x"):
    return {"role": role, "content": content}


@pytest.mark.parametrize(
    "row",
    [
        pair("Hi", "Hello.", "Go away."),
        {"messages": row("sua")["messages"] + [message("user")], "chosen": [message("assistant")], "rejected": [message("assistant", "y")]},
        {"messages": row("uauau")["messages"], "chosen": [message("assistant")], "rejected": [message("assistant", "y")]},
        {"messages": row("u")["messages"], "chosen": row("aua")["messages"], "rejected": row("a")["messages"]},
        {"messages": row("u")["messages"], "chosen": row("cta")["messages"], "rejected": row("a")["messages"]},
        {"messages": [], "chosen": row("ua")["messages"], "rejected": row("ua")["messages"]},
        {"messages": row("s")["messages"], "chosen": row("ua")["messages"], "rejected": row("uaua")["messages"]},
        {"messages": [message("user", ""), message("assistant", "")]},
        {"messages": [message("system", ""), message("user"), message("assistant")]},
        row("ua") | {"label": False},
        row("ua") | {"label": True, "extra": {"role": "system"}},
    ],
)  # fmt: skip
def test_pairs_and_labelled_rows_pass(row):
    assert score("roles_out_of_order", row) == 0


@pytest.mark.parametrize(
    "row",
    [
        {"messages": row("ua")["messages"], "chosen": [message("assistant")], "rejected": [message("assistant", "y")]},
        {"messages": row("u")["messages"], "chosen": [message("user")], "rejected": [message("assistant")]},
        {"messages": row("u")["messages"], "chosen": row("au")["messages"], "rejected": row("a")["messages"]},
    ],
)  # fmt: skip
def test_a_fault_in_a_side_of_a_pair_is_found(row):
    assert score("roles_out_of_order", row) >= 0.5


@pytest.mark.parametrize("order", ["u", "uu", "s", "su", "ut"])
def test_a_row_without_an_answer_trains_nothing(order):
    assert score("no_assistant_turn", row(order)) == 1.0


@pytest.mark.parametrize("order", ["a", "ua", "au", "uc", "sa", "uau"])
def test_any_answer_is_something_to_train_on(order):
    assert score("no_assistant_turn", row(order)) == 0
