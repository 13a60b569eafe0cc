"""One person changed in a contacts file: what else stands in it stays, byte for byte."""

from notifier.files.contact_edit import appended, everybody, faults_in, found, ids, rewritten
from notifier.files.contacts import read_contacts

CSV = b'id,name,sms\r\nada,"Lopez, Ada",+15550100001\r\n\r\nben,"Ben\r\nBrandt",+15550100002\r\n'
YAML = b"""# The office keeps this list.
contacts:
  - id: ada   # principal
    name: "Ada Lopez"
    roles: [principal]
    sms: "+15550100001"
  - {id: ben, name: Ben Brandt, sms: "+15550100002", on_site: false}
"""


def cells(files: dict[str, bytes], person: str) -> dict[str, str]:
    place = found(files, person)
    assert place is not None
    return place[1]


def test_other_lines_of_a_table_keep_their_line_ends_quotes_and_gaps() -> None:
    after = rewritten("contacts/a.csv", CSV, "ada", {"id": "ada", "name": 'Ada "A" Lopez', "sms": "+15550100009"})
    assert after == CSV.replace(b'ada,"Lopez, Ada",+15550100001', b'ada,"Ada ""A"" Lopez",+15550100009')
    gone = rewritten("contacts/a.csv", CSV, "ben", None)
    assert gone == CSV[: CSV.index(b"ben,")]


def test_a_column_that_the_table_has_not_is_added_to_it() -> None:
    after = rewritten("contacts/a.csv", CSV, "ada", {"id": "ada", "name": "Ada", "sms": "", "email": "a@b.example"})
    people = read_contacts({"contacts/a.csv": after}, "").people
    assert people["ada"].addresses == {"email": "a@b.example"}
    assert people["ben"].addresses == {"sms": "+15550100002"}


def test_a_list_in_yaml_keeps_its_remarks_and_its_other_people() -> None:
    files = {"contacts/a.yaml": YAML}
    assert cells(files, "ben")["on_site"] == "no"
    typed = {**cells(files, "ada"), "groups": "staff;coaches", "sms": "+15550100009"}
    after = rewritten("contacts/a.yaml", YAML, "ada", typed)
    assert b"# The office keeps this list." in after
    assert b"# principal" in after
    read = read_contacts({"contacts/a.yaml": after}, "")
    assert read.faults == []
    assert read.people["ada"].groups == {"staff", "coaches"}
    assert read.people["ada"].addresses == {"sms": "+15550100009"}
    assert read.people["ben"].on_site is False
    assert ids({"contacts/a.yaml": rewritten("contacts/a.yaml", after, "ben", None)}) == {"ada"}


def test_somebody_new_stands_at_the_end_of_either() -> None:
    new = {"id": "nia", "name": "Nia", "sms": "+15550100003"}
    for path, raw in (("contacts/a.csv", CSV.rstrip()), ("contacts/a.yaml", YAML), ("contacts/b.csv", b"")):
        after = {path: appended(path, raw, new)}
        assert read_contacts(after, "").faults == []
        assert cells(after, "nia")["sms"] == "+15550100003"
        assert [one["id"] for one in everybody(after)][-1] == "nia"


def test_faults_of_a_form_stand_at_their_fields() -> None:
    wrong = faults_in({"id": "x", "name": "=1+1", "sms": "911", "language": "klingon", "roles": "a b"}, "s")
    assert wrong.keys() == {"name", "sms", "language", "roles"}
    assert "emergency number" in wrong["sms"]


def test_what_is_only_a_warning_stops_no_form() -> None:
    assert faults_in({"id": "x", "name": "Officer Diaz", "roles": "police"}, "s") == {}
