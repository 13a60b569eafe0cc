"""Whether a live response could be ended at all: by accounts, each as the ledger keeps it."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.engine.enough_to_end import too_few_to_end
from notifier.model.site import TwoPeople


def account(name: str, role: str, **more: Any) -> dict[str, Any]:
    row = {"id": name, "kind": "person", "name": name.title(), "roles": f'["{role}"]', "sites": "[]", "person": name}
    return {**row, "state": "active", **more}


ADA, BEN = account("ada", "commander"), account("ben", "commander")


@pytest.mark.parametrize(
    "second",
    [
        [],
        [account("ben", "staff")],
        [{**BEN, "state": "revoked"}],
        [{**BEN, "sites": '["elsewhere"]'}],
        [{**BEN, "kind": "token"}],
        [{**BEN, "person": "ada"}],
    ],
    ids=["nobody", "no commander", "revoked", "another school's", "a machine", "the same human"],
)
def test_one_human_alone_cannot_end_it_and_is_named(second: list[dict[str, Any]]) -> None:
    said = too_few_to_end([ADA, *second], "oak", TwoPeople())
    assert "the only one with an account that may command" in said
    assert "the all-clear, a recall and a confirmed mistake need two people" in said


def test_nobody_at_all_is_said_too() -> None:
    assert too_few_to_end([], "oak", TwoPeople()).startswith("Nobody has an account to command")


def test_two_humans_are_enough_and_so_is_one_where_the_school_says_one() -> None:
    assert too_few_to_end([ADA, BEN], "oak", TwoPeople()) == ""
    assert too_few_to_end([ADA], "oak", TwoPeople(all_clear=False, recall=False, mistake=False)) == ""
    assert "and the all-clear needs two people" in too_few_to_end([ADA], "oak", TwoPeople(recall=False, mistake=False))
