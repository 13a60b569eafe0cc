"""A page of one's own, typed or spoken, while a response runs: recorded, marked in a drill, never mixed."""

import io
import math
import struct
import wave

import pytest

from notifier.errors import NotFound, Refused
from notifier.model.events import EventKind
from notifier.model.fire_words import FireWord, not_said_in, said_in
from notifier.model.sound import LARGEST
from notifier.testing.story import Story, story


def recording(seconds: float = 1.0, rate: int = 8000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        tone = (round(9000 * math.sin(n / 7)) for n in range(int(rate * seconds)))
        wav.writeframes(struct.pack(f"<{int(rate * seconds)}h", *tone))
    return file.getvalue()


def pages(campus: Story) -> list[dict[str, object]]:
    return list(campus.daemon.views.incident(campus.incident)["pages"])


async def test_typed_words_are_said_recorded_and_no_more_than_sent() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("40s")
        outcome = await campus.person("Ada").pages("zone:north", text="Use the south exit. This is not a drill.")
        await campus.advance("30s")
        campus.speaker("north-rooms").heard("Use the south exit. This is not a drill.")
        assert not any("south exit" in said for said in campus.speaker("office-rooms").said())
        assert outcome.detail["speakers"] == ["north-rooms"]
        (typed,) = [page for page in pages(campus) if str(page["step"]).startswith("_live")]
        assert typed["state"] == "sent"
        assert typed["speakers"] == [
            {
                "id": "north-rooms",
                "name": "North wing, rooms",
                "state": "sent",
                "text": "sent; nobody has confirmed that it is heard",
            }
        ]
        (told,) = campus.log.told(EventKind.PAGE_SPOKEN)
        assert "south exit" not in str(told)


async def test_a_page_waits_for_the_sentence_of_its_own_response() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.person("Ada").pages(text="Stay where you are.")
        await campus.advance("1m")
        channel = campus.campus.speakers["pa_multicast"]
        lockdown, typed, *_ = channel.heard("north-rooms")
        assert lockdown.finished
        assert typed.finished
        assert lockdown.ended is not None
        assert typed.began >= lockdown.ended


async def test_stay_is_said_in_the_sites_languages_and_was_prepared_when_it_was_published() -> None:
    async with story() as campus:
        channel = campus.campus.speakers["pa_multicast"]
        prepared = [words for words in channel.prepared.values() if words.house == "fire_stay" and not words.drill]
        await campus.press("front-office")
        await campus.advance("40s")
        outcome = await campus.person("Ada").decides(FireWord.STAY, "north")
        await campus.advance("1m")
        assert outcome.detail["speakers"] == ["north-rooms"]
        (said,) = [page.words for page in channel.heard("north-rooms") if page.words.house]
        assert said in prepared
        assert {language: text[:8] for language, text in said.texts.items()} == {"en": "Attentio", "es": "Atención"}
        assert not any("Stay in lockdown" in text for text in campus.speaker("office-rooms").said())
        (told,) = campus.log.told(EventKind.PAGE_SPOKEN)
        assert (told["how"], told["languages"]) == ("prepared", ["en", "es"])


def test_a_site_of_other_languages_hears_the_fire_words_in_english() -> None:
    assert list(said_in(FireWord.GO, ["fr", "es-MX"])) == ["es-MX"]
    assert list(said_in(FireWord.GO, ["fr"])) == ["en"]
    assert not_said_in(["fr", "es-MX"]) == ["fr"]


async def test_in_a_drill_every_page_says_so_by_itself() -> None:
    async with story() as campus:
        await campus.drill()
        await campus.advance("40s")
        await campus.person("Ada").pages(text="Well done, north wing.")
        await campus.person("Ada").speaks("zone:north", sound=recording())
        await campus.advance("1m")
        typed, spoken = [page.words for page in campus.campus.speakers["pa_multicast"].heard("north-rooms")][-2:]
        assert typed.texts["en"].startswith("DRILL. DRILL. Well done")
        assert typed.texts["en"].endswith("DRILL.")
        assert (typed.drill, spoken.drill) == (True, True)


async def test_what_was_spoken_is_kept_for_the_owner_alone_and_named_by_its_hash() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("40s")
        await campus.person("Ada").speaks("zone:north", sound=recording())
        await campus.advance("30s")
        (kept,) = (campus.daemon.state / "live_pages").iterdir()
        assert kept.read_bytes() == recording()
        assert kept.stat().st_mode & 0o077 == 0
        (told,) = campus.log.told(EventKind.PAGE_SPOKEN)
        assert len(told["sha256"]) == 64


@pytest.mark.parametrize(
    ("sound", "content_type", "complaint"),
    [
        (b"OggS" + bytes(100), "audio/webm;codecs=opus", "audio/webm cannot be decoded here"),
        (b"not a wav at all", "audio/wav", "no WAV file"),
        (b"", "audio/wav", "empty"),
        (bytes(LARGEST + 1), "audio/basic", "2 MB"),
    ],
)
async def test_a_recording_that_cannot_be_said_is_refused_in_words(
    sound: bytes, content_type: str, complaint: str
) -> None:
    async with story() as campus:
        await campus.press("front-office")
        with pytest.raises(Refused, match=complaint):
            await campus.person("Ada").speaks(sound=sound, content_type=content_type)


async def test_a_page_for_nowhere_or_for_nothing_that_runs_is_refused() -> None:
    async with story() as campus:
        await campus.press("front-office")
        with pytest.raises(Refused, match="No speaker is at zone:moon"):
            await campus.person("Ada").pages("zone:moon", text="Hello.")
        campus.incident = "none"
        with pytest.raises(NotFound):
            await campus.person("Ada").pages(text="Hello.")


async def test_a_page_that_a_dead_daemon_left_is_not_said_again_but_told() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("40s")
        await campus.person("Ada").pages(text="Gas in the north wing, stay out.")
        await campus.restarts()
        await campus.advance("1m")
        assert sum("Gas in the north wing" in said for said in campus.speaker("north-rooms").said()) == 1
        campus.log.has_task("page_failed", "Say it again if it still holds")


async def test_somebody_who_stands_there_says_whether_it_is_heard() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("40s")
        await campus.person("Ben").hears_page("north-rooms")
        await campus.person("Ben").hears_page("office-rooms", heard=False)
        said = {each["id"]: each["text"] for each in pages(campus)[0]["speakers"]}  # type: ignore[attr-defined]  # plain JSON
        assert "heard by" in said["north-rooms"]
        assert "NOT heard" in said["office-rooms"]
        with pytest.raises(NotFound):
            await campus.person("Ben").hears_page("moon")


async def test_a_speaker_that_fails_makes_a_task_of_a_live_page() -> None:
    async with story() as campus:
        campus.speaker("north-rooms").is_dead()
        campus.speaker("office-rooms").is_dead()
        await campus.press("front-office")
        await campus.advance("40s")
        await campus.person("Ada").pages(text="Hello.")
        await campus.advance("10s")
        live = [page for page in pages(campus) if str(page["step"]).startswith("_live")]
        assert [page["state"] for page in live] == ["not_proven"]
        campus.log.has_task("page_failed", "did not leave for 2 speakers")
