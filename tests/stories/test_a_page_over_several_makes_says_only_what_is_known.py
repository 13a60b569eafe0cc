"""One page over speakers of several makes: what the board says of each is what is known, and no more."""

from collections.abc import Mapping

from notifier.model.events import EventKind
from notifier.testing.schools import small_school
from notifier.testing.story import Story, story

MORE = """
  - {id: hall-algo, zone: north, channel: algo, address: "http://10.0.9.1"}
  - {id: gym-algo, zone: north, channel: algo, address: "http://10.0.9.2"}
  - {id: yard-algo, zone: office, channel: algo, address: "http://10.0.9.3"}
  - {id: phones, zone: office, channel: poly_page, address: "25"}
"""


def mixed_school() -> dict[str, bytes]:
    files = dict(small_school())
    site = files["site.yaml"].decode()
    before, speakers, after = site.partition("speakers:\n")
    lines = after.splitlines(keepends=True)
    end = next(n for n, line in enumerate(lines) if not line.startswith("  - "))
    files["site.yaml"] = (before + speakers + "".join(lines[:end]) + MORE.lstrip("\n") + "".join(lines[end:])).encode()
    return files


def speakers(campus: Story) -> Mapping[str, str]:
    pages = campus.daemon.views.incident(campus.incident)["pages"]
    first = [page for page in pages if page["phase"] == "main" and ":" not in page["step"]]
    return {each["id"]: each["state"] for page in first for each in page["speakers"]}


async def test_each_speaker_stands_with_what_is_known_of_it() -> None:
    async with story(mixed_school()) as campus:
        algo = campus.campus.speakers["algo"]
        algo.down.add("gym-algo")
        algo.mute.add("yard-algo")
        await campus.press("front-office")
        await campus.advance("30s")
        assert speakers(campus) == {
            "north-rooms": "sent",
            "office-rooms": "sent",
            "phones": "sent",
            "hall-algo": "playing",
            "gym-algo": "failed",
            "yard-algo": "not_playing",
        }
        campus.log.has_task("page_not_playing", "yard-algo (Current Action: idle)")
        campus.log.has_task("page_failed", "did not get to gym-algo")


async def test_repeats_go_out_by_every_make_until_the_all_clear_and_then_all_fall_silent() -> None:
    async with story(mixed_school()) as campus:
        await campus.press("front-office")
        await campus.advance("5m")
        said = {name: len(campus.speaker(name).said()) for name in ("north-rooms", "hall-algo", "phones")}
        assert min(said.values()) >= 2
        assert len(set(said.values())) == 1
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        await campus.person("ada").releases(override="seen")
        await campus.advance("2m")
        (stopped,) = campus.log.told(EventKind.PAGE_STOPPED)
        assert stopped["still_on"] == []
        assert set(stopped["silent"]) == {"hall-algo", "gym-algo", "yard-algo"}
        after = {name: len(campus.speaker(name).said()) for name in said}
        await campus.advance("10m")
        assert {name: len(campus.speaker(name).said()) for name in said} == after


async def test_a_speaker_that_goes_on_after_the_end_is_still_on_and_somebodys_task() -> None:
    async with story(mixed_school()) as campus:
        await campus.press("front-office")
        await campus.advance("30s")
        campus.campus.speakers["algo"].stuck.add("hall-algo")  # type: ignore[attr-defined]  # these are the telling ones
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        await campus.person("ada").releases(override="seen")
        await campus.advance("2m")
        campus.log.has_task("speaker_still_on", "hall-algo is STILL ON")
        (stopped,) = campus.log.told(EventKind.PAGE_STOPPED)
        assert stopped["still_on"] == ["hall-algo"]
