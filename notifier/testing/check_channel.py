"""The suite that every channel keeps: what `Channel` promises, checked against a small fake of its far end.

    @pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
    async def test_keeps(promise):
        async with AcmeServer() as far:
            await promise(lambda: Acme("acme", Acme.Settings(url=far.url, timeout="500ms"), tools), far)

`make` builds a new channel that is not open yet, with time limits far below `PATIENCE`. A broken promise raises
`BrokenPromise` with one sentence that says what would go wrong at a school.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable

from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Ask3, CanBeAsked, Channel
from notifier.model.delivery import Purpose, Receipt
from notifier.model.message import STAMPS, Message, stamp_for
from notifier.testing.far_end import Far, FarEnd
from notifier.testing.scrutiny import PATIENCE, BrokenPromise, failure_of, listening, must, opened, within

# A wall reading before any attempt of a test: the year 2001.
LONG_AGO = 1e9

Make = Callable[[], Channel]
Promise = Callable[[Make, FarEnd], Awaitable[None]]


def message(
    language: str = "en", *, drill: bool = False, text: str = "Keep out of sight. Reply 1 if you are safe."
) -> Message:
    """The words that the suite sends."""
    return Message("Lockdown", text, language, Purpose.EMERGENCY, drill, incident="K7QM", answers=("safe", "need_help"))


async def hands_over_and_gives_a_receipt(make: Make, far: FarEnd) -> None:
    async with opened(make) as channel:
        receipt = await _send(channel, far.good_address)
    must(isinstance(receipt, Receipt), f"send() returned {type(receipt).__name__} instead of a Receipt.")
    must(len(far.taken()) == 1, f"The far end took {len(far.taken())} messages for one send().")
    must(far.taken()[0].address == far.good_address, "The message went to another address.")
    must(_carries(far, message().text), "The words on the wire are not the words that were handed over.")


async def gives_every_message_its_own_ref(make: Make, far: FarEnd) -> None:
    async with opened(make) as channel:
        first, second = await _send(channel, far.good_address), await _send(channel, far.good_address)
    must(len(far.taken()) == 2, "The second of two messages with equal words did not leave.")
    must(not first.ref or first.ref != second.ref, "Two messages have one ref: reports could not be told apart.")


async def says_how_long_to_wait_when_busy(make: Make, far: FarEnd) -> None:
    error = await _error_of(make, far, Far.BUSY)
    if error is None:
        return
    must(isinstance(error, TryAgain), f"A busy far end is a TryAgain, not a {type(error).__name__}: {error}")
    after = error.after if isinstance(error, TryAgain) else None
    must(after == far.busy_delay, f"The far end asked for {far.busy_delay} s; the channel says {after}.")


async def refuses_a_bad_address_for_good(make: Make, far: FarEnd) -> None:
    if far.bad_address is None:
        return
    async with opened(make) as channel:
        error = await _failure(channel, far.bad_address)
    must(
        isinstance(error, WillNotWork) and error.reason is Reason.BAD_ADDRESS,
        f"A bad address is WillNotWork(BAD_ADDRESS), so that the next one is tried; it was {error!r}.",
    )


async def says_that_credentials_are_refused(make: Make, far: FarEnd) -> None:
    error = await _error_of(make, far, Far.STRANGER)
    must(
        error is None or (isinstance(error, WillNotWork) and error.reason is Reason.CREDENTIALS),
        f"Refused credentials are WillNotWork(CREDENTIALS), so that a technician is woken; it was {error!r}.",
    )


async def does_not_know_what_became_of_a_hang(make: Make, far: FarEnd) -> None:
    for how in (Far.HANGS, Far.TAKES_AND_HANGS):
        error = await _error_of(make, far, how)
        must(
            error is None or isinstance(error, OutcomeUnknown),
            f"No answer to a request that left is OutcomeUnknown, never a {type(error).__name__}: it may have arrived.",
        )


async def tries_again_when_nobody_listens(make: Make, far: FarEnd) -> None:
    await far.stop()
    async with opened(make) as channel:
        error = await _failure(channel, far.good_address)
    must(isinstance(error, TryAgain), f"Nothing left, so it is a TryAgain; it was {error!r}.")


async def raises_adapter_errors_only(make: Make, far: FarEnd) -> None:
    for how in (Far.BROKEN, Far.NONSENSE, Far.RESET):
        error = await _error_of(make, far, how)
        must(
            how is not Far.RESET or error is None or isinstance(error, (OutcomeUnknown, TryAgain)),
            f"A dropped connection is never for good: {error!r}.",
        )


async def stamps_a_drill_in_each_language(make: Make, far: FarEnd) -> None:
    async with opened(make) as channel:
        for language in (*STAMPS, "xx"):
            word = stamp_for(language)
            await _send(channel, far.good_address, message(language, drill=True))
            taken = far.taken()[-1]
            must(word in taken.text, f"A drill in {language!r} left without {word!r} in its text.")
            must(
                taken.title is None or word in taken.title,
                f"A drill in {language!r} left without {word!r} in its title.",
            )
        await _send(channel, far.good_address, message())
        last = far.taken()[-1]
    must(
        not any(word in f"{last.title} {last.text}" for word in STAMPS.values()),
        "A live message left with a drill's stamp on it.",
    )


async def carries_every_script(make: Make, far: FarEnd) -> None:
    text = 'Ciérrela ya. Закройте дверь. 锁门 🔒\nÜbung? Nein: "echt" & <jetzt> 100 %'
    async with opened(make) as channel:
        await _send(channel, far.good_address, message("es", text=text))
    must(_carries(far, text), "Letters beyond ASCII, line ends or signs did not arrive as they were written.")


async def survives_hostile_words(make: Make, far: FarEnd) -> None:
    """A typed message may hold anything; it is sent as well as may be or refused, and never changes another part."""
    async with opened(make) as channel:
        for text in (
            "\x00\x07\x1b[2J",
            "half \ud83d a sign",
            "A\r\nTo: all\r\n\r\nB",
            '"}, {"x": "',
            " ",
            "x" * 20_000,
        ):
            before = len(far.taken())
            try:
                await _send(channel, far.good_address, message(text=text))
            except AdapterError:
                continue
            except (ValueError, TypeError, LookupError) as error:
                raise BrokenPromise(
                    f"Strange words raise {type(error).__name__} instead of an AdapterError."
                ) from error
            new = far.taken()[before:]
            must(
                [taken.address for taken in new] == [far.good_address], "Strange words changed whom a message goes to."
            )


async def leaks_nothing(make: Make, far: FarEnd) -> None:
    words = message(text="Wolves at the north gate")
    with listening(far.loggers) as written:
        for how in Far:
            error = await _error_of(make, far, how, words)
            if error is not None:
                written.append("".join(traceback.format_exception(error)))
        if far.bad_address is not None:
            async with opened(make) as channel:
                error = await _failure(channel, far.bad_address, words)
                written.extend(["".join(traceback.format_exception(error)), repr(channel), str(channel)])
                written.append(repr(getattr(channel, "settings", None)))
                written.append((await channel.check()).text)
    seen = "\n".join(written)
    hidden = {"a secret": far.secrets, "a full address": (far.good_address, far.bad_address or far.good_address)}
    for what, values in {**hidden, "the words of a message": (words.text,)}.items():
        for value in values:
            where = next((line for line in seen.splitlines() if value in line), "")
            must(not where, f"{what} can be read in an error, a log line or a repr: {where.replace(value, '<here>')}")


async def can_be_cancelled(make: Make, far: FarEnd) -> None:
    async with opened(make) as channel:
        for how in (Far.HANGS, Far.TAKES_AND_HANGS):
            if how in far.cannot:
                continue
            far.behave(how)
            sending = asyncio.ensure_future(channel.send(far.good_address, message(), "d1"))
            # Far enough that a request may be on the wire; both before and after are cancelled somewhere in a suite.
            await asyncio.sleep(0.02)
            sending.cancel()
            done, _ = await asyncio.wait([sending], timeout=PATIENCE)
            must(bool(done), "send() goes on although it was cancelled.")
            must(sending.cancelled(), "send() swallowed its cancellation.")
        far.behave(Far.WELL)
        await _send(channel, far.good_address)


async def works_again_after_the_far_end_restarted(make: Make, far: FarEnd) -> None:
    async with opened(make) as channel:
        await _send(channel, far.good_address)
        await far.stop()
        await _failure(channel, far.good_address)
        await far.start()
        before = len(far.taken())
        # A kept connection may only be found dead by using it: that is an honest TryAgain or OutcomeUnknown.
        for _ in range(3):
            try:
                await _send(channel, far.good_address)
                break
            except AdapterError as error:
                must(not isinstance(error, WillNotWork), f"A restart of the far end is not for good: {error}")
        must(len(far.taken()) > before, "The channel stays dead after the far end was restarted.")


async def checks_without_sending(make: Make, far: FarEnd) -> None:
    async with opened(make) as channel:
        health = await within(channel.check())
        must(health.well, f"check() says that a well far end is not: {health.text}")
        must(health.text != "", "check() says nothing to the technician.")
        for how in (Far.STRANGER, Far.BROKEN, Far.HANGS):
            if how in far.cannot:
                continue
            far.behave(how)
            health = await within(channel.check())
            must(not health.well, f"check() says that a far end is well that is {how}.")
        far.behave(Far.WELL)
        await far.stop()
        health = await within(channel.check())
        must(not health.well and health.text != "", "check() says that a far end is well that does not listen.")
    must(not far.taken(), "check() sent a message.")


async def can_be_opened_while_the_far_end_is_down(make: Make, far: FarEnd) -> None:
    await far.stop()
    async with opened(make) as channel:
        await far.start()
        await _send(channel, far.good_address)


async def says_what_became_of_an_unknown_attempt(make: Make, far: FarEnd) -> None:
    """Only for channels that can be asked."""
    async with opened(make) as channel:
        if not isinstance(channel, CanBeAsked):
            return
        for how, expected in ((Far.HANGS, Ask3.NOT_FOUND), (Far.TAKES_AND_HANGS, Ask3.FOUND)):
            if how in far.cannot:
                continue
            words = message(text=f"It {how}")
            far.behave(how)
            await _failure(channel, far.good_address, words)
            answer, receipt = await within(channel.find(far.good_address, words, "d1", LONG_AGO))
            must(answer is Ask3.CANNOT_SAY, f"The far end does not answer, and find() says {answer}.")
            far.behave(Far.WELL)
            answer, receipt = await within(channel.find(far.good_address, words, "d1", LONG_AGO))
            must(answer is expected, f"After the far end {how}, find() says {answer} instead of {expected}.")
            must((receipt is not None) == (expected is Ask3.FOUND), "A receipt stands beside FOUND, and only there.")
        await far.stop()
        answer, _ = await within(channel.find(far.good_address, message(), "d1", LONG_AGO))
        must(answer is Ask3.CANNOT_SAY, f"Nobody listens, and find() says {answer}: that would cost a double or a gap.")


CHANNEL_PROMISES: tuple[Promise, ...] = (
    hands_over_and_gives_a_receipt,
    gives_every_message_its_own_ref,
    says_how_long_to_wait_when_busy,
    refuses_a_bad_address_for_good,
    says_that_credentials_are_refused,
    does_not_know_what_became_of_a_hang,
    tries_again_when_nobody_listens,
    raises_adapter_errors_only,
    stamps_a_drill_in_each_language,
    carries_every_script,
    survives_hostile_words,
    leaks_nothing,
    can_be_cancelled,
    works_again_after_the_far_end_restarted,
    checks_without_sending,
    can_be_opened_while_the_far_end_is_down,
    says_what_became_of_an_unknown_attempt,
)
"""Each needs a far end that was just started, and leaves it in any state."""


async def check_channel(make: Make, make_far: Callable[[], FarEnd]) -> None:
    """Every promise in turn, each with its own far end, for authors without pytest; raises the first broken one.

    `make` must reach whichever far end was made last.
    """
    for promise in CHANNEL_PROMISES:
        async with make_far() as far:
            await promise(make, far)


async def _send(channel: Channel, address: str, words: Message | None = None) -> Receipt:
    return await within(channel.send(address, words or message(), "d1"))


async def _failure(channel: Channel, address: str, words: Message | None = None) -> AdapterError:
    return await failure_of(_send(channel, address, words), "send")


async def _error_of(make: Make, far: FarEnd, how: Far, words: Message | None = None) -> AdapterError | None:
    """What send() raises when the far end behaves like `how`; None if it cannot, or if nothing is wrong then."""
    if how in far.cannot:
        return None
    far.behave(how)
    async with opened(make) as channel:
        if how is Far.WELL:
            await _send(channel, far.good_address, words)
            return None
        error = await _failure(channel, far.good_address, words)
    far.behave(Far.WELL)
    return error


def _carries(far: FarEnd, text: str) -> bool:
    return text in far.taken()[-1].text.replace("\r\n", "\n")
