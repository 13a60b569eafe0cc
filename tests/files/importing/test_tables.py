"""Whatever program wrote the table: people come out of it, or a sentence says why not."""

import pytest

from notifier.errors import SetupError
from notifier.files.importing.headings import match
from notifier.files.importing.tables import read_table

ROWS = ("First Name", "Last Name", "Cell"), ("José", "Núñez", "555-0101"), ("Ann, B.", "O'Hara", "")


def dialect(separator: str, encoding: str, end: str = "\r\n") -> bytes:
    lines = [separator.join(f'"{cell}"' for cell in row) for row in ROWS]
    return end.join(lines).encode(encoding)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_separator_encoding_and_line_end_is_read_alike(separator: str, encoding: str, end: str) -> None:
    table = read_table("staff.csv", dialect(separator, encoding, end))
    assert table.heading == ROWS[0]
    assert [cells for _, cells in table.rows] == list(ROWS[1:])
    assert [line for line, _ in table.rows] == [2, 3]


def test_what_was_guessed_is_said() -> None:
    notes = " ".join(read_table("staff.csv", dialect(";", "cp1252")).notes)
    assert "semicolons" in notes
    assert "cp1252" in notes


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b"PK\x03\x04zip", "zip or a spreadsheet"),
        (b"name\x00\nAda", "no text"),
        (b'name\n"Ada', "cannot be read"),
        (b"x," * 400, "columns"),
        (b"a" * 33_000_000, "bytes"),
    ],
)
def test_what_is_no_table_is_refused_in_words(raw: bytes, said: str) -> None:
    with pytest.raises(SetupError) as refused:
        read_table("staff.csv", raw)
    assert said in str(refused.value.faults[0])


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        (("StaffID", "Full Name", "E-mail Address", "Mobile Phone"), {"id", "name", "email", "sms"}),
        (("Apellidos", "Nombres", "Correo electrónico", "Celular"), {"family", "given", "sms"}),
        (("sourcedId", "givenName", "familyName", "Job_Title"), {"id", "given", "family", "roles"}),
    ],
)
def test_headings_of_other_programs_are_known(heading: tuple[str, ...], found: set[str]) -> None:
    assert found <= match("x", heading, {}).of.keys()


def test_a_column_that_is_named_goes_before_one_that_is_guessed() -> None:
    columns = match("x", ("Name", "Mobile", "Work mobile"), {"sms": "Work mobile"})
    assert columns.of["sms"] == 2
    assert columns.unread == ("Mobile",)


def test_a_heading_that_is_not_there_gets_the_nearest_one() -> None:
    with pytest.raises(SetupError) as refused:
        match("x", ("Name", "Mobile"), {"sms": "Mobil"})
    assert "Did you mean `Mobile`" in str(refused.value.faults[0])


def test_a_table_without_names_says_which_headings_it_has() -> None:
    with pytest.raises(SetupError) as refused:
        match("x", ("Alpha", "Beta"), {})
    assert "Alpha, Beta" in str(refused.value.faults[0])
