"""A drill's stamp in every field, segment and language, whatever an author or an adapter does; and what SMS costs."""

import dataclasses
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.model.delivery import Purpose
from notifier.model.message import STAMPS, Message, stamp_for
from notifier.model.segments import GSM7, UCS2, encoding_of, first_foreign, parts, segments, units

texts = st.text(max_size=400)
languages = st.sampled_from([*STAMPS, "es-MX", "zh", "", "EN"])
anything: dict[str, st.SearchStrategy[Any]] = {
    "title": texts,
    "text": texts,
    "language": languages,
    "purpose": st.sampled_from(Purpose),
    "severity": texts,
    "action": texts,
    "incident": texts,
    "link": texts,
    "answers": st.lists(texts, max_size=3).map(tuple),
    "quiet": st.booleans(),
    "collapse": texts,
}


STAMPED_ALREADY: dict[str, Any] = {
    **dict.fromkeys(("severity", "action", "incident", "link", "collapse"), ""),
    "title": "DRILL",
    "text": "DRILL: DRILL",
    "language": "en",
    "purpose": Purpose.EMERGENCY,
    "answers": (),
    "quiet": False,
}


def test_every_field_of_a_message_is_tried() -> None:
    assert set(anything) | {"drill"} == {field.name for field in dataclasses.fields(Message)}


@given(st.fixed_dictionaries(anything))
@example(STAMPED_ALREADY)
def test_no_argument_takes_the_stamp_off(fields: dict[str, Any]) -> None:
    sent = Message(**fields, drill=True)
    word = stamp_for(fields["language"])
    assert sent.purpose is Purpose.DRILL
    assert sent.title.startswith(word)
    assert sent.text.startswith(word)
    assert sent.title.endswith((word, f"({word})"))
    assert sent.text.endswith((word, f"({word})"))
    assert all(word in part for part in parts(sent.sms_text()))


@given(st.fixed_dictionaries(anything), texts)
def test_a_copy_with_other_words_is_stamped_again_and_cannot_become_live(fields: dict[str, Any], other: str) -> None:
    sent = Message(**fields, drill=True)
    word = stamp_for(fields["language"])
    assert dataclasses.replace(sent, text=other, title=other).text.startswith(word)
    assert word in dataclasses.replace(sent, drill=False).text
    with pytest.raises(dataclasses.FrozenInstanceError):
        sent.text = other  # type: ignore[misc]  # what the test is about


@given(st.fixed_dictionaries(anything))
def test_a_live_message_is_what_was_written(fields: dict[str, Any]) -> None:
    sent = Message(**fields, drill=False)
    assert (sent.text, sent.title, sent.sms_text(), sent.purpose) == (
        fields["text"],
        fields["title"],
        fields["text"],
        fields["purpose"],
    )


@pytest.mark.parametrize(
    ("language", "word"),
    [("en", "DRILL"), ("es", "SIMULACRO"), ("es-MX", "SIMULACRO"), ("fr", "EXERCICE"), ("zh", "DRILL"), ("", "DRILL")],
)
def test_each_language_has_its_word_and_the_others_the_english_one(language: str, word: str) -> None:
    assert stamp_for(language) == word


# -------------------------------------------------------------------------------- SMS, 3GPP TS 23.038 and TS 23.040

BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà"
EXTENDED = "\f^{}\\[~]|€"
FOREIGN = "çáíóúÁÍÓÚëïŽ`–—“”’…锁🔒\t"


@pytest.mark.parametrize("sign", BASIC)
def test_a_sign_of_the_basic_table_takes_one_unit(sign: str) -> None:
    assert (encoding_of(sign), units(sign), first_foreign(sign)) == (GSM7, 1, "")


@pytest.mark.parametrize("sign", EXTENDED)
def test_a_sign_of_the_extension_table_takes_two(sign: str) -> None:
    assert (encoding_of(sign), units(sign), first_foreign(sign)) == (GSM7, 2, "")


@pytest.mark.parametrize("sign", FOREIGN)
def test_any_other_sign_makes_the_whole_text_ucs2(sign: str) -> None:
    assert encoding_of(f"abc{sign}") == UCS2
    assert first_foreign(f"abc{sign}xyz") == sign
    assert units(sign) == (2 if ord(sign) > 0xFFFF else 1)


def test_the_tables_hold_128_signs_without_the_escape() -> None:
    gsm = [chr(number) for number in range(0x3000) if encoding_of(chr(number)) == GSM7]
    assert sum(units(sign) == 1 for sign in gsm) == 127
    assert {sign for sign in gsm if units(sign) == 2} == set(EXTENDED)


@pytest.mark.parametrize(
    ("text", "count"),
    [("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("a" * 459, 3), ("a" * 460, 4), ("[" * 80, 1),
     ("[" * 81, 2), ("[" * 152, 2), ("[" * 153, 3), ("á" * 70, 1), ("á" * 71, 2), ("á" * 134, 2), ("á" * 135, 3),
     ("🔒" * 35, 1), ("🔒" * 66, 2), ("🔒" * 67, 3)],
)  # fmt: skip
def test_segments_at_every_edge(text: str, count: int) -> None:
    assert segments(text) == count


@given(st.text(st.sampled_from("ab[€á锁🔒"), max_size=400))
def test_parts_hold_the_text_and_no_part_is_too_long(text: str) -> None:
    cut = parts(text)
    encoding = encoding_of(text)
    single, several = (160, 153) if encoding == GSM7 else (70, 67)
    assert "".join(cut) == text
    assert all(units(part, encoding) <= (single if len(cut) == 1 else several) for part in cut)
    assert all(part for part in cut) or text == ""
