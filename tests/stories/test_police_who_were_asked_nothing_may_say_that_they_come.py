"""Police get a message that asks for no answer; what they write back is read all the same."""

from notifier.testing.story import story


async def test_on_it_from_police_is_taking_it_and_no_call_for_help() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5s")
        campus.phone("Officer Diaz").writes("On it")
        await campus.advance("1s")
        rows = campus.log.read("answers_of_incident", incident=campus.incident)
        assert [(row["person"], row["answer"]) for row in rows] == [("officer", "taking_it")]
        assert campus.log.tasks("need_help") == []


async def test_what_cannot_be_read_and_what_was_not_asked_stay_calls_for_help() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("5s")
        campus.phone("Officer Diaz").writes("xqzzt")
        campus.phone("Ben").writes("On it")
        await campus.advance("1s")
        rows = campus.log.read("answers_of_incident", incident=campus.incident)
        assert {(row["person"], row["answer"]) for row in rows} == {("officer", "need_help"), ("ben", "need_help")}
