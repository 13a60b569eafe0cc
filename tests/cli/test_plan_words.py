"""A plan at a terminal: numbers that agree with their words, and nobody who is not there."""

from typing import Any

import pytest

from notifier.cli.entry import parser
from notifier.cli.plan_words import told
from notifier.testing.schools import small_school
from notifier.testing.story import story


async def lines(*, drill: bool, playbook: str = "lockdown", **changed: str) -> list[str]:
    async with story(small_school(**changed)) as campus:
        return list(told(await campus.daemon.commands.plan(playbook, None, drill)))


def of_step(said: list[str], step: str) -> list[str]:
    """A step's lines in the main phase."""
    start = next(at for at, line in enumerate(said) if f"  {step}: " in line)
    rest = said[start + 1 :]
    end = next((at for at, line in enumerate(rest) if not line.startswith(" " * 13)), len(rest))
    return [line.strip() for line in (said[start], *rest[:end])]


async def test_a_drill_says_whom_it_leaves_alone_and_promises_them_no_messages() -> None:
    said = await lines(drill=True)
    assert of_step(said, "police")[0] == "0 s  police: nobody: 1 person outside is left alone in this drill"
    assert of_step(said, "outer doors")[0].endswith("no door is told anything in this drill")
    assert of_step(said, "lights")[0].endswith("strobes and signs stay as they are in this drill")
    silence = next(line for line in of_step(said, "staff") if "no answer after" in line)
    assert silence == ("no answer after 1 min (level 1): nobody more: 3 people outside are left alone in this drill")
    assert not any(" to  by " in line or "0 messages" in line or "approves" in line for line in said)


async def test_a_live_plan_counts_in_words_that_agree() -> None:
    said = await lines(drill=False)
    assert any("page on" in line and "twice" in line for line in said)
    assert not any(f" 1 {many}" in line for line in said for many in ("messages", "people", "speakers", "times"))
    assert any("≥ 5 min" in line for line in said)


def step(**more: Any) -> dict[str, Any]:
    return {"step": "s", "deed": "notify", "begins": 0.0, "after": [], "approve": [], "to": ["group:staf"],
            "people": 0, "deliveries": 0, "escalation": [], **more}  # fmt: skip


def plan(*steps: dict[str, Any], drill: bool = False) -> dict[str, Any]:
    return {"zone": None, "drill": drill, "title": "T", "action": "hold", "phases": {"main": list(steps)},
            "warnings": []}  # fmt: skip


def test_a_step_and_a_level_that_name_nobody_say_so() -> None:
    level = {"wait": 90.0, "to": [], "by": ["sms"], "left_alone": 0}
    said = list(told(plan(step(escalation=[level]))))
    assert "s: nobody: group:staf names no person" in said[3]
    assert "no answer after 1 min 30 s (level 1): NOBODY" in said[4]


def test_a_page_that_no_speaker_sounds_is_not_counted_as_one() -> None:
    page = step(deed="announce", speakers=0, times=2, again_every=None, languages=["en"])
    assert said_of(page) == "s: a page, and no speaker sounds it"


def said_of(one: dict[str, Any]) -> str:
    return list(told(plan(one)))[3].split("  ")[-1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["channels", "--dir", "school"], "The word comes before its options: notifier channels list|try --dir …"),
        (["--dir", "school", "check"], "The word comes before its options: notifier COMMAND --dir …"),
    ],
)
def test_an_option_before_its_word_is_answered_with_their_order(
    typed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        parser().parse_args(typed)
    assert left.value.code == 2
    assert said in capsys.readouterr().err
