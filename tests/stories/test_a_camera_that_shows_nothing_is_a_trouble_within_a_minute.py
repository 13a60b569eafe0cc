"""Cameras are looked through while nothing is wrong, so that police are not shown an old picture of an empty hall."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from notifier.errors import NotFound
from notifier.model.events import EventKind
from notifier.model.rights import Caller, Right
from notifier.testing.schools import bend, small_school
from notifier.testing.story import Story, story

CAMERAS = """cameras:
  - {id: hall, zone: north, name: "North hall", driver: http_still, address: "http://10.0.0.61",
     settings: {path: "/snapshot.jpg", auth: none}}
  - {id: gate, zone: office, driver: http_still, address: "http://10.0.0.62",
     settings: {path: "/snapshot.jpg", auth: none}}

buttons:
"""
MINA = Caller("account:mina", "Mina", "mina", frozenset(Right))


@pytest.fixture
async def campus() -> AsyncIterator[Story]:
    async with story(bend(small_school(), "site.yaml", ("buttons:\n", CAMERAS))) as made:
        yield made


def on_the_page(campus: Story, camera: str) -> dict[str, Any]:
    return next(each for each in campus.daemon.views.equipment()["cameras"] if each["id"] == camera)


async def test_one_that_is_unplugged_is_a_trouble_and_clears_itself(campus: Story) -> None:
    await campus.advance("2m")
    campus.log.has_no_trouble("camera")
    campus.camera("hall").goes_dead()
    await campus.advance("60s")
    text = campus.log.has_trouble("camera", "hall")["text"]
    assert "The camera North hall:" in text
    assert "notifier cameras try hall" in text
    campus.camera("hall").mends()
    await campus.advance("30s")
    campus.log.has_no_trouble("camera")


async def test_one_that_stands_still_is_a_trouble_although_it_answers(campus: Story) -> None:
    await campus.advance("1m")
    campus.camera("hall").freezes()
    await campus.advance("60s")
    assert "frozen" in campus.log.has_trouble("camera", "hall")["text"]
    campus.camera("hall").mends()
    await campus.advance("30s")
    campus.log.has_no_trouble("camera")


async def test_one_whose_lens_is_covered_is_a_trouble_although_it_answers(campus: Story) -> None:
    await campus.advance("1m")
    campus.camera("gate").sees_nothing()
    await campus.advance("60s")
    assert "one colour all over" in campus.log.has_trouble("camera", "gate")["text"]


async def test_the_page_says_what_the_last_look_brought_and_keeps_when_a_picture_last_came(campus: Story) -> None:
    before = on_the_page(campus, "hall")
    assert (before["answers"], before["picture_at"]) == (None, None)
    await campus.advance("1m")
    well = on_the_page(campus, "hall")
    assert (well["answers"], well["size"]) == (True, "640 x 360")
    campus.camera("hall").goes_dead()
    await campus.advance("2m")
    dead = on_the_page(campus, "hall")
    assert dead["answers"] is False
    assert dead["picture_at"] <= dead["looked_at"]
    assert dead["size"] == "640 x 360"
    assert len(dead["troubles"]) == 1
    assert "cannot be reached" in dead["said"]


async def test_no_camera_is_asked_beside_a_young_response_and_each_one_afterwards(campus: Story) -> None:
    await campus.advance("1m")
    await campus.press("front-office")
    await campus.advance("5s")
    before = campus.camera("hall").model.pictures
    await campus.advance("50s")
    assert campus.camera("hall").model.pictures == before
    await campus.advance("40s")
    assert campus.camera("hall").model.pictures > before


async def test_a_try_brings_the_picture_and_the_record_holds_none(campus: Story) -> None:
    tried = await campus.daemon.commands.try_camera("hall")
    assert tried.jpeg is not None
    assert tried.jpeg.startswith(b"\xff\xd8")
    assert tried.words["size"] == "640 x 360"
    assert tried.words["age"] is None
    await campus.advance("1m")
    kept = [data for kind, data in campus.log.all_events() if kind is not EventKind.PUBLISHED]
    assert "ffd8" not in str(kept).lower()
    assert str(tried.jpeg[:40]) not in str(kept)


async def test_a_camera_that_nobody_published_is_named_with_those_there_are(campus: Story) -> None:
    with pytest.raises(NotFound, match=r"no camera 'attic'\. There are: gate, hall"):
        await campus.daemon.commands.try_camera("attic")
