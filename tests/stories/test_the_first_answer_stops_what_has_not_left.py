"""Who has answered is not written to again: their phone must stay silent."""

from notifier.model.settings import Sender
from notifier.testing.story import SENDERS, story

SLOW_SMS = {**SENDERS, "sms": Sender(channel="twilio", uplink="cellular", rate=1.0)}


async def test_an_answer_by_one_way_stops_the_others_of_that_person_only() -> None:
    async with story(senders=SLOW_SMS) as campus:
        campus.phone("Ben").expects_push("LOCKDOWN").replies("safe", after="0.2s")
        await campus.press("front-office")
        await campus.advance("1m")
        campus.phone("Ben").has_not("", by="sms")
        (stopped,) = campus.log.deliveries(person="ben", kind="sms")
        assert stopped["state"] == "moot"
        campus.phone("Carla").has("LOCKDOWN", by="sms", times=1)
        campus.phone("Ada").has("LOCKDOWN", by="sms", times=1)


async def test_a_call_for_help_stops_them_too() -> None:
    async with story(senders=SLOW_SMS) as campus:
        campus.phone("Carla").expects_push("LOCKDOWN").replies("need_help", after="0.2s")
        await campus.press("front-office")
        await campus.advance("1m")
        campus.phone("Carla").has_not("", by="sms")
        campus.log.has_task("need_help", "Carla Castillo")
