"""Ledger time goes on whatever the wall clock does."""

from dataclasses import replace
from pathlib import Path

import pytest

from notifier.clock import BootReading
from notifier.ledger.steady_time import Stored, has_stepped, resume, wall_step
from notifier.testing.check_ledger import note
from tests.ledger.bodies import Machine, MachineClock, opened

WALL = 1_790_000_000.0
HOUR = 3600.0


async def run_once(folder: Path, machine: Machine) -> tuple[float, float | None]:
    """Open, write one fact, close; (ledger time of opening, jump)."""
    clock = MachineClock(machine)
    async with opened(folder, clock=clock, boot=machine.reading) as ledger:
        opened_at = clock.now()
        await ledger.run(note(f"at {opened_at}"))
        return opened_at, ledger.time_jump


async def test_a_first_start_takes_the_wall(tmp_path: Path) -> None:
    assert await run_once(tmp_path, Machine(WALL)) == (WALL, None)


@pytest.mark.parametrize("step", [-30 * 24 * HOUR, -3.0, 5.0, 400 * 24 * HOUR])
async def test_within_one_boot_a_moved_wall_clock_moves_nothing(step: float, tmp_path: Path) -> None:
    machine = Machine(WALL)
    await run_once(tmp_path, machine)
    machine.passes(60)
    machine.wall += step
    assert await run_once(tmp_path, machine) == (WALL + 60, None)


async def test_a_new_boot_takes_the_wall(tmp_path: Path) -> None:
    machine = Machine(WALL)
    await run_once(tmp_path, machine)
    machine.boots_again(WALL + 2 * HOUR)
    assert await run_once(tmp_path, machine) == (WALL + 2 * HOUR, None)


async def test_a_new_boot_with_a_clock_that_lost_its_battery_goes_on_from_the_newest_time(tmp_path: Path) -> None:
    machine = Machine(WALL)
    await run_once(tmp_path, machine)
    machine.boots_again(0.0)
    assert await run_once(tmp_path, machine) == (WALL, None)
    machine.passes(10)
    assert (await run_once(tmp_path, machine))[0] == WALL + 10


@pytest.mark.parametrize(("away", "jump"), [(24 * HOUR, None), (24 * HOUR + 1, 24 * HOUR + 1), (9e8, 9e8)])
async def test_a_new_boot_more_than_a_day_ahead_is_told_as_a_jump(
    away: float, jump: float | None, tmp_path: Path
) -> None:
    machine = Machine(WALL)
    await run_once(tmp_path, machine)
    machine.boots_again(WALL + away)
    assert await run_once(tmp_path, machine) == (WALL + away, jump)


async def test_a_seal_tells_how_late_it_was_when_nothing_happened(tmp_path: Path) -> None:
    """After a quiet week a restart is not a jump of a week."""
    machine = Machine(WALL)
    clock = MachineClock(machine)
    async with opened(tmp_path, clock=clock, boot=machine.reading) as ledger:
        await ledger.run(note("r"))
        machine.passes(7 * 24 * HOUR)
        await ledger.seal()
    machine.boots_again(WALL + 7 * 24 * HOUR + 60)
    assert await run_once(tmp_path, machine) == (WALL + 7 * 24 * HOUR + 60, None)


def test_an_event_newer_than_the_stored_pair_is_the_floor() -> None:
    now = BootReading("b", 50.0, 100.0)
    assert resume(Stored(500.0, BootReading("a", 1.0, 1.0)), 700.0, now).steady == 700.0


def test_a_step_of_the_wall_is_told_apart_from_slewing_and_sleeping() -> None:
    before = BootReading("b", 1000.0, WALL)
    slept = replace(before, boottime=1000 + 8 * HOUR, wall=WALL + 8 * HOUR)
    assert not has_stepped(before, slept)
    assert not has_stepped(before, replace(slept, wall=slept.wall + 2.0))
    assert wall_step(before, replace(slept, wall=slept.wall - 5.0)) == -5.0
    assert has_stepped(before, replace(slept, wall=slept.wall - 5.0))
    assert not has_stepped(before, replace(slept, boot_id="c", wall=0.0))
