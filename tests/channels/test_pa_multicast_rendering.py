"""What a page sounds like: tones, voices, drills, and what is said when a voice is missing."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import math
import stat
import struct
import wave
from array import array
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from notifier.campus.rtp_listener import mu_law_level
from notifier.channels._pa import render, speech
from notifier.channels._pa.mulaw import SILENCE, decode, encode
from notifier.channels._pa.recording import BadRecording, read_recording, read_wav, resample
from notifier.channels._pa.shelf import Shelf
from notifier.channels._pa.tones import DRILL_MARKER, TONES, Note, synthesise
from notifier.channels._pa.voices import HOUSE_WORDS, SCHOOL, SCHOOL_WORDS
from notifier.interfaces import PageWords
from notifier.model.fire_words import WORDS, FireWord
from notifier.model.playbook import Announce

PACKAGE = Path(render.__file__).parent


def sine(hertz: float, rate: int, seconds: float = 0.5, level: float = 0.5) -> array[int]:
    return array(
        "h", [round(32767 * level * math.sin(2 * math.pi * hertz * n / rate)) for n in range(round(rate * seconds))]
    )


def strength(samples: array[int], hertz: float) -> float:
    """How much of `hertz` is in 8 kHz `samples`: 1 is a full-scale sine (Goertzel by definition)."""
    turn = 2 * math.pi * hertz / 8000
    across = sum(sample * math.cos(turn * n) for n, sample in enumerate(samples))
    along = sum(sample * math.sin(turn * n) for n, sample in enumerate(samples))
    return 2 * math.hypot(across, along) / len(samples) / 32767


def wav(samples: array[int], rate: int, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        each = [sample for sample in samples for _ in range(channels)]
        made = {
            1: lambda: bytes((sample >> 8) + 128 for sample in each),
            2: lambda: struct.pack(f"<{len(each)}h", *each),
            3: lambda: b"".join(struct.pack("<i", sample << 8)[:3] for sample in each),
            4: lambda: struct.pack(f"<{len(each)}i", *(sample << 16 for sample in each)),
        }
        out.writeframes(made[width]())
    return file.getvalue()


# ------------------------------------------------------------------------------------------------------- mu-law


def test_every_code_decodes_as_an_independent_listener_decodes_it() -> None:
    assert list(decode(bytes(range(256)))) == [mu_law_level(code) for code in range(256)]


def test_coding_loses_no_more_than_the_standard_allows() -> None:
    samples = array("h", range(-32635, 32636, 7))
    for sample, back in zip(samples, decode(encode(samples)), strict=True):
        assert abs(sample - back) <= max(8, abs(sample) / 16)


def test_every_level_codes_to_itself_again() -> None:
    codes = bytes(code for code in range(256) if code != 0x7F)  # 0x7F is the other zero
    assert encode(decode(codes)) == codes


def test_silence_is_the_code_that_speakers_know_as_silence() -> None:
    assert encode(array("h", [0])) == bytes([SILENCE]) == b"\xff"


# ------------------------------------------------------------------------------------------------------- tones


def test_there_is_a_tone_for_every_word_that_a_playbook_may_use() -> None:
    assert set(TONES) == set(Announce.model_fields["tone"].annotation.__args__)  # type: ignore[union-attr]  # the annotation is a Literal, known from playbook.py


def on_and_off(notes: tuple[Note, ...]) -> list[tuple[bool, float]]:
    """The rhythm as heard: (sounding, seconds), taken from the samples and not from the table."""
    samples = synthesise(notes)
    loud = [max(map(abs, samples[at : at + 80])) > 1000 for at in range(0, len(samples) - 79, 80)]
    return [(sounding, len(list(run)) / 100) for sounding, run in itertools.groupby(loud)]


@pytest.mark.parametrize("name", [*TONES, "drill marker"])
def test_no_tone_is_the_rhythm_of_a_listed_alarm(name: str) -> None:
    rhythm = on_and_off(DRILL_MARKER if name == "drill marker" else TONES[name])
    half_seconds = [sounding and 0.4 <= seconds <= 0.6 for sounding, seconds in rhythm]
    tenths = [sounding and 0.08 <= seconds <= 0.12 for sounding, seconds in rhythm]
    assert sum(half_seconds) < 3, "three half-second pulses: temporal-3 says evacuate"
    assert sum(tenths) != 4, "four tenth-second pulses: temporal-4 says carbon monoxide"


@pytest.mark.parametrize("name", sorted(set(TONES) - {"none"}))
def test_every_tone_is_loud_unclipped_and_within_what_a_speaker_carries(name: str) -> None:
    samples = synthesise(TONES[name])
    decibels = 20 * math.log10(max(map(abs, samples)) / 32767)
    assert -3.5 < decibels < -2.5
    assert all(300 <= hertz <= 3400 for note in TONES[name] for hertz in (note.start, note.end))
    crossings = sum((a < 0) != (b < 0) for a, b in itertools.pairwise(samples))
    sounding = sum(note.seconds for note in TONES[name])
    assert 300 <= crossings / 2 / sounding <= 3400


def test_no_two_tones_are_alike() -> None:
    heard = {
        name: (round(sum(n.seconds + n.pause for n in notes), 2), [(n.start, n.end) for n in notes])
        for name, notes in TONES.items()
    }
    assert all(heard[a] != heard[b] for a, b in itertools.combinations(heard, 2))


# ------------------------------------------------------------------------------------------------------- recordings


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 32000, 44100, 48000])
@pytest.mark.parametrize(("channels", "width"), [(1, 1), (1, 2), (2, 2), (1, 3), (2, 4)])
def test_a_recording_of_any_ordinary_form_keeps_its_pitch_and_gets_the_loudness_of_the_tones(
    rate: int, channels: int, width: int
) -> None:
    samples = read_wav(wav(sine(1000, rate, 0.2, 0.2), rate, channels, width), "voice.wav")
    assert abs(len(samples) - 1600) <= 1
    assert strength(samples[200:1400], 1000) == pytest.approx(0.708, abs=0.04)


def test_what_a_telephone_band_cannot_carry_does_not_fold_back_as_a_whistle() -> None:
    folded = resample(sine(5000, 44100), 44100)
    assert strength(folded, 3000) < 0.005
    kept = resample(sine(2500, 44100), 44100)
    assert strength(kept[200:-200], 2500) == pytest.approx(0.5, abs=0.02)


def test_a_mu_law_and_an_extensible_file_are_read_too() -> None:
    body = encode(sine(1000, 8000))
    mu_law = struct.pack("<HHIIHH", 7, 1, 8000, 8000, 1, 8)
    linear = struct.pack("<4000h", *sine(1000, 8000))
    extensible = struct.pack("<HHIIHHHHIH14s", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4, 1, b"")
    for form, data in ((mu_law, body), (extensible, linear)):
        chunks = (
            b"fmt "
            + struct.pack("<I", len(form))
            + form
            + b"LIST\x03\x00\x00\x00abc\x00data"
            + struct.pack("<I", len(data))
            + data
        )
        samples = read_wav(b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks, "voice.wav")
        assert strength(samples, 1000) == pytest.approx(0.708, abs=0.02)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "not a WAV file"),
        (b"ID3\x04 this is an MP3 file", "not a WAV file"),
        (wav(sine(1000, 8000), 8000)[:30], "damaged"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt \x02\x00\x00\x00\x01\x00data\x00\x00\x00\x00", "damaged"),
        (wav(array("h", [0] * 8000), 8000), "silent"),
        (wav(array("h"), 8000), "silent"),
        (wav(sine(1000, 8000, 0.01), 8000, 6), "6 channels"),
        (wav(sine(1000, 8000, 0.1), 1000), "1000 samples a second"),
        (wav(sine(1000, 8000, 61), 8000), "61 s long"),
        (wav(sine(1000, 8000), 8000).replace(b"\x01\x00\x01\x00", b"\x11\x00\x01\x00", 1), "format 17"),
    ],
)
def test_a_recording_that_cannot_be_said_is_refused_with_what_to_do(data: bytes, complaint: str) -> None:
    with pytest.raises(BadRecording, match=complaint) as raised:
        read_wav(data, "voice.wav")
    assert "voice.wav" in str(raised.value)
    assert any(advice in str(raised.value) for advice in ("Save it as", "Record it again", "Cut it"))


@pytest.mark.parametrize("name", [*SCHOOL_WORDS, *HOUSE_WORDS])
def test_every_spoken_word_that_ships_can_be_said(name: str) -> None:
    folder = SCHOOL if name in SCHOOL_WORDS else PACKAGE
    assert 0.5 < len(read_recording(folder / f"{name}.wav")) / 8000 < 12


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_recorded_lockdown_says_what_the_demo_school_has_written(language: str) -> None:
    playbook = yaml.safe_load((SCHOOL.parent / "playbooks/lockdown.yaml").read_text())
    say = next(step["announce"]["say"] for step in playbook["steps"] if "announce" in step)
    written = say[language].replace("¡", "")
    assert " ".join(text for _, text in SCHOOL_WORDS[f"lockdown_{language}"]) == written


@pytest.mark.parametrize("word", FireWord)
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_recorded_words_of_a_fire_alarm_are_those_that_the_board_shows(word: FireWord, language: str) -> None:
    assert " ".join(text for _, text in HOUSE_WORDS[f"fire_{word}_{language}"]) == WORDS[word][language]


# ------------------------------------------------------------------------------------------------------- pages


@pytest.fixture
def voice(tmp_path: Path) -> str:
    path = tmp_path / "voice.wav"
    path.write_bytes(wav(sine(1000, 16000), 16000))
    return str(path)


@pytest.fixture
def program(tmp_path: Path) -> str:
    """A speech program that writes down what it is asked and says a sine."""
    (tmp_path / "said.wav").write_bytes(wav(sine(700, 22050, 1.0), 22050))
    path = tmp_path / "speaker"
    path.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path}/asked\ncat >> {tmp_path}/heard\ncat {tmp_path}/said.wav\n'
    )
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


def page(
    texts: dict[str, str], recordings: dict[str, str] | None = None, *, drill: bool = False, times: int = 1
) -> PageWords:
    return PageWords("key", "lockdown", texts, recordings or {}, times, drill)


def test_a_recorded_voice_goes_before_a_synthetic_one(voice: str, program: str) -> None:
    rendered = render.render(page({"en": "Words."}, {"en": voice}), program)
    assert rendered.warnings == ()
    said = decode(rendered.audio)[-4000:-2000]
    assert strength(said, 1000) > 10 * strength(said, 700)


def test_a_synthetic_voice_is_named_as_the_fallback_it_is(voice: str, program: str) -> None:
    rendered = render.render(page({"en": "Words.", "es": "Palabras."}, {"en": voice}), program)
    assert len(rendered.warnings) == 1
    assert "no recording for es" in rendered.warnings[0]
    assert "synthetic" in rendered.warnings[0]
    assert rendered.voiceless == ()


def test_without_any_voice_the_tone_sounds_and_the_warning_says_what_to_do() -> None:
    rendered = render.render(page({"en": "Words."}), "")
    assert rendered.voiceless == ("en",)
    assert any("install espeak-ng" in warning and "record" in warning for warning in rendered.warnings)
    assert encode(synthesise(TONES["lockdown"])) in rendered.audio


def test_a_bad_recording_leaves_the_words_to_the_synthetic_voice_and_says_why(tmp_path: Path, program: str) -> None:
    (tmp_path / "bad.wav").write_bytes(b"ID3 an MP3 file with another name")
    rendered = render.render(page({"en": "Words."}, {"en": str(tmp_path / "bad.wav")}), program)
    assert strength(decode(rendered.audio)[-6000:-3000], 700) > 0.3
    assert any("bad.wav is not a WAV file" in warning and "synthetic" in warning for warning in rendered.warnings)


@pytest.mark.parametrize("word", FireWord)
def test_words_of_the_house_are_spoken_in_both_languages_where_nothing_can_speak(word: FireWord) -> None:
    both = PageWords("key", "attention", WORDS[word], {}, 1, False, house=f"fire_{word}")
    rendered = render.render(both, "")
    assert (rendered.warnings, rendered.voiceless) == ((), ())
    voices = [read_recording(PACKAGE / f"fire_{word}_{language}.wav") for language in ("en", "es")]
    assert len(rendered.audio) > sum(map(len, voices))
    assert render.render(replace(both, house=""), "").voiceless == ("en", "es")


def test_tone_and_every_language_are_said_as_often_as_asked(voice: str) -> None:
    once = render.render(page({}, {"en": voice, "es": voice}), "")
    thrice = render.render(page({}, {"en": voice, "es": voice}, times=3), "")
    tone, word = encode(synthesise(TONES["lockdown"])), encode(read_recording(Path(voice)))
    assert (once.audio.count(tone), once.audio.count(word)) == (1, 2)
    assert (thrice.audio.count(tone), thrice.audio.count(word)) == (3, 6)
    assert thrice.audio.index(tone) < thrice.audio.index(word)


def test_a_page_without_tone_and_voice_still_sounds() -> None:
    rendered = render.render(PageWords("key", "none", {"en": "Words."}, {}, 1, drill=False), "")
    assert encode(synthesise(TONES["attention"])) in rendered.audio


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_drill_begins_and_ends_with_its_marker_and_its_spoken_word(voice: str, language: str, recorded: bool) -> None:
    words = page({language: "Words."}, {language: voice} if recorded else {}, drill=True)
    audio = render.render(words, "").audio
    marker = encode(synthesise(DRILL_MARKER))
    word = encode(read_recording(PACKAGE / f"drill_{language}.wav"))
    tone = encode(synthesise(TONES["lockdown"]))
    assert audio.startswith(marker)
    assert audio.rstrip(b"\xff\x7f").endswith(marker.rstrip(b"\xff\x7f"))
    assert audio.index(word) < audio.index(tone) < audio.rindex(word)


def test_a_live_page_says_nothing_of_a_drill(voice: str) -> None:
    audio = render.render(page({}, {"en": voice}), "").audio
    assert encode(synthesise(DRILL_MARKER)) not in audio
    assert encode(read_recording(PACKAGE / "drill_en.wav")) not in audio


def test_a_drill_in_a_language_without_a_drill_word_and_voice_says_the_english_one() -> None:
    audio = render.render(page({"vi": "Words."}, drill=True), "").audio
    assert encode(read_recording(PACKAGE / "drill_en.wav")) in audio


# ------------------------------------------------------------------------------------------------------- synthesis


def test_no_text_can_become_an_option_or_a_command(tmp_path: Path, program: str) -> None:
    text = "-w /tmp/x; $(touch " + str(tmp_path) + "/owned) `id` [[phonemes]]"
    speech.speak(program, "en", text)
    assert text[:20] in (tmp_path / "heard").read_text()
    assert "[" not in (tmp_path / "heard").read_text()
    assert "x" not in (tmp_path / "asked").read_text().split()
    assert not (tmp_path / "owned").exists()


def test_a_text_that_is_too_long_is_cut_at_a_word_and_the_author_is_told(tmp_path: Path, program: str) -> None:
    rendered = render.render(page({"en": "word " * 300}), program)
    heard = (tmp_path / "heard").read_text()
    assert len(heard) <= speech.LONGEST_TEXT
    assert heard.endswith("word")
    assert any("shorten it" in warning for warning in rendered.warnings)


@pytest.mark.parametrize(
    ("script", "complaint"),
    [("exit 3", "has no voice"), ("exit 0", "said nothing"), ("sleep 9", "did not finish"), (None, "is installed")],
)
def test_a_speech_program_that_fails_leaves_the_tone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, complaint: str
) -> None:
    monkeypatch.setattr(speech, "TIME_LIMIT", 0.2)
    path = tmp_path / "speaker"
    if script is not None:
        path.write_text(f"#!/bin/sh\n{'exec ' if 'sleep' in script else ''}{script}\n")
        path.chmod(0o755)
    rendered = render.render(page({"en": "Words."}), str(path))
    assert any(complaint in warning for warning in rendered.warnings)
    assert encode(synthesise(TONES["lockdown"])) in rendered.audio


# ------------------------------------------------------------------------------------------------------- the shelf


def shelf(folder: Path, program: str = "") -> Shelf:
    return Shelf(folder, program)


def put(path: str, content: bytes | None) -> None:
    if content is None:
        Path(path).unlink()
    else:
        Path(path).write_bytes(content)


def taken(path: str) -> bytes:
    return Path(path).read_bytes()


def sounds_below(folder: Path) -> set[Path]:
    return {path.parent for path in folder.rglob("*.ulaw")}


async def test_a_page_is_rendered_once_and_its_warnings_are_remembered(tmp_path: Path, program: str) -> None:
    first, _ = await shelf(tmp_path / "audio", program).prepare(page({"en": "Words."}), ())
    asked = (tmp_path / "asked").read_text()
    again, _ = await shelf(tmp_path / "audio", program).prepare(page({"en": "Words."}), ())
    assert list(first) == list(again) != []
    assert (tmp_path / "asked").read_text() == asked


async def test_a_new_recording_under_the_old_name_is_a_new_page(tmp_path: Path, voice: str) -> None:
    kept = shelf(tmp_path / "audio")
    await kept.prepare(page({}, {"en": voice}), ())
    before = kept.audio["key"]
    put(voice, wav(sine(500, 8000), 8000))
    await kept.prepare(page({}, {"en": voice}), ())
    assert kept.audio["key"] != before


async def test_a_recording_that_vanished_goes_on_speaking_and_is_missed(
    tmp_path: Path, voice: str, program: str
) -> None:
    kept = shelf(tmp_path / "audio", program)
    await kept.prepare(page({"en": "Words."}, {"en": voice}), ())
    before = kept.audio["key"]
    put(voice, None)
    warnings, _ = await kept.prepare(page({"en": "Words."}, {"en": voice}), ())
    assert kept.audio["key"] == before
    assert any("is gone" in warning and "voice.wav" in warning for warning in warnings)


async def test_a_voice_installed_later_is_used_at_the_next_publishing(tmp_path: Path, program: str) -> None:
    voiced = taken(program)
    put(program, b"#!/bin/sh\nexit 1\n")
    kept = shelf(tmp_path / "audio", program)
    await kept.prepare(page({"en": "Words."}), ())
    silent = kept.audio["key"]
    put(program, voiced)
    await kept.prepare(page({"en": "Words."}), ())
    assert len(kept.audio["key"]) > len(silent) + 7000


@pytest.mark.parametrize("damage", ["cut", "note gone", "note garbled"])
async def test_a_damaged_cache_is_rendered_again(tmp_path: Path, voice: str, damage: str) -> None:
    folder = tmp_path / "audio"
    await shelf(folder).prepare(page({}, {"en": voice}), ())
    sound, note = folder / "key.ulaw", folder / "key.json"
    whole = sound.read_bytes()
    if damage == "cut":
        sound.write_bytes(whole[:100])
    elif damage == "note gone":
        note.unlink()
    else:
        note.write_text(json.dumps(["not", "a", "note"]))
    kept = shelf(folder)
    await kept.prepare(page({}, {"en": voice}), ())
    assert kept.audio["key"] == whole == sound.read_bytes()


async def test_a_full_disk_leaves_the_page_ready_and_says_so(tmp_path: Path, voice: str) -> None:
    (tmp_path / "audio").write_text("a file where the folder should be")
    kept = shelf(tmp_path / "audio")
    warnings, _ = await kept.prepare(page({}, {"en": voice}), ())
    assert len(kept.audio["key"]) > 8000
    assert any("cannot be kept on disk" in warning for warning in warnings)


async def test_a_key_from_outside_cannot_leave_the_folder(tmp_path: Path) -> None:
    words = PageWords("../../owned", "hold", {}, {}, 1, drill=False)
    await shelf(tmp_path / "a" / "audio").prepare(words, ())
    assert sounds_below(tmp_path) == {tmp_path / "a" / "audio"}


async def test_words_of_a_moment_ago_do_not_stand_in_line_behind_a_publication(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = asyncio.Event()

    async def slow(words: PageWords, program: str) -> render.Rendered:
        if not words.live:
            await released.wait()
        return render.Rendered(b"\xff" * 160, (), ())

    monkeypatch.setattr("notifier.channels._pa.shelf.render_aside", slow)
    kept = shelf(tmp_path)
    async with asyncio.TaskGroup() as published:
        for n in range(4):
            published.create_task(kept.prepare(PageWords(f"page-{n}", "attention", {}, {}, 1, drill=False), ()))
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await kept.prepare(PageWords("now", "attention", {}, {}, 1, drill=False, live=True), ())
        assert list(kept.audio) == ["now"]
        released.set()
