"""A drill is put on the calendar and taken off: every other line of the site file stays, to the byte."""

from datetime import datetime

import pytest

from notifier.files.drill_edit import added, planned, removed, when

DRILL = {"id": "december", "name": 'Lock "north" down: 1', "playbook": "lockdown", "at": "2026-12-03 10:30"}
LINE = '- {id: december, name: "Lock \\"north\\" down: 1", playbook: lockdown, at: "2026-12-03 10:30"}'
HEAD = "site: s  # ours\n"
TAIL = "\n# Who is told of what is broken\ntroubles: {to: [office]}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HEAD, f"{HEAD}drills:\n  {LINE}\n"),
        (HEAD.rstrip("\n"), f"{HEAD}drills:\n  {LINE}\n"),
        (f"{HEAD}drills: []{TAIL}", f"{HEAD}drills:\n  {LINE}{TAIL}"),
        (f"{HEAD}drills:{TAIL}", f"{HEAD}drills:\n  {LINE}{TAIL}"),
        (
            f"{HEAD}drills:\n- {{id: a, playbook: b}}  # each month{TAIL}",
            f"{HEAD}drills:\n- {{id: a, playbook: b}}  # each month\n{LINE}{TAIL}",
        ),
        (
            f"{HEAD}drills:\n    - id: a\n      tell:\n        - role:police\n    # the last{TAIL}",
            f"{HEAD}drills:\n    - id: a\n      tell:\n        - role:police\n    {LINE}\n    # the last{TAIL}",
        ),
        (f"{HEAD}drills:\n  - {{id: a}}", f"{HEAD}drills:\n  - {{id: a}}\n  {LINE}\n"),
        ("site: s\r\ndrills: []\r\n", f"site: s\r\ndrills:\r\n  {LINE}\r\n"),
    ],
)
def test_it_is_one_line_more(before: str, after: str) -> None:
    found = added(before.encode(), DRILL)
    assert found.decode() == after
    assert planned(found)[-1] == DRILL


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{HEAD}drills:\n  - {{id: december}}{TAIL}", f"{HEAD}drills: []{TAIL}"),
        (
            f"{HEAD}drills:\n  # first\n  - {{id: a}}\n  - id: december\n    name: x\n  # last\n  - {{id: b}}{TAIL}",
            f"{HEAD}drills:\n  # first\n  - {{id: a}}\n  # last\n  - {{id: b}}{TAIL}",
        ),
    ],
)
def test_it_is_taken_out_and_no_comment_with_it(before: str, after: str) -> None:
    assert removed(before.encode(), "december").decode() == after


def test_what_stands_in_one_line_is_left_to_a_person() -> None:
    for change in (lambda raw: added(raw, DRILL), lambda raw: removed(raw, "a")):
        with pytest.raises(ValueError, match="in one line"):
            change(b"drills: [{id: a}]\n")


def test_what_is_not_there_any_more_is_said() -> None:
    with pytest.raises(ValueError, match="any more"):
        removed(b"drills:\n  - {id: a}\n", "december")


@pytest.mark.parametrize(
    ("often", "said"),
    [
        ("once", {"at": "2026-12-03 09:05"}),
        ("weekly", {"cron": "5 9 * * thu"}),
        ("monthly", {"cron": "5 9 3 * *"}),
    ],
)
def test_a_day_becomes_a_time_of_the_calendar(often: str, said: dict[str, str]) -> None:
    assert when(datetime(2026, 12, 3, 9, 5), often) == said  # noqa: DTZ001 the school's own clock
