"""Providers report late, twice and out of order; what is known only gets better, unless it failed."""

from notifier.campus.sms_model import Course, Habit
from notifier.model.events import EventKind
from notifier.testing.story import story


async def test_reports_out_of_order_and_twice_end_at_delivered() -> None:
    async with story() as campus:
        campus.campus.sms["sms"].habit = Habit(late={"sending": 5.0, "sent": 3.0, "queued": 8.0}, twice=True)
        await campus.press("front-office")
        await campus.advance("2s")
        assert {row["state"] for row in campus.log.deliveries(step="staff", kind="sms")} == {"delivered"}
        await campus.advance("20s")
        assert {row["state"] for row in campus.log.deliveries(step="staff", kind="sms")} == {"delivered"}


async def test_a_report_that_is_quicker_than_our_own_record_is_not_lost() -> None:
    async with story() as campus:
        campus.campus.sms["sms"].course = Course(sending=0.0, sent=0.0, delivered=0.0)
        campus.campus.sms["sms"].slow_by = 0.5
        await campus.press("front-office")
        await campus.advance("10s")
        assert {row["state"] for row in campus.log.deliveries(step="staff", kind="sms")} == {"delivered"}


async def test_sent_is_never_called_delivered() -> None:
    async with story() as campus:
        campus.campus.sms["sms"].course = Course(delivered=None)
        await campus.press("front-office")
        await campus.advance("50s")
        assert {row["state"] for row in campus.log.deliveries(step="staff", kind="sms")} == {"sent"}


async def test_failed_after_sent_is_shown_with_its_reason() -> None:
    async with story() as campus:
        campus.campus.sms["sms"].phone("+15550100002").code = 30003
        await campus.press("front-office")
        await campus.advance("10s")
        (row,) = campus.log.deliveries(person="ben", kind="sms")
        assert (row["state"], row["reason"]) == ("failed", "unreachable")
        campus.log.tells(EventKind.DELIVERIES_SETTLED, EventKind.DELIVERIES_REPORTED)


async def test_a_text_that_comes_twice_is_one_answer() -> None:
    async with story() as campus:
        campus.campus.sms["sms"].habit = Habit(twice=True)
        await campus.press("front-office")
        await campus.advance("5s")
        campus.phone("Ben").writes("1")
        await campus.advance("2s")
        (text,) = [each for each in campus.campus.sms["sms"].texts.values() if each.inbound]
        from notifier.interfaces import CallbackReply
        from notifier.model.delivery import Inbound

        again = CallbackReply(inbound=[Inbound("sms", text.sender, text.body, text.sid)])
        await campus.ask(lambda commands: commands.reported("sms", again))
        assert len(campus.log.read("answers_of_incident", incident=campus.incident)) == 1
