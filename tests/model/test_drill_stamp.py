"""A drill is never mistaken for real, also when one part of a long SMS arrives alone or late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.model.delivery import Purpose
from notifier.model.message import STAMPS, Message, stamp_for
from notifier.model.segments import parts, segments, units

LETTERS = "ab []{}€éß\n" + "ñ" + "锁🔒" + "\ud83d"
LANGUAGES = (*STAMPS, "zh")


def drill(text: str, language: str = "en") -> Message:
    return Message("Lockdown", text, language, Purpose.EMERGENCY, drill=True)


@given(st.text(st.sampled_from(LETTERS), min_size=60, max_size=900), st.sampled_from(LANGUAGES))
def test_every_part_of_a_drill_says_so(text: str, language: str) -> None:
    sent = drill(text, language).sms_text()
    assert [part for part in parts(sent) if stamp_for(language) not in part] == []


@given(st.text(st.sampled_from(LETTERS), max_size=900))
def test_a_stamp_takes_no_word_away(text: str) -> None:
    sent = drill(text).sms_text().replace("[DRILL]", "").replace(" ", "")
    assert text.strip().replace(" ", "").replace("[DRILL]", "") in sent


def test_a_link_in_a_drill_stays_whole() -> None:
    link = "https://school.example/r/" + "Zk3vR8mT" * 4
    assert link in drill(f"锁门 {'x ' * 100}{link} 锁门").sms_text()


def test_a_short_drill_costs_one_segment() -> None:
    assert segments(drill("Lockdown. Locks, lights, out of sight.").sms_text()) == 1


@given(st.text(max_size=700))
def test_the_parts_are_the_text_and_none_is_too_long(text: str) -> None:
    cut = parts(text)
    assert "".join(cut) == text
    assert len(cut) == segments(text)
    assert len(cut) == 1 or max(units(part) for part in cut) <= 153


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("é" * 160, 1),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("锁" * 70, 1),
        ("锁" * 71, 2),
        ("🔒" * 35, 1),
        ("🔒" * 36, 2),
        ("🔒" * 67, 3),
    ],
)
def test_segments_are_counted_as_carriers_charge_them(text: str, count: int) -> None:
    """3GPP TS 23.038 and 23.040: 160 and 153 units, 70 and 67 beyond that alphabet; no sign is torn apart."""
    assert segments(text) == count


def test_stamps_do_not_double_what_a_drill_costs() -> None:
    text = "Everybody leave the building by the nearest door and meet at the flag pole. " * 6
    assert segments(drill(text).sms_text()) <= segments(text) + 1
