"""What the press pages say: only what is known, the worst first in words, nothing claimed that was not checked."""

from typing import Any

import pytest

from notifier.console.pages._press_words import deeds, joined, progress, span

WELL: dict[str, Any] = {
    "recorded": True, "drill": False, "doors": {"commanded": 24, "secured": 24}, "doors_not_secured": [],
    "pages": [{"state": "sent"}], "deliveries": {"sms": {"sent": 3, "delivered": 40}, "push": {"read": 2, "failed": 1}},
    "rooms": {"answered": 12}, "hand_off": "nobody_told", "hand_off_who": None,
}  # fmt: skip


def words(**changed: Any) -> dict[str, tuple[str, str]]:
    rows = progress({**WELL, **changed}, "10:41:52")
    return {row["what"]: (row["more"], row["kind"]) for row in rows}


def test_sent_is_not_heard_and_not_delivered() -> None:
    said = words()
    assert said["Page sent to the speakers"][0].startswith("sent is not heard")
    assert said["Messages: 45 sent, 42 delivered"] == ("12 people answered, 1 failed, next address tried", "")
    assert said["Police: no answer yet"][0] == "nobody outside has answered"


def test_a_door_that_is_not_secured_is_named_and_needs_a_person() -> None:
    open_ = [
        {"title": "D10 Corridor east", "pending": False},
        {"title": "D5 Kitchen dock", "pending": True},
    ]
    said = words(doors={"commanded": 24, "secured": 22}, doors_not_secured=open_)
    assert said["22 of 24 doors secured · 1 NOT"] == ("D10 Corridor east", "real")
    still = words(doors={"commanded": 24, "secured": 23}, doors_not_secured=open_[1:])
    assert still["23 of 24 doors secured"] == ("1 told to lock, not read back yet", "")


def test_what_is_not_written_down_is_said_loudly() -> None:
    said = words(recorded=False)
    assert said["It runs, but nothing is being written down"][1] == "fault"
    assert "Received and recorded" not in said


def test_a_page_that_did_not_leave_is_never_called_sent() -> None:
    assert words(pages=[{"state": "sent"}, {"state": "not_proven"}])["A page did NOT leave"][1] == "fault"


def step(deed: str, **more: Any) -> dict[str, Any]:
    return {"step": deed, "deed": deed, "begins": 0.0, "approve": [], **more}


def plan(*steps: dict[str, Any], drill: bool = False, outside: int = 7) -> list[str]:
    made = {"drill": drill, "reach": {"people": 52, "outside": outside}, "phases": {"main": list(steps)}}
    return [f"{line['what']}: {line['more']}" for line in deeds(made)]


def told(to: str, people: int = 4, deliveries: int = 8, **more: Any) -> dict[str, Any]:
    return step("notify", to=[to], by=["push", "sms"], people=people, deliveries=deliveries, **more)


def test_what_starting_does_is_said_line_by_line() -> None:
    said = plan(
        step("secure_doors", doors=["D1", "D2"]), step("secure_doors", doors=["D2", "D3"]),
        step("announce", speakers=12, times=2, again_every=120.0), told("group:staff", 45, 90),
        told("role:police"), told("role:district"),
        told("group:guardians", 400, 800, begins=300.0) | {"approve": ["Ann"]},
    )  # fmt: skip
    assert said == [
        "Lock 3 doors: people inside can always get out",
        "Speak on 12 speakers: twice, then every 2 minutes",
        "Message 45 staff: push and text",
        "Tell police and the district: it does not call 911: you do that next",
        "Guardians: not yet: asks for approval after 5 minutes, 400 people",
    ]


def test_a_drill_names_nobody_whom_it_does_not_tell() -> None:
    said = plan(step("secure_doors", doors=[]), told("group:staff"), told("role:police", 3, 0), drill=True, outside=0)
    assert said == [
        "Doors stay as they are: no lock is commanded",
        "Message 4 staff: push and text",
        "Nobody outside is told: call dispatch yourself before a drill",
    ]


def test_a_live_message_that_reaches_nobody_says_so() -> None:
    assert plan(told("role:police", 0, 0)) == ["Message police: reaches nobody: no address, or no sender for it"]


@pytest.mark.parametrize(
    ("seconds", "said"), [(1, "1 second"), (90, "90 seconds"), (60, "1 minute"), (300, "5 minutes")]
)
def test_spans_are_said_in_the_unit_they_were_written_in(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_lists_have_one_and() -> None:
    assert [joined([]), joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
