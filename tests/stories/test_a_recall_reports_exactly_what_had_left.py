"""Two thousand messages waiting: a recall stops what has not left and corrects exactly those that something reached."""

import pytest

from notifier.model.events import EventKind
from notifier.model.settings import Sender
from notifier.testing.schools import bend, small_school
from notifier.testing.story import SENDERS, Story, story

pytestmark = pytest.mark.timeout(180)
"""On a busy machine a server takes most of a minute for so many messages: that was why this failed now and then."""
CROWD = 2_000
SLOW_SMS = {**SENDERS, "sms": Sender(channel="twilio", uplink="cellular", rate=100.0, window=512)}


def crowded() -> dict[str, bytes]:
    """The small school with very many guardians, who are told at once."""
    files = small_school()
    people = files["contacts/people.csv"].decode()
    people += "".join(f"g{n},Guardian {n},birchwood,,,guardians,en,no,+1556{n:07d},,,,,,\n" for n in range(CROWD))
    return bend(
        {**files, "contacts/people.csv": people.encode()},
        "playbooks/lockdown.yaml",
        ("    after: [police]\n    delay: 5m\n", ""),
        ("    approve: [role:principal, role:district]\n", ""),
    )


def people_who_got(campus: Story, *words: str) -> set[str]:
    everybody = campus.campus.crowd
    return {name for name in everybody if any(everybody[name].got(one) for one in words)}


LIVE = ("LOCKDOWN", "is in lockdown since", "está en lockdown")
CORRECTED = ("mistake", "error")


async def test_a_recall_drains_the_queue_and_corrects_exactly_those_who_were_reached() -> None:
    async with story(crowded(), senders=SLOW_SMS) as campus:
        await campus.press("front-office")
        await campus.advance("8s")
        await campus.person("kim").asks_recall()
        before = len(people_who_got(campus, *LIVE))
        assert 200 < before < CROWD, before
        await campus.person("ada").approves()
        await campus.advance("40s")
        assert people_who_got(campus, *CORRECTED) == people_who_got(campus, *LIVE)
        (report,) = campus.log.told(EventKind.RECALLED)
        main = campus.log.deliveries(phase="main")
        left = [row for row in main if row["state"] in ("sent", "delivered", "read")]
        stopped = [row for row in main if row["state"] == "recalled"]
        assert (report["left"], report["stopped"]) == (len(left), len(stopped))
        assert report["may_have_left"] == 0
        assert len(left) + len(stopped) + report["failed"] == len(main)
        taken = [text for text in campus.sender("sms").sent() if not any(word in text for word in CORRECTED)]
        assert len([row for row in left if row["kind"] == "sms"]) == len(taken)
        campus.is_("closed")
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured().was_never_told_to_unlock()


async def test_no_window_of_time_ever_saw_more_than_the_sender_may() -> None:
    async with story(crowded(), senders=SLOW_SMS) as campus:
        await campus.press("front-office")
        await campus.advance("15s")
        model = campus.campus.sms["sms"]
        sizes = [(text.created, 2 if len(text.body) > 160 else 1) for text in model.texts.values()]
        sizes.sort()
        for begin in range(0, len(sizes), 500):
            start = sizes[begin][0]
            within = sum(size for at, size in sizes[begin:] if at < start + 10.0)
            assert within <= 100 * 10 + 10 + 3


async def test_police_messages_are_never_withdrawn_but_followed_by_the_correction() -> None:
    async with story() as campus:
        campus.sender("sms").fails()
        await campus.press("front-office")
        await campus.advance("2s")
        await campus.person("kim").asks_recall()
        await campus.person("ada").approves()
        await campus.advance("2s")
        campus.sender("sms").recovers()
        await campus.advance("2m")
        officer = [one.text for one in campus.phone("Officer Diaz").got(by="sms")]
        assert "is in LOCKDOWN" in officer[0]
        assert "called by mistake" in officer[1]
        campus.phone("Ben").has_not("LOCKDOWN", by="sms").has("called by mistake", by="sms")
        campus.is_("closed")
