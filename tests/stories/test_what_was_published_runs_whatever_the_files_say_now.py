"""A typo at three in the morning never leaves a school without a lockdown."""

import pytest

from notifier.testing.story import story

BROKEN = {
    "a playbook that is no YAML": ("playbooks/lockdown.yaml", b"playbook: [lockdown\n  steps: }"),
    "a misspelt step": ("playbooks/lockdown.yaml", b"playbook: lockdown\nsteps:\n  - {id: a, lokc: {}}\n"),
    "a site without doors": ("site.yaml", b"site: birchwood\nname: Birchwood\n"),
    "no people": ("contacts/people.csv", b""),
    "bytes": ("site.yaml", bytes(range(256))),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_later_start_with_broken_files_runs_the_last_published_set(fault: str) -> None:
    async with story() as campus:
        path, raw = BROKEN[fault]
        (campus.folder / path).write_bytes(raw)
        await campus.restarts()
        trouble = campus.log.has_trouble("files", "edited")
        assert path in trouble["text"]
        await campus.press("front-office")
        await campus.advance("10s")
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured()
        campus.phone("Officer Diaz").has("is in LOCKDOWN")


async def test_broken_files_in_mid_incident_change_nothing_of_it() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        for path in ("site.yaml", "playbooks/lockdown.yaml", "contacts/people.csv"):
            (campus.folder / path).write_bytes(b"oops")
        await campus.restarts()
        await campus.advance("1m")
        campus.phone("Kim").has("no answer from Room 1, Room 2, Reception")
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        await campus.person("kim").releases("r1", "r2", "desk")
        await campus.advance("1m")
        campus.is_("closed")
        campus.phone("Ben").has("the lockdown ended")


async def test_files_that_are_gone_are_no_reason_either() -> None:
    async with story() as campus:
        for path in list(campus.folder.glob("playbooks/*")):
            path.unlink()
        (campus.folder / "site.yaml").unlink()
        await campus.restarts()
        await campus.press("front-office")
        await campus.advance("10s")
        campus.door("d1").is_secured()


async def test_mended_files_end_the_trouble() -> None:
    async with story() as campus:
        good = (campus.folder / "site.yaml").read_bytes()
        (campus.folder / "site.yaml").write_bytes(b"oops")
        await campus.restarts()
        campus.log.has_trouble("files")
        (campus.folder / "site.yaml").write_bytes(good)
        await campus.restarts()
        campus.log.has_no_trouble("files")
