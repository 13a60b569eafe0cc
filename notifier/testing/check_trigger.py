"""The suite that every trigger keeps: what `Trigger` promises, checked against a small fake of its far end.

    @pytest.mark.parametrize("promise", TRIGGER_PROMISES, ids=lambda promise: promise.__name__)
    async def test_keeps(promise):
        async with AcmeBroker() as far:
            await promise(lambda: Acme(far.address), far)

`make` builds a new trigger that does not listen yet. The suite stands where intake stands. A broken promise raises
`BrokenPromise` with one sentence that says what would go wrong at a school.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from notifier.engine.presses import SAME_PRESS
from notifier.errors import NotFound, Refused, StoreGone
from notifier.interfaces import Pressed, Trigger
from notifier.model.incident import Activation
from notifier.testing.scrutiny import PATIENCE, assert_hidden, listening, must, within
from notifier.testing.trigger_far_end import TriggerFarEnd, Unable

Make = Callable[[], Trigger]
Promise = Callable[[Make, TriggerFarEnd], Awaitable[None]]
ROUNDS = 4
"""Times that listening begins and ends: what is not given back shows as something that grows."""


class Intake:
    """Stands where the engine stands: takes presses, or refuses them as it is told."""

    def __init__(self) -> None:
        self.taken: list[Activation] = []
        self.refuses: Exception | None = None
        self.asked = asyncio.Event()

    async def press(self, activation: Activation) -> Pressed:
        self.asked.set()
        if self.refuses is not None:
            raise self.refuses
        self.taken.append(activation)
        return Pressed(activation.id, "incident-1", "A3CD", len(self.taken) > 1, recorded=True)


def same_press(first: Activation, again: Activation, apart: float) -> bool:
    """Whether intake makes one activation of both, `apart` seconds one after the other (`engine.presses`)."""
    if (first.source, first.drill) != (again.source, again.drill):
        return False
    if first.dedupe or again.dedupe:
        return first.dedupe == again.dedupe
    return (first.playbook, first.zone) == (again.playbook, again.zone) and apart <= SAME_PRESS


async def makes_one_activation_of_one_press(make: Make, far: TriggerFarEnd) -> None:
    async with listener(make, far) as intake:
        took = await within(far.press())
        await heard(intake, 1)
    must(took, "The press was taken and the device is told that it was not.")
    must(len(intake.taken) == 1, f"One press made {len(intake.taken)} activations.")
    _is_its_own(intake.taken[0], far)
    must(not intake.taken[0].problems, f"An honest press is told to have problems: {intake.taken[0].problems}")


async def sends_a_repetition_as_the_same_press(make: Make, far: TriggerFarEnd) -> None:
    if Unable.REPEATS in far.cannot:
        return
    async with listener(make, far) as intake:
        await within(far.press())
        await heard(intake, 1)
        await within(far.repeat())
        await within(far.say(far.noise[0]) if far.noise else asyncio.sleep(0))
    first, *others = intake.taken
    for other in others:
        must(
            same_press(first, other, far.repeats_within),
            f"The device repeats a press for {far.repeats_within} s and intake would take it for another one: "
            f"keys {first.dedupe!r} and {other.dedupe!r}.",
        )
    must(len({one.id for one in intake.taken}) == len(intake.taken), "Two activations have one id.")


async def keeps_presses_of_two_moments_apart(make: Make, far: TriggerFarEnd) -> None:
    async with listener(make, far) as intake:
        for count in (1, 2):
            await within(far.press())
            await heard(intake, count)
    first, second = intake.taken
    must(first.id != second.id, "Two presses have one id: the second could not be written down.")
    must(
        not first.dedupe or first.dedupe != second.dedupe,
        "Two presses have one key: after the first, the device is deaf.",
    )


async def starts_nothing_but_its_own_whatever_it_hears(make: Make, far: TriggerFarEnd) -> None:
    async with listener(make, far) as intake:
        for each in far.hostile:
            intake.taken.clear()
            await within(far.say(each.content))
            if each.is_a_press:
                await heard(intake, 1)
            for activation in intake.taken:
                _is_its_own(activation, far)
                must(bool(activation.problems), f"{each.content[:40]!r} cannot be understood, and no word says so.")
            must(
                len(intake.taken) == each.is_a_press,
                f"{each.content[:40]!r} makes {len(intake.taken)} activations instead of {int(each.is_a_press)}.",
            )
        intake.taken.clear()
        await within(far.press())
        await heard(intake, 1)
    must(len(intake.taken) == 1, "What came before an honest press made an activation after all.")


async def takes_nothing_else_for_a_press(make: Make, far: TriggerFarEnd) -> None:
    async with listener(make, far) as intake:
        for content in far.noise:
            await within(far.say(content))
            must(not intake.taken, f"{content[:40]!r} is no press, and it started a response.")
        await within(far.press())
        await heard(intake, 1)
    must(len(intake.taken) == 1, f"Beside one press {len(intake.taken) - 1} activations came from what is none.")


async def survives_a_far_end_that_goes_away(make: Make, far: TriggerFarEnd) -> None:
    async with listener(make, far) as intake:
        for count in (1, 2):
            await within(far.stop())
            await within(far.start())
            await within(far.reached())
            await within(far.press())
            await heard(intake, count)


async def can_begin_while_the_far_end_is_away(make: Make, far: TriggerFarEnd) -> None:
    await within(far.stop())
    async with listener(make, far, reached=False) as intake:
        await asyncio.sleep(0)
        await within(far.start())
        await within(far.reached())
        await within(far.press())
        await heard(intake, 1)


async def survives_half_a_press(make: Make, far: TriggerFarEnd) -> None:
    if Unable.BREAKS_OFF in far.cannot:
        return
    async with listener(make, far) as intake:
        await within(far.break_off())
        await within(far.reached())
        before = len(intake.taken)
        must(before <= 1, f"Half a press made {before} activations.")
        await within(far.press())
        await heard(intake, before + 1)
        for activation in intake.taken:
            _is_its_own(activation, far)


async def survives_an_engine_that_refuses(make: Make, far: TriggerFarEnd) -> None:
    async with listener(make, far) as intake:
        for refusal in (
            StoreGone("the disk hangs"),
            Refused("not now", 409),
            NotFound("no playbook"),
            OSError("fault"),
        ):
            intake.refuses = refusal
            intake.asked.clear()
            took = await within(far.press())
            await within(intake.asked.wait())
            if Unable.ANSWERS not in far.cannot:
                must(not took, f"The engine raised {type(refusal).__name__} and the device is told that it was taken.")
        intake.refuses = None
        await within(far.press())
        await heard(intake, 1)


async def ends_at_once_and_gives_everything_back(make: Make, far: TriggerFarEnd) -> None:
    counts = []
    for _ in range(ROUNDS):
        async with listener(make, far) as intake:
            await within(far.press())
            await heard(intake, 1)
        must(len(intake.taken) == 1, "After it had ended it still took presses.")
        await within(far.stop())
        await within(far.start())
        counts.append((_sockets(), len(asyncio.all_tasks())))
    must(counts[-1][0] <= counts[1][0], f"Open sockets after each round of listening: {[one for one, _ in counts]}.")
    must(counts[-1][1] <= counts[1][1], f"Tasks after each round of listening: {[one for _, one in counts]}.")


async def never_takes_live_for_drill_nor_drill_for_live(make: Make, far: TriggerFarEnd) -> None:
    async with listener(make, far) as intake:
        if Unable.DRILLS not in far.cannot:
            await within(far.drill())
            await within(far.say(far.noise[0]) if far.noise else asyncio.sleep(0))
            must(all(one.drill for one in intake.taken), "A drill came in and started a live response.")
        intake.taken.clear()
        await within(far.press())
        await heard(intake, 1)
        must(not intake.taken[-1].drill, "A live press came in and started a drill: nobody would lock a door.")


async def leaks_no_secret(make: Make, far: TriggerFarEnd) -> None:
    with listening(far.loggers) as written:
        trigger = make()
        async with listener(lambda: trigger, far) as intake:
            await within(far.press())
            await heard(intake, 1)
            for content in (*far.noise, *(each.content for each in far.hostile)):
                await within(far.say(content))
            if Unable.BREAKS_OFF not in far.cannot:
                await within(far.break_off())
            intake.refuses = OSError("fault")
            await within(far.press())
        written.extend(repr(activation) for activation in intake.taken)
        written.append(repr(trigger))
    assert_hidden(far.secrets, written)


TRIGGER_PROMISES: tuple[Promise, ...] = (
    makes_one_activation_of_one_press,
    sends_a_repetition_as_the_same_press,
    keeps_presses_of_two_moments_apart,
    starts_nothing_but_its_own_whatever_it_hears,
    takes_nothing_else_for_a_press,
    survives_a_far_end_that_goes_away,
    can_begin_while_the_far_end_is_away,
    survives_half_a_press,
    survives_an_engine_that_refuses,
    ends_at_once_and_gives_everything_back,
    never_takes_live_for_drill_nor_drill_for_live,
    leaks_no_secret,
)
"""Each needs a far end that was just entered, and leaves it in any state."""


async def check_trigger(make: Make, make_far: Callable[[], TriggerFarEnd]) -> None:
    """Every promise in turn, each on its own far end, for authors without pytest; raises the first broken one."""
    for promise in TRIGGER_PROMISES:
        async with make_far() as far:
            await promise(make, far)


@asynccontextmanager
async def listener(make: Make, far: TriggerFarEnd, *, reached: bool = True) -> AsyncIterator[Intake]:
    """A trigger that listens meanwhile; at the end it is cancelled, and must have run until then."""
    intake = Intake()
    task = asyncio.ensure_future(make().listen(intake.press))
    try:
        if reached:
            await _or_its_end(task, far.reached())
        yield intake
        await asyncio.sleep(0)
        if task.done():
            must(False, f"listen() ended by itself: {_end_of(task)}. Nothing hears the device any more.")
    finally:
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=PATIENCE)
        if done and not task.cancelled():
            with contextlib.suppress(Exception):
                task.result()
    must(bool(done), f"listen() was cancelled and still runs {PATIENCE:.0f} s later.")


async def heard(intake: Intake, count: int) -> None:
    """Returns when `count` presses have come in."""

    async def come() -> None:
        while len(intake.taken) < count:
            intake.asked.clear()
            await intake.asked.wait()

    try:
        async with asyncio.timeout(PATIENCE):
            await come()
    except TimeoutError:
        must(False, f"Somebody pressed and nothing came in: {len(intake.taken)} activations, not {count}.")


async def _or_its_end(task: asyncio.Future[None], reached: Awaitable[None]) -> None:
    waits = asyncio.ensure_future(reached)
    await asyncio.wait({task, waits}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    came = waits.done()
    if not came:
        waits.cancel()
    must(came, f"The trigger does not hear its far end: {_end_of(task) if task.done() else 'it never connected'}.")


def _end_of(task: asyncio.Future[None]) -> str:
    if task.cancelled():
        return "it was cancelled"
    error = task.exception()
    return "it returned" if error is None else f"it raised {type(error).__name__}"


def _is_its_own(activation: Activation, far: TriggerFarEnd) -> None:
    said = (activation.source, activation.playbook, activation.zone)
    must(said == (far.source, far.playbook, far.zone), f"The press of {far.source} became {said}.")
    must(not activation.drill, "A press started a drill: nobody would lock a door.")


def _sockets() -> int:
    """Open sockets of this process (proc(5)); a closed one is gone from here at once."""
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            count += str(entry.readlink()).startswith("socket:")
    return count
