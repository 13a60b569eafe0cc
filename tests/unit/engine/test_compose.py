"""How people are asked to answer, by whether the sender of their message hears a reply."""

import pytest

from notifier.engine.compose import LINK, Words, compose, message_for

LINK_OF_ADA = "https://school.example/r/abc"


def words(language: str = "en", *, link: bool, code: str | None = None) -> Words:
    texts = {"en": "Lockdown.", "es": "Cierre."}
    facts = {"incident": "K7QM"}
    return compose(texts, {}, language, facts, answers=("safe", "need_help"), with_link=link, reply_code=code)


def test_a_sender_that_hears_replies_asks_for_one() -> None:
    message = message_for(words(link=True), LINK_OF_ADA, "d1")
    assert message.text == f"Lockdown. Reply 1 SAFE, 2 NEED HELP. {LINK_OF_ADA}"


@pytest.mark.parametrize("code", [None, "K7QM"])
def test_a_sender_that_hears_none_leads_to_the_link(code: str | None) -> None:
    made = words(link=True, code=code)
    message = message_for(made, LINK_OF_ADA, "d1", heard=False, number="+15550100000")
    assert message.text == f"Lockdown. Answer by the link. {LINK_OF_ADA}"
    assert message.answers == ("safe", "need_help"), "buttons still need them"
    assert LINK in made.text


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        ("en", None, "Lockdown. Text 1 SAFE, 2 NEED HELP to +15550100000."),
        ("en", "K7QM", "Lockdown. Text K7QM 1 SAFE, K7QM 2 NEED HELP to +15550100000."),
        ("es", None, "Cierre. Envíe 1 A SALVO, 2 NECESITO AYUDA al +15550100000."),
    ],
)
def test_without_a_link_another_senders_number_is_named(language: str, code: str | None, expected: str) -> None:
    made = words(language, link=False, code=code)
    assert message_for(made, "", "d1", heard=False, number="+15550100000").text == expected


def test_where_nothing_is_heard_nothing_is_asked() -> None:
    assert message_for(words(link=False), "", "d1", heard=False).text == "Lockdown."
