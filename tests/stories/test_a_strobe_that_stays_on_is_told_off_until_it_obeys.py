"""A strobe that still flashes after the all-clear frightens people: it is somebody's task, and it is told on."""

from notifier.testing.story import Story, story


async def over(campus: Story) -> None:
    await campus.person("kim").asks_all_clear()
    await campus.person("ada").approves()
    await campus.person("kim").releases("r1", "r2", "desk")
    await campus.advance("30s")
    campus.is_("closed")


def tasks(campus: Story) -> dict[str, tuple[str, str]]:
    rows = campus.log.read("tasks_of_incident", incident=campus.incident)
    return {row["kind"]: (row["state"], row["text"]) for row in rows if row["subject"] == "strobe-north"}


async def test_it_is_named_told_on_after_the_end_and_its_task_is_done_when_it_obeys() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("10s")
        campus.signal("strobe-north").is_on().sticks()
        await over(campus)
        state, text = tasks(campus)["signal_still_on"]
        assert state == "open"
        assert "is STILL ON. Told to stop 4 times: output on." in text
        campus.signal("strobe-north").is_on().mends()
        await campus.advance("30s")
        campus.signal("strobe-north").is_off()
        state, text = tasks(campus)["signal_still_on"]
        assert state == "done"
        assert "It obeyed at last: output off." in text


async def test_one_that_does_not_come_on_is_told_on_while_the_response_lasts_and_not_after() -> None:
    async with story() as campus:
        campus.signal("strobe-north").sticks()
        await campus.press("front-office")
        await campus.advance("20s")
        assert tasks(campus)["signal_not_on"][0] == "open"
        campus.signal("strobe-north").is_off().mends()
        await campus.advance("30s")
        campus.signal("strobe-north").is_on()
        assert tasks(campus)["signal_not_on"][0] == "done"
        await over(campus)
        campus.signal("strobe-north").is_off()
        await campus.advance("2m")
        campus.signal("strobe-north").is_off()


async def test_a_new_press_takes_over_a_strobe_that_is_still_told_to_stop() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("10s")
        campus.signal("strobe-north").sticks()
        await over(campus)
        await campus.press("front-office")
        campus.signal("strobe-north").mends()
        await campus.advance("1m")
        campus.signal("strobe-north").is_on()
