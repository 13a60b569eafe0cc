"""What we ship must be good: examples are copied, and the demo is the first thing anybody sees."""

import importlib.util
import re
from pathlib import Path

import pytest

from notifier.adapters import Installed
from notifier.errors import SetupError
from notifier.files.campus_addresses import fill_campus
from notifier.files.folder import read_folder
from notifier.files.load import Loaded, load
from notifier.files.message_words import opens_a_door
from notifier.files.settings_file import load_settings, read_settings
from notifier.files.starter import demo_files, shipped_playbooks, starter_files, write_starter
from notifier.model.incident import Action
from notifier.model.step import Phase
from tests.files.a_school import SENDERS, TODAY, read, school

HOUSE = Path(__file__).resolve().parents[2]


def demo() -> Loaded:
    devices = re.findall(rb"\$\{campus:([a-z0-9_-]+)\}", demo_files()["site.yaml"])
    addresses = {name.decode(): f"http://127.0.0.1:{9000 + place}" for place, name in enumerate(devices)}
    return read(fill_campus(demo_files(), addresses))


def test_the_playbooks_at_the_top_are_the_shipped_ones() -> None:
    assert {path.name: path.read_bytes() for path in (HOUSE / "playbooks").glob("*.yaml")} == {
        name.removeprefix("playbooks/"): raw for name, raw in shipped_playbooks().items()
    }


@pytest.mark.parametrize("name", ["hold", "secure", "lockdown", "evacuate", "shelter", "medical"])
def test_a_shipped_playbook_has_nothing_to_say_against_it(name: str) -> None:
    loaded = read(school())
    assert [str(fault) for fault in loaded.faults if fault.file == f"playbooks/{name}.yaml"] == []
    assert loaded.playbooks[name].action is Action(name)


def test_every_shipped_text_is_there_in_english_and_spanish_for_people_who_read_it() -> None:
    for playbook in read(school()).playbooks.values():
        for phase in Phase:
            for step in playbook.phase(phase):
                texts = step.announce.say if step.announce else {}
                if step.notify and any(one in ("group:staff", "group:guardians") for one in step.notify.to):
                    texts = step.notify.message
                if texts:
                    assert set(texts) == {"en", "es"}, (playbook.playbook, step.id)


def test_no_shipped_text_tells_anybody_to_open_a_door() -> None:
    texts = re.findall(rb'(?m)^\s+(?:en|es|message|message): "(.*)"$', b"\n".join(shipped_playbooks().values()))
    assert len(texts) > 50
    assert [text for text in texts if opens_a_door(text.decode())] == []


def test_the_demo_school_has_nothing_to_say_against_it() -> None:
    loaded = demo()
    assert [str(fault) for fault in loaded.faults] == []
    site = loaded.site
    assert (len(site.zones), len(site.rooms), len(site.doors), len(site.speakers)) == (4, 30, 24, 12)
    assert len({speaker.address for speaker in site.speakers}) == 4
    assert all(room.card for room in site.rooms)
    assert all(door.sensed_by and door.commandable for door in site.doors)


def test_the_demo_schools_lockdown_has_the_voices_that_say_its_words() -> None:
    lockdown = demo().playbooks["lockdown"]
    pages = [lockdown.step(phase, "page").announce for phase in (Phase.MAIN, Phase.ALL_CLEAR)]
    recordings = {path for page in pages if page for path in page.recording.values()}
    assert len(recordings) == 4
    assert {path for path in demo_files() if path.endswith(".wav")} == recordings


def test_the_demo_schools_lockdown_is_told_in_under_a_minute() -> None:
    lockdown = demo().playbooks["lockdown"]
    waits = [level.wait for step in lockdown.steps if step.acknowledge for level in step.acknowledge.escalate]
    assert waits
    assert sum(waits) + sum(step.delay for step in lockdown.steps) < 20
    assert lockdown.step(Phase.MAIN, "guardians").approve == ("role:principal", "role:district")


def test_the_demo_school_has_everybody_its_story_needs() -> None:
    people = demo().people.values()
    assert sum("staff" in one.groups for one in people) == 45
    assert sum("guardians" in one.groups for one in people) == 400
    assert sum("police" in one.roles for one in people) == 3
    assert {role for one in people for role in one.roles} == {"principal", "district", "police", "technician"}
    assert all(one.room and {"sms", "push"} <= one.addresses.keys() for one in people if "staff" in one.groups)
    assert {one.language for one in people} == {"en", "es"}
    assert not any(one.on_site for one in people if "staff" not in one.groups)


def test_the_demos_people_are_what_their_generator_writes() -> None:
    spec = importlib.util.spec_from_file_location("make_people", HOUSE / "notifier/demo_school/make_people.py")
    assert spec
    assert spec.loader
    make_people = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_people)
    assert make_people.people_csv() == demo_files()["contacts/people.csv"]


def test_a_device_that_the_campus_does_not_have_is_named() -> None:
    with pytest.raises(SetupError, match="no device `d1`"):
        fill_campus(demo_files(), {})


def test_an_address_with_a_default_needs_no_device() -> None:
    assert fill_campus({"a": b"x: ${campus:port|5004}"}, {}) == {"a": b"x: 5004"}
    assert fill_campus({"a": b"x: ${campus:port|5004}"}, {"port": "6000"}) == {"a": b"x: 6000"}


@pytest.mark.parametrize("name", ["Example School", 'Ñandú "North" \\ School', "", "123", "No", "-- x --"])
def test_a_new_school_passes_the_check(name: str) -> None:
    files = starter_files(name)
    loaded = read({path: raw for path, raw in files.items() if path != "settings.yaml"})
    assert [str(fault) for fault in loaded.errors] == []
    assert loaded.site.name == (name.strip() or "Example School")


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    written = write_starter(tmp_path, "Our School")
    mine = tmp_path / "playbooks/lockdown.yaml"
    mine.write_text("# mine\n")
    (tmp_path / "site.yaml").unlink()
    with pytest.raises(SetupError, match=r"playbooks/lockdown\.yaml:1:1: error: The file exists already"):
        write_starter(tmp_path, "Our School")
    assert mine.read_text() == "# mine\n"
    assert not (tmp_path / "site.yaml").exists()
    assert set(read_folder(tmp_path)) == {*written} - {"settings.yaml", "site.yaml"}


def test_the_example_settings_load_with_the_real_drivers(tmp_path: Path) -> None:
    (tmp_path / "mail.password").write_text("hush\n")
    example = HOUSE / "deploy/settings.example.yaml"
    environ = {"NTFY_TOKEN": "hush", "TWILIO_AUTH_TOKEN": "hush"}
    settings = read_settings(example.read_bytes(), example.name, tmp_path, Installed(), environ)
    assert list(settings.senders) == ["push", "sms", "email"]
    loaded = load(school(), Installed(), settings.senders, TODAY)
    assert [str(fault) for fault in loaded.faults] == []


def test_the_example_settings_say_what_is_missing_on_a_new_machine() -> None:
    with pytest.raises(SetupError) as refused:
        load_settings(HOUSE / "deploy/settings.example.yaml", environ={})
    assert len(refused.value.faults) == 3


def test_the_demo_is_good_for_the_real_drivers() -> None:
    devices = re.findall(rb"\$\{campus:([a-z0-9_-]+)\}", demo_files()["site.yaml"])
    addresses = {name.decode(): "http://127.0.0.1:9000" for name in devices}
    loaded = load(fill_campus(demo_files(), addresses), Installed(), SENDERS, TODAY)
    assert [str(fault) for fault in loaded.errors if fault.rule in ("site-driver", "site-device-settings")] == []
