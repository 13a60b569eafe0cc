"""Small types that people write: times with their unit, selectors, languages, needs, masked addresses, codes."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from notifier.model.incident import CODE_ALPHABET, incident_code
from notifier.model.people import AGENCY_ROLES, OUTSIDE_ROLES, Person, masked
from notifier.model.playbook import FIELDS, Acknowledge, fill
from notifier.model.words import SELECTOR_KINDS, UNITS, Duration, Identifier, Selector, Texts, text_in

duration = TypeAdapter(Duration).validate_python
selector = TypeAdapter(Selector).validate_python
identifier = TypeAdapter(Identifier).validate_python
texts = TypeAdapter(Texts).validate_python


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("5m", 300), ("1m30s", 90), ("250ms", 0.25), ("1.5h", 5400), ("2d", 172_800), (" 5s ", 5), ("0s", 0)],
)
def test_a_time_is_read_with_its_unit(written: str, seconds: float) -> None:
    assert duration(written) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "written",
    ["", "90", "s", "5 s", "5 minutes", "-5s", "5m30", "1e3s", "8:30", "s5", "5sm", "٥s", 90, 0, True, None, 90.0, 1.5,
     math.inf, math.nan, -1.0, ["5s"]],
)  # fmt: skip
def test_a_time_without_its_unit_is_refused_since_nobody_can_tell(written: Any) -> None:
    with pytest.raises(ValidationError, match="time like"):
        duration(written)


@given(st.lists(st.tuples(st.integers(0, 999_999), st.sampled_from(sorted(UNITS))), min_size=1, max_size=4))
def test_parts_of_a_time_add_up(parts: list[tuple[int, str]]) -> None:
    written = "".join(f"{number}{unit}" for number, unit in parts)
    assert duration(written) == pytest.approx(sum(number * UNITS[unit] for number, unit in parts))


@pytest.mark.parametrize(
    "written", ["all", "$zone", "unanswered", "role:police", "tag:a b", "door:d7", "side:interior"]
)
def test_selectors_are_taken_as_written(written: str) -> None:
    assert selector(written) == written


@pytest.mark.parametrize(
    "written", ["", "everyone", "All", "role:", ":x", "role", "rol:police", "$room", "role police"]
)
def test_what_is_no_selector_is_refused_with_those_that_are(written: str) -> None:
    with pytest.raises(ValidationError) as said:
        selector(written)
    assert all(f"{kind}:…" in str(said.value) for kind in SELECTOR_KINDS)


@pytest.mark.parametrize("good", ["a", "d7", "north-wing", "r_12", "7", "x" * 64])
def test_identifiers(good: str) -> None:
    assert identifier(good) == good


@pytest.mark.parametrize("bad", ["", "D7", "-a", "_a", "a b", "ä", "a.b", "x" * 65, "a\n"])
def test_what_is_no_identifier(bad: str) -> None:
    with pytest.raises(ValidationError):
        identifier(bad)


def test_a_bare_text_is_english_and_a_language_is_one() -> None:
    assert texts("Hello") == {"en": "Hello"}
    assert texts({"es-MX": "Hola"}) == {"es-MX": "Hola"}
    for wrong in ({"english": "Hello"}, {"EN": "x"}, {"e": "x"}):
        with pytest.raises(ValidationError):
            texts(wrong)


@pytest.mark.parametrize(
    ("written", "wanted", "found"),
    [
        (["en", "es"], "es", "es"),
        (["en", "es"], "es-MX", "es"),
        (["en", "es-MX"], "es-MX", "es-MX"),
        (["en", "es"], "fr", "en"),
        (["es", "fr"], "de", "es"),
    ],
)
def test_the_nearest_language_is_spoken(written: list[str], wanted: str, found: str) -> None:
    assert text_in({language: language.upper() for language in written}, wanted) == (found, found.upper())


# ------------------------------------------------------------------------------------------------------------ need


@pytest.mark.parametrize(
    ("written", "kept"), [("all", "all"), ("any", "any"), (3, "3"), ("80%", "80%"), ("100%", "100%"), ("1%", "1%")]
)
def test_a_need(written: Any, kept: str) -> None:
    assert Acknowledge(need=written).need == kept


@pytest.mark.parametrize("written", ["", "most", 0, -1, True, "101%", "0%", "00%", "%", "80", 1.5, None, "8 %"])
def test_what_is_no_need_is_refused(written: Any) -> None:
    with pytest.raises(ValidationError):
        Acknowledge.model_validate({"need": written})


# ---------------------------------------------------------------------------------------------------------- fields


def test_each_field_is_filled_or_says_its_fallback_words() -> None:
    for name, fallback in FIELDS.items():
        assert fill(f"<{{{{{name}}}}}>", {name: "known"}) == "<known>"
        assert fill(f"<{{{{ {name} }}}}>", {}) == f"<{fallback}>"
        assert fill(f"<{{{{{name}}}}}>", {name: ""}) == f"<{fallback}>"


@given(st.text(max_size=30), st.sampled_from(sorted(FIELDS)))
def test_what_a_fact_says_is_never_filled_again(fact: str, name: str) -> None:
    said = f"{{{{site}}}}{fact}"
    assert fill(f"{{{{{name}}}}}", {name: said, "site": "secret"} | {name: said}) == said


@pytest.mark.parametrize(
    "text", ["{site}", "{{Site}}", "{{}}", "{{site", "site}}", "{{1}}", "{% x %}", "{{site.name}}"]
)
def test_only_a_field_of_the_list_is_one(text: str) -> None:
    assert fill(text, {"site": "Oak"}) == text


# ---------------------------------------------------------------------------------------------------------- masked


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("+15550100142", "••• 0142"),
        ("dana@example.org", "d…@example.org"),
        ("@example.org", "…@example.org"),
        ("1234", "•••"),
        ("", "•••"),
        ("topic-of-ada", "••• -ada"),
    ],
)
def test_an_address_is_shown_as_strangers_may_see_it(address: str, shown: str) -> None:
    assert masked(address) == shown


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_no_number_is_shown_whole_nor_more_than_its_last_four(number: str) -> None:
    assert sum(sign.isdigit() for sign in masked(number)) == 4
    assert masked(number).endswith(number[-4:])


@given(st.emails())
def test_no_name_of_a_mailbox_is_shown_but_its_first_letter(address: str) -> None:
    name = address.partition("@")[0]
    assert masked(address).partition("…")[0] == name[:1]


def test_agencies_are_outside_and_their_people_are_agencies() -> None:
    assert AGENCY_ROLES <= OUTSIDE_ROLES
    for role in ("police", "ems", "fire", "dispatch", "district", "guardian", "teacher"):
        assert Person("x", "X", "oak", roles=frozenset({role})).agency is (role in AGENCY_ROLES)


# ----------------------------------------------------------------------------------------------------------- codes


@given(st.text(min_size=1, max_size=40))
def test_a_code_is_four_signs_that_cannot_be_misheard(incident: str) -> None:
    code = incident_code(incident)
    assert len(code) == 4
    assert set(code) <= set(CODE_ALPHABET)
    assert code == incident_code(incident)


def test_codes_differ_and_hold_no_sign_that_sounds_like_another() -> None:
    assert len({incident_code(f"i{number}") for number in range(500)}) > 490
    assert not set(CODE_ALPHABET) & set("0O1IL2Z5S8B6GUVQ")
    assert len(set(CODE_ALPHABET)) == len(CODE_ALPHABET)
