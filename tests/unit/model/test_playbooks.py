"""What a playbook and a site may say: the form of each step, and what follows from it."""

from typing import Any

import pytest
from pydantic import ValidationError

from notifier.model.incident import LADDER, Action
from notifier.model.playbook import DEEDS, FIELDS, Playbook, Step
from notifier.model.site import Door, Site
from notifier.model.step import Phase

TELL: dict[str, Any] = {"to": ["group:staff"], "message": "Lockdown"}
STEP: dict[str, Any] = {"id": "tell", "notify": TELL}
BOOK: dict[str, Any] = {"playbook": "p", "title": "P", "action": "lockdown", "steps": [STEP], "all_clear": [STEP],
                        "correction": [STEP]}  # fmt: skip
DOORS = {"doors": ["all"]}


def step(**written: Any) -> Step:
    return Step.model_validate({"id": "s", **written})


def test_each_deed_makes_a_step_and_two_make_none() -> None:
    deeds: dict[str, Any] = {
        "secure_doors": DOORS, "restore_doors": DOORS, "notify": TELL, "signal": {"outputs": ["all"]},
        "announce": {"speakers": ["all"], "say": "Lockdown"},
    }  # fmt: skip
    assert set(deeds) == set(DEEDS)
    for name, deed in deeds.items():
        assert step(**{name: deed}).deed == name
        for other in set(deeds) - {name}:
            with pytest.raises(ValidationError, match="exactly one"):
                step(**{name: deed, other: deeds[other]})
    with pytest.raises(ValidationError, match="none"):
        step()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"notify": {**TELL, "to": []}}, "at least 1"),
        ({"notify": {**TELL, "by": []}}, "at least 1"),
        ({"notify": {**TELL, "message": {}}}, "at least 1"),
        ({"notify": {**TELL, "messsage": "x"}}, "messsage"),
        ({"notify": {**TELL, "purpose": "urgent"}}, "purpose"),
        ({"notify": {**TELL, "answers": ["Safe!"]}}, "answers"),
        ({"notify": TELL, "acknowledge": {"need": "all"}}, "answers"),
        ({"secure_doors": DOORS, "acknowledge": {"need": "all"}}, "notify"),
        ({"secure_doors": {"doors": []}}, "at least 1"),
        ({"secure_doors": {**DOORS, "within": 5}}, "time like"),
        ({"announce": {"speakers": ["all"]}}, "words"),
        ({"announce": {"speakers": ["all"], "say": "x", "times": 0}}, "times"),
        ({"announce": {"speakers": ["all"], "say": "x", "tone": "siren"}}, "tone"),
        ({"signal": {"outputs": ["all"], "until": "noon"}}, "until"),
        ({"notify": TELL, "delay": "soon"}, "time like"),
        ({"notify": TELL, "after": "tell"}, "after"),
        ({"notify": TELL, "approve": ["the principal"]}, "selector"),
        ({"notify": TELL, "when": "always"}, "when"),
    ],
)
def test_what_a_step_may_not_say(written: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        step(**written)


@pytest.mark.parametrize("missing", ["steps", "all_clear", "correction"])
def test_a_playbook_without_a_way_back_is_none(missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        Playbook.model_validate({**BOOK, missing: []})
    with pytest.raises(ValidationError, match=missing):
        Playbook.model_validate({name: value for name, value in BOOK.items() if name != missing})


def test_every_list_is_found_by_its_phase() -> None:
    book = Playbook.model_validate({**BOOK, "all_clear": [{**STEP, "id": "b"}], "correction": [{**STEP, "id": "c"}]})
    assert [book.phase(phase)[0].id for phase in Phase] == ["tell", "b", "c"]
    assert book.step(Phase.CORRECTION, "c").id == "c"


def test_the_ladder_is_hold_secure_lockdown_and_nothing_else() -> None:
    rungs = {action: Playbook.model_validate({**BOOK, "action": str(action)}).rung for action in Action}
    assert {action for action, rung in rungs.items() if rung} == set(LADDER)
    assert rungs[Action.HOLD] < rungs[Action.SECURE] < rungs[Action.LOCKDOWN]


@pytest.mark.parametrize("severity", ["extreme", "severe", "moderate", "minor", "unknown"])
def test_severe_and_extreme_use_all_addresses_at_once(severity: str) -> None:
    book = Playbook.model_validate({**BOOK, "severity": severity})
    assert book.everyone_at_once is (severity in ("extreme", "severe"))


def test_a_published_value_cannot_be_changed() -> None:
    book = Playbook.model_validate(BOOK)
    with pytest.raises(ValidationError):
        book.title = "Q"


def test_every_field_has_words_for_what_is_not_known() -> None:
    assert {name for name, words in FIELDS.items() if not words} == {"link", "answers"}


# ------------------------------------------------------------------------------------------------------------ site


def door(**written: Any) -> Door:
    return Door.model_validate({"id": "d", "zone": "z", "side": "interior", "driver": "x", "address": "y", **written})


@pytest.mark.parametrize("egress", ["mechanical", "rex", "none"])
@pytest.mark.parametrize("side", ["exterior", "interior"])
def test_a_door_with_a_declared_way_out_may_be_locked(side: str, egress: str) -> None:
    assert door(side=side, egress=egress).commandable
    assert not door(side=side).commandable


@pytest.mark.parametrize(
    ("reentry", "egress", "may"),
    [
        ("allowed", "mechanical", True),
        ("allowed", None, False),
        ("forbidden", "rex", False),
        (None, "mechanical", False),
    ],
)
def test_a_stair_door_needs_both_declared(reentry: str | None, egress: str | None, may: bool) -> None:
    assert door(side="stair", stair_reentry=reentry, egress=egress).commandable is may


def test_a_zone_contains_its_children_and_theirs_also_in_a_circle() -> None:
    zones = [{"id": "a"}, {"id": "b", "parent": "a"}, {"id": "c", "parent": "b"}, {"id": "d"}]
    site = Site.model_validate({"site": "s", "name": "S", "zones": zones})
    assert site.zone_and_children("a") == {"a", "b", "c"}
    assert site.zone_and_children("d") == {"d"}
    round_ = Site.model_validate(
        {"site": "s", "name": "S", "zones": [{"id": "a", "parent": "b"}, {"id": "b", "parent": "a"}]}
    )
    assert round_.zone_and_children("a") == {"a", "b"}
