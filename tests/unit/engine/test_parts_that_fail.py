"""A part of the engine that fails begins again: neither a fault of ours nor a store that is just gone ends the rest."""

import pytest

from notifier.errors import StoreGone
from notifier.model.events import EventKind
from notifier.testing.story import story


async def lives_through(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    async with story() as campus:
        await campus.press("front-office")
        ledger = campus.daemon.engine.ledger
        read, failed = ledger.read, []

        def fails_once(query: str, **args: object) -> object:
            if query == "next_due" and not failed:
                failed.append(query)
                raise error
            return read(query, **args)

        monkeypatch.setattr(ledger, "read", fails_once)
        await campus.advance("2m")
        assert failed
        assert len(campus.log.told(EventKind.ESCALATED)) == 1


async def test_timers_fire_although_the_store_was_gone_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    await lives_through(StoreGone("not ready yet"), monkeypatch)


async def test_timers_fire_after_a_fault_of_ours_which_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match=r"A part of the daemon broke.*AttributeError"):  # a story calls it one
        await lives_through(AttributeError("writer"), monkeypatch)


async def test_a_sender_goes_on_after_a_fault_of_ours_and_sends_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell() -> None:
        async with story() as campus:
            lane = campus.daemon.engine.lanes["sms"]
            set_to_work, failed = lane._set_to_work, []

            def fails_once(*args: object) -> None:
                if not failed:
                    failed.append(args)
                    raise KeyError("a fault of ours")
                set_to_work(*args)

            monkeypatch.setattr(lane, "_set_to_work", fails_once)
            await campus.press("front-office")
            await campus.advance("2m")
            assert failed
            for name in ("Ada", "Ben", "Carla"):
                campus.phone(name).has("LOCKDOWN", by="sms", times=1)

    with pytest.raises(AssertionError, match=r"A part of the daemon broke.*KeyError"):
        await tell()
