"""What a text message means: digits in the order of the answers, words, codes, cards; whatever is not read is help."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.engine.acknowledgements import plain, read_text

ASKED = ("safe", "need_help")
DISTRICT = ("taking_it", "safe", "cannot_come")
CODES, CARDS = ("ACDE", "FHJK"), ("CARD1", "4711")


def read(text: str, answers: tuple[str, ...] = ASKED) -> tuple[str, bool]:
    reading = read_text(text, answers, CODES, CARDS)
    return reading.answer, reading.certain


@pytest.mark.parametrize("answers", [ASKED, DISTRICT, ("need_help", "safe")])
def test_digits_follow_the_order_of_the_answers(answers: tuple[str, ...]) -> None:
    assert [read(str(digit), answers) for digit in range(1, len(answers) + 1)] == [(each, True) for each in answers]


@pytest.mark.parametrize("text", ["0", "3", "12", "1.5", "99999999999999", "9" * 5000])
def test_a_number_that_is_no_answer_is_help_to_check(text: str) -> None:
    assert read(text, ASKED) == ("need_help", False)


@pytest.mark.parametrize("text", ["1", " 1 ", "1.", "1!", "1 safe", "1 SAFE", "SAFE", "Safe.", "sáfe", "a salvo",
                                  "A SALVO!", "¡A salvo!", "estamos bien", "OK", "we are safe"])  # fmt: skip
def test_safe_is_read_without_case_accents_and_punctuation(text: str) -> None:
    assert read(text) == ("safe", True)


@pytest.mark.parametrize("text", ["HELP", "help!", "Ayuda", "¡AYUDA!", "SOS", "911", "9-1-1", "S.O.S.", "2",
                                  "need help", "please help us", "NECESITO AYUDA", "ayúda"])  # fmt: skip
def test_calls_for_help_are_read_as_such(text: str) -> None:
    assert read(text) == ("need_help", True)


@pytest.mark.parametrize("text", ["HELP", "AYUDA", "SOS", "911"])
@pytest.mark.parametrize("answers", [ASKED, DISTRICT, ("yes", "no"), ()])
def test_the_words_for_help_are_certain_whatever_was_asked(text: str, answers: tuple[str, ...]) -> None:
    assert read(text, answers) == ("need_help", True)


@pytest.mark.parametrize("text", ["", "?", "👍", "where are you", "not safe", "he is here", "锁门", "\x00", "…"])
def test_what_cannot_be_read_is_help_to_check(text: str) -> None:
    assert read(text) == ("need_help", False)


@pytest.mark.parametrize(
    "text", ["1 kid is bleeding", "1 shooter", "1 2", "1 not safe", "12 kids 1 hurt", "1 dead", "1 need help"]
)
def test_a_digit_with_other_words_is_never_taken_for_safe(text: str) -> None:
    assert read(text)[0] == "need_help"


@pytest.mark.parametrize("text", ["taking it", "on it", "voy"])
def test_an_answer_that_nobody_asked_for_is_not_one(text: str) -> None:
    assert read(text, DISTRICT) == ("taking_it", True)
    assert read(text, ASKED) == ("need_help", False)


def test_an_answer_of_the_playbooks_own_is_read_by_its_name() -> None:
    assert read("Cannot come!", DISTRICT) == ("cannot_come", True)
    assert read("3 cannot come", DISTRICT) == ("cannot_come", True)


@pytest.mark.parametrize(
    ("text", "code", "card", "answer"),
    [
        ("ACDE 1", "ACDE", None, "safe"),
        ("acde 2", "ACDE", None, "need_help"),
        ("FHJK safe", "FHJK", None, "safe"),
        ("ACDE: 1", "ACDE", None, "safe"),
        ("card1 1", None, "CARD1", "safe"),
        ("CARD1", None, "CARD1", "need_help"),
        ("4711 1", None, "4711", "safe"),
        ("ACDE CARD1 2", "ACDE", "CARD1", "need_help"),
        ("card1 acde 1", "ACDE", "CARD1", "safe"),
        ("XXXX 1", None, None, "need_help"),
        ("1 ACDE", "ACDE", None, "safe"),
    ],
)
def test_a_code_names_the_incident_and_a_card_names_the_room(
    text: str, code: str | None, card: str | None, answer: str
) -> None:
    reading = read_text(text, ASKED, CODES, CARDS)
    assert (reading.code, reading.card, reading.answer) == (code, card, answer)


texts = st.text(max_size=40) | st.text(st.sampled_from("0129１²①፩ ACDEcard.!áé"), max_size=12)


@given(texts, st.sampled_from([ASKED, DISTRICT, ()]))
@example("፩", ASKED)  # a digit that is none for int()
def test_every_text_is_read_as_something(text: str, answers: tuple[str, ...]) -> None:
    reading = read_text(text, answers, CODES, CARDS)
    assert reading.answer in {*answers, "need_help"}
    assert reading.certain or reading.answer == "need_help"
    assert reading.rest == text


CASES = st.sampled_from([str.upper, str.title, str.lower])
ENDS = st.sampled_from(["", " ", "!", "…", " .", "?!", "\n"])


@given(st.sampled_from(["safe", "a salvo", "help", "1", "2", "taking it"]), CASES, ENDS, ENDS)
def test_case_and_punctuation_change_nothing(text: str, case: Callable[[str], str], before: str, after: str) -> None:
    assert read(f"{before}{case(text)}{after}", DISTRICT) == read(text, DISTRICT)


@given(texts)
def test_plain_is_plain_already_the_second_time(text: str) -> None:
    assert plain(plain(text)) == plain(text)
