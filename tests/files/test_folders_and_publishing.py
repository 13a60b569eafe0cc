"""A folder becomes bytes by path, and what is published is known by its content."""

import json
from pathlib import Path

import pytest

from notifier.errors import SetupError
from notifier.files.folder import MOST_FILES, read_folder, write_folder
from notifier.files.publishing import differs, manifest, stamp
from notifier.files.schema import schemas
from tests.files.a_school import read, school


def test_a_folder_gives_what_is_published_and_nothing_else(tmp_path: Path) -> None:
    ours = ["site.yaml", "playbooks/a.yaml", "playbooks/now.wav", "contacts/p.csv", "contacts/p.yaml"]
    others = ["settings.yaml", "playbooks/notes.txt", "playbooks/deep/b.yaml", "state/notifier.db", ".env"]
    for name in ours + others:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    assert read_folder(tmp_path) == {name: name.encode() for name in ours}


def test_a_file_that_is_nearly_ours_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks/lockdown.yml").touch()
    with pytest.raises(SetupError, match=r"playbooks/lockdown\.yml:1:1: error: The name ends in \.yml"):
        read_folder(tmp_path)
    faults = read({**school(), "contacts/more.yaml": b"[]"}).errors
    assert [fault.file for fault in faults] == ["contacts/more.yaml"]


def test_a_folder_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="notifier init DIR"):
        read_folder(tmp_path / "none")


def test_too_large_and_too_many_files_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks/large.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(SetupError, match=r"playbooks/large\.yaml:1:1: error: The file has 1,000,001 bytes"):
        read_folder(tmp_path)
    (tmp_path / "playbooks/large.yaml").unlink()
    for number in range(MOST_FILES + 1):
        (tmp_path / f"playbooks/p{number}.yaml").touch()
    with pytest.raises(SetupError, match=f"more than {MOST_FILES} files"):
        read_folder(tmp_path)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_folder(tmp_path, school())
    assert read_folder(tmp_path) == school()
    write_folder(tmp_path, school())
    write_folder(tmp_path, school(hold="changed"), overwrite=True)
    assert read_folder(tmp_path)["playbooks/hold.yaml"] == b"changed"


@pytest.mark.parametrize("name", ["../out.yaml", "/etc/out.yaml", "a/../../out.yaml", ""])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "school"
    with pytest.raises(SetupError, match="leads out of the folder"):
        write_folder(inside, {"site.yaml": b"x", name: b"x"})
    assert list(tmp_path.rglob("*.yaml")) == []


def test_the_stamp_is_of_content_and_names_alone() -> None:
    files = {"b": b"2", "a": b"1"}
    assert stamp(files) == stamp(dict(reversed(files.items()))) == stamp({"a": b"1", "b": b"2"})
    assert len({stamp(files), stamp({"a": b"1"}), stamp({"a": b"1", "c": b"2"}), stamp({"a": b"1", "b": b"3"})}) == 4
    assert (
        manifest(files)["a"] == "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    )  # sha256sum of "1"


def test_the_stamp_cannot_be_confused_by_a_name_with_a_line_end() -> None:
    sha = manifest({"a": b"1"})["a"]
    assert stamp({"a": b"1", "b": b"1"}) != stamp({f"a\n{sha}  b": b"1"})


def test_each_difference_to_what_is_published_is_a_line() -> None:
    assert differs({"a": b"1", "b": b"2"}, {"a": b"1", "b": b"2"}) == ()
    assert differs({"a": b"1", "b": b"2", "d": b"4"}, {"a": b"9", "b": b"2", "c": b"3"}) == (
        "a: edited, not published",
        "c: published, removed here",
        "d: added, not published",
    )


def test_a_loaded_set_has_the_stamp_of_its_files() -> None:
    assert read(school()).sha == stamp(school())
    assert read(school(hold=None)).sha != stamp(school())


def test_the_schemas_are_json_and_know_how_times_and_texts_are_written() -> None:
    known = json.loads(json.dumps(schemas()))
    assert set(known) == {"contacts", "playbook", "settings", "site"}
    step = known["playbook"]["$defs"]["Step"]["properties"]
    assert step["delay"]["type"] == "string"
    assert {"type": "string"} in known["playbook"]["$defs"]["Notify"]["properties"]["message"]["anyOf"]
    assert known["playbook"]["required"] == ["playbook", "title", "action", "steps", "all_clear", "correction"]
    assert known["site"]["$defs"]["Door"]["additionalProperties"] is False
