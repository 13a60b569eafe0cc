"""The process that looks at what people type: beside every press, bounded, without secrets, and started again."""

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from notifier import adapters
from notifier.daemon.checking import person_of, row_of
from notifier.daemon.checking_child import CheckingChild, Limits
from notifier.daemon.checks import Checks, shas_of
from notifier.errors import Refused, SetupError
from notifier.files.load import load
from notifier.model.incident import Activation
from notifier.testing.schools import small_school
from tests.console.browser import ADMIN, OnlineSchool, school_online
from tests.files.hostile import HOSTILE

LOCKDOWN = "playbooks/lockdown.yaml"
HEAD = "id,name,site,room,roles,groups,language,on_site,sms,push,email,voice\n"
TICKS = os.sysconf("SC_CLK_TCK")


def with_people(many: int) -> dict[str, bytes]:
    rows = (f"g{n},Guardian {n},,,guardian,guardians,en,no,+1555{n:07},,g{n}@example.org,\n" for n in range(many))
    return {**small_school(), "contacts/guardians.csv": (HEAD + "".join(rows)).encode()}


def child_of(school: OnlineSchool) -> CheckingChild:
    return school.daemon.checks._child


def editing_of(school: OnlineSchool) -> Any:
    return school.daemon.server._parts.editing


async def started(child: CheckingChild) -> int:
    """Its process, in the middle of the first job."""
    while child.pid is None:  # noqa: ASYNC110 it is set in a moment, by nothing that could be awaited
        await asyncio.sleep(0)
    return child.pid


def used_by(pid: int) -> float:
    """Seconds of processor of another process (proc(5), stat: utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def told_of(pid: int) -> tuple[dict[str, str], bytes, set[str]]:
    """(status and limits, environment, open files) of another process (proc(5))."""
    lines = [line for name in ("status", "limits") for line in Path(f"/proc/{pid}/{name}").read_text().splitlines()]
    said = {line.partition(":")[0]: line.partition(":")[2].strip() for line in lines[:60]}
    said |= {line[:26].strip(): line[26:].split()[0] for line in lines if line.startswith("Max ")}
    opened = {str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()}
    return said, Path(f"/proc/{pid}/environ").read_bytes(), opened


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_presses_are_answered_while_a_draft_of_20000_people_is_checked(tmp_path: Path) -> None:
    async with school_online(tmp_path, with_people(20_000)) as school:
        editing, child, commands = editing_of(school), child_of(school), school.daemon.commands
        before = process_time()
        look = asyncio.create_task(editing.rehearse({}, LOCKDOWN))
        pid = await started(child)
        os.kill(pid, signal.SIGSTOP)  # in the middle, for as long as this takes
        for number in range(5):
            pressed = await commands.press(Activation(f"a{number}", f"account:{number}", "hold", None), ADMIN)
            assert pressed.recorded
            assert not look.done()
        os.kill(pid, signal.SIGCONT)
        seen = await look
        ours, theirs = process_time() - before, used_by(pid)
        assert seen.live["phases"]["main"]
        assert child.pid == pid
        assert theirs > ours, f"the check took {theirs} s of its own process and {ours} s of the daemon's"


async def test_what_it_says_is_what_the_daemon_would_have_found(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        daemon, editing = school.daemon, editing_of(school)
        seen = await editing.rehearse({}, LOCKDOWN)
        held = daemon.engine.desk.held
        here = load(small_school(), adapters.Installed(), daemon.settings.senders, allow_addresses=())
        assert seen.faults == here.faults
        assert seen.playbook == held.playbooks["lockdown"]
        for drill, there in ((False, seen.live), (True, seen.drill)):
            plan = await daemon.commands.plan("lockdown", None, drill)
            same = {"people": plan["reach"], "silent": plan["zones_silent"], "warnings": plan["warnings"]}
            assert same == {"people": there["reach"], "silent": there["zones_silent"], "warnings": there["warnings"]}
            for phase, steps in plan["phases"].items():
                assert [step["step"] for step in steps] == [step["step"] for step in there["phases"][phase]]
                assert [step.get("by_kind") for step in steps] == [
                    step.get("by_kind") for step in there["phases"][phase]
                ]


async def test_what_is_published_through_it_holds_everybody_as_they_were_written(tmp_path: Path) -> None:
    people = (
        HEAD.strip() + ",chat,consent,agreement_who,agreement_date,agreement_tested\n"
        "ada,Ada Ashe,,r1,principal,staff,es,yes,+15550100001,t-ada,ada@example.org,,,email,,,\n"
        "pd,Desk,,,police,,en,no,+15550100002,,pd@example.org,,,,Chief Lowell,2026-01-02,2026-02-03\n"
    )
    async with school_online(tmp_path) as school:
        files = {**small_school(), "contacts/more.csv": people.replace("ada,", "ada2,").replace("pd,", "pd2,").encode()}
        held = await school.daemon.checks.checked(files, 3)
        here = load(files, adapters.Installed(), school.daemon.settings.senders, allow_addresses=())
        assert not here.errors
        assert dict(held.people) == here.people
        assert held.people["pd2"].agreement is not None
        assert (held.site, dict(held.playbooks), held.version) == (here.site, here.playbooks, 3)
        with pytest.raises(SetupError) as refused:
            await school.daemon.checks.checked({**files, LOCKDOWN: b"playbook: lockdown\n"}, 4)
        assert {fault.file for fault in refused.value.faults} == {LOCKDOWN}


def test_a_person_goes_over_the_line_and_comes_back_the_same() -> None:
    for person in load(small_school(), adapters.Installed(), {}).people.values():
        assert person_of(row_of(person)) == person


async def test_hostile_drafts_are_answered_in_words_and_presses_beside_them(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        editing = editing_of(school)
        for number, (what, (raw, words)) in enumerate(HOSTILE.items()):
            look = asyncio.create_task(editing.rehearse({"playbooks/bad.yaml": raw}, "playbooks/bad.yaml"))
            pressed = await school.daemon.commands.press(
                Activation(f"a{number}", f"account:{number}", "hold", None), ADMIN
            )
            assert pressed.recorded
            seen = await look
            assert any(words in f"{fault.text} {fault.advice}" for fault in seen.faults), what
            assert seen.playbook is None
        assert child_of(school).starts == 1


# ------------------------------------------------------------------------------------------------- the process itself


def job_of(checks: Checks) -> dict[str, Any]:
    return checks._job("look", 1, path=LOCKDOWN)


async def ask(child: CheckingChild, job: Mapping[str, Any], files: Mapping[str, bytes], **more: Any) -> dict[str, Any]:
    return await child.ask(job, files, shas_of(files), **more)


async def test_of_several_looks_of_one_editor_only_the_newest_is_waited_for(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        child, job, files = child_of(school), job_of(school.daemon.checks), small_school()
        first = asyncio.create_task(ask(child, job, files, editor="mina"))
        pid = await started(child)
        os.kill(pid, signal.SIGSTOP)
        older = asyncio.create_task(ask(child, job, files, editor="mina"))
        other = asyncio.create_task(ask(child, job, files, editor="odalys"))
        await asyncio.sleep(0)
        newest = asyncio.create_task(ask(child, job, files, editor="mina"))
        with pytest.raises(Refused, match="A newer one of yours"):
            await older
        os.kill(pid, signal.SIGCONT)
        for one in (first, other, newest):
            assert (await one)["faults"] is not None


async def test_what_is_published_goes_before_looks_and_looks_do_not_queue_without_end(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        child, job, files = child_of(school), job_of(school.daemon.checks), small_school()
        child.limits = replace(child.limits, waiting=2)
        ended: list[str] = []

        async def one(name: str, **more: Any) -> None:
            await ask(child, job, files, **more)
            ended.append(name)

        first = asyncio.create_task(one("first"))
        pid = await started(child)
        os.kill(pid, signal.SIGSTOP)
        waiting = [asyncio.create_task(one(name)) for name in ("second", "third")]
        await asyncio.sleep(0)
        with pytest.raises(Refused, match="Many drafts are being looked at"):
            await ask(child, job, files)
        waiting.append(asyncio.create_task(one("publishing", urgent=True)))
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGCONT)
        await asyncio.gather(first, *waiting)
        assert ended == ["first", "publishing", "second", "third"]


async def test_a_process_that_was_killed_is_said_and_started_again(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        child, job, files = child_of(school), job_of(school.daemon.checks), small_school()
        look = asyncio.create_task(ask(child, job, files))
        os.kill(await started(child), signal.SIGKILL)
        with pytest.raises(Refused, match="has ended in the middle; it is started again") as refused:
            await look
        assert refused.value.status == 503
        assert (await ask(child, job, files))["live"]
        assert child.starts == 2


async def test_a_look_that_waits_for_nothing_is_ended_after_its_time(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        child, job, files = child_of(school), job_of(school.daemon.checks), small_school()
        await ask(child, job, files)
        pid = child.pid
        assert pid is not None
        usual, child.limits = child.limits, Limits(processor=0.1, for_a_megabyte=0, patience=1)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(Refused, match="took longer than"):
            await ask(child, job, files)
        assert not lives(pid)
        child.limits = usual
        assert (await ask(child, job, files))["live"]


async def test_a_look_that_takes_too_much_of_the_processor_is_ended_by_the_kernel(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        child, job = child_of(school), job_of(school.daemon.checks)
        child.limits = Limits(processor=0.01, for_a_megabyte=0, patience=6000)
        with pytest.raises(Refused, match=r"took longer than 0 seconds of computing"):
            await ask(child, job, with_people(100_000))


async def test_a_look_that_takes_too_much_memory_is_ended_and_the_next_one_works(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        roomy, job = child_of(school), job_of(school.daemon.checks)
        await ask(roomy, job, small_school())
        assert roomy.pid is not None
        taken = int(told_of(roomy.pid)[0]["VmPeak"].split()[0]) * 1024
        child = CheckingChild(Limits(memory=taken + 12 * 2**20))
        try:
            with pytest.raises(Refused, match="took more memory than it may have"):
                await ask(child, job, with_people(60_000))
            assert (await ask(child, job, small_school()))["live"]
        finally:
            await child.close()


async def test_a_look_that_is_given_up_leaves_no_answer_for_the_next_one(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        child, job, files = child_of(school), job_of(school.daemon.checks), small_school()
        look = asyncio.create_task(ask(child, job, files))
        await started(child)
        look.cancel()
        with pytest.raises(asyncio.CancelledError):
            await look
        broken = {**files, LOCKDOWN: b"playbook: lockdown\n"}
        assert (await ask(child, job, broken))["live"] is None


async def test_it_is_handed_no_secret_no_store_and_no_way_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_TOKEN", "made-up-secret")
    async with school_online(tmp_path) as school:
        child, job = child_of(school), job_of(school.daemon.checks)
        assert "settings" not in str(job["senders"])
        await ask(child, job, small_school())
        pid = child.pid
        assert pid is not None
        said, environment, opened = told_of(pid)
        assert b"made-up-secret" not in environment
        assert {one.partition(":")[0] for one in opened} == {"socket", "/dev/null"}
        assert len(opened) == 2
        assert said["Max file size"] == "0"
    assert not lives(pid), "it ends with the daemon"
