"""Below severe, people get one message by one way, and the next way only if the first failed."""

from notifier.testing.story import story


async def test_the_first_address_is_enough() -> None:
    async with story() as campus:
        await campus.press("north-hold")
        await campus.advance("30s")
        campus.phone("Ben").has("Hold", by="push", times=1).has_not("Hold", by="sms")


async def test_the_next_one_is_tried_when_it_fails() -> None:
    async with story() as campus:
        from notifier.campus.ntfy_model import PushFault

        campus.campus.push["push"].order(PushFault.MISSING)
        await campus.press("north-hold")
        await campus.advance("30s")
        for name in ("Ada", "Ben", "Carla"):
            campus.phone(name).has("Hold", by="sms", times=1)


async def test_failed_after_sent_tries_the_next_too() -> None:
    async with story() as campus:
        from notifier.campus.ntfy_model import PushFault

        campus.campus.push["push"].order(PushFault.MISSING)
        campus.campus.sms["sms"].phone("+15550100002").code = 30003
        await campus.press("north-hold")
        await campus.advance("30s")
        rows = {row["kind"]: row["state"] for row in campus.log.deliveries(person="ben")}
        assert rows == {"push": "failed", "sms": "failed"}


async def test_severe_things_go_to_all_of_them_at_once() -> None:
    async with story() as campus:
        await campus.press("gate")
        await campus.advance("1s")
        campus.phone("Ben").has("Secure", by="push", times=1).has("Secure", by="sms", times=1)
