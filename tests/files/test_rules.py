"""Every rule fires where it should and is quiet beside it, and the reference page lists them all."""

from datetime import date
from pathlib import Path

import pytest

from notifier.errors import SetupError
from notifier.files.load import load
from notifier.files.rules import RULES, rules_markdown
from notifier.model.delivery import Purpose
from notifier.model.settings import Sender
from tests.files.a_school import ADAPTERS, SENDERS, read, school

HOUSE = Path(__file__).resolve().parents[2]
BAD = Path(__file__).parent / "bad"
GOOD_STEP = '{id: a, notify: {to: [role:police], by: [sms], message: "{{site}} {{incident}} {{time}}: now wait"}}'


def broken(files: dict[str, bytes], senders: dict[str, Sender] | None = None) -> set[str]:
    return {fault.rule for fault in read(files, senders).faults}


def playbook(steps: str, head: str = "action: other", all_clear: str = GOOD_STEP) -> str:
    return (
        f"playbook: extra\ntitle: Other\n{head}\nsteps:\n{steps}\nall_clear: [{all_clear}]\ncorrection: [{GOOD_STEP}]\n"
    )


def site_with(old: str, new: str) -> bytes:
    raw = school()["site.yaml"].decode()
    assert old in raw
    return raw.replace(old, new, 1).encode()


def lockdown_with(old: str, new: str) -> bytes:
    raw = school()["playbooks/lockdown.yaml"].decode()
    assert old in raw
    return raw.replace(old, new, 1).encode()


def people_with(*lines: str) -> bytes:
    return school()["contacts/people.csv"] + "".join(f"{line}\n" for line in lines).encode()


WITHOUT_LIGHTS = "  - id: lights\n    signal: {outputs: [all], until: cleared}\n"
SAY = '{en: "Now wait", es: "Ahora"}'
ON_SITE_VOICE = "gus,Gus Brandt,,r12,,staff,en,,,,,+15550109999,,,"

FIRES: dict[str, dict[str, bytes | str | None]] = {
    "site-device-address": {"site": site_with("http://192.0.2.11", "http://admin:pw@192.0.2.11")},
    "playbook-id": {"copy": school()["playbooks/hold.yaml"]},
    "playbook-no-lockdown": {
        "lockdown": None,
        "site": site_with("buttons:", "cameras: []\nbuttonz:").split(b"buttonz")[0],
    },
    "lockdown-voice-inside": {
        "people": people_with(ON_SITE_VOICE),
        "lockdown": lockdown_with("[push, sms]", "[push, voice]"),
    },
    "lockdown-not-seen": {"lockdown": lockdown_with(WITHOUT_LIGHTS, "")},
    "door-not-commandable": {
        "site": site_with("    egress: mechanical                       #", "    #"),
        "extra": playbook("  - {id: x, secure_doors: {doors: [door:d1]}}"),
    },
    "door-left-out": {"site": site_with("    egress: mechanical                       #", "    #")},
    "door-egress": {"site": site_with("    egress: mechanical                       #", "    #")},
    "door-sensor": {"site": site_with("    sensed_by: {input: 0, secured_is: true}  #", "    #")},
    "door-input": {"site": site_with("driver: shelly_gen2", "driver: cloud")},
    "door-uplink": {"site": site_with("driver: shelly_gen2", "driver: cloud")},
    "site-public-url-here": {"site": school()["site.yaml"] + b"public_url: http://127.0.0.1:8470\n"},
    "site-letters": {"site": site_with("North wing", "Ala Ñandú")},
    "step-timers": {"extra": playbook("  - {id: x, secure_doors: {doors: [all], within: 1h}}")},
    "step-no-address": {"people": people_with("gus,Gus,,r12,,staff,en,,,,gus@school.example,,,,")},
    "contact-no-address": {"people": people_with("gus,Gus,,r12,,staff,en,,,,,,,,")},
    "message-long": {"extra": playbook("  - " + GOOD_STEP.replace("now wait", "now wait " * 60))},
    "message-open-door": {"extra": playbook("  - " + GOOD_STEP.replace("now wait", "open your doors"))},
    "message-guidance": {"extra": playbook("  - " + GOOD_STEP.replace("now wait", "an intruder was seen"))},
    "message-incident": {"extra": playbook("  - " + GOOD_STEP, all_clear=GOOD_STEP.replace("{{incident}}", ""))},
    "playbook-size": {
        "extra": playbook("\n".join(f"  - {{id: s{n}, signal: {{outputs: [all]}}}}" for n in range(201)))
    },
    "site-size": {
        "site": site_with(
            "buttons:", "cameras: [" + "{id: c, zone: main, driver: x, address: y}," * 5001 + "]\nbuttons:"
        )
    },
    "site-two-to-publish": {
        "site": school()["site.yaml"] + b"two_people: {publish: true}\n",
        "people": b"".join(school()["contacts/people.csv"].splitlines(keepends=True)[:2]),
    },
    "site-one-person-ends": {"site": site_with("lockdown_exterior: lock", "two_people: {recall: false}")},
    "site-leave": {"site": site_with("lockdown_exterior: lock", 'lockdown_exterior: {leave: " ", by: "A. Name"}')},
    "page-field": {"extra": playbook('  - {id: x, announce: {speakers: [all], say: {en: "At {{zone}}", es: "x"}}}')},
}


@pytest.mark.parametrize("name", FIRES)
def test_a_rule_fires_on_what_it_is_about(name: str) -> None:
    assert name in broken(school(**FIRES[name]))


BY_SENDERS = {"police-one-uplink", "number-registration", "purpose-sender", "routine-consent"} | {
    "canary-says",
    "troubles-say",
}
"""Rules that depend on more than files: tested below, and in test_check_watching."""


def test_every_rule_is_seen_to_fire_by_a_bad_file_or_a_bent_school() -> None:
    words = "".join(path.read_text() for path in BAD.glob("*.txt"))
    never = {name for name in RULES if f"[{name}]" not in words and name not in FIRES}
    assert never - BY_SENDERS == set()


def test_no_rule_fires_on_a_school_that_is_well() -> None:
    assert broken(school()) == set()


def test_a_second_path_beside_the_cloud_is_enough_and_a_second_cloud_is_not() -> None:
    def door(second: str) -> set[str]:
        path = f"driver: cloud\n    second_path: {{driver: {second}, address: 'http://192.0.2.9'}}"
        return broken(school(site=site_with("driver: shelly_gen2", path)))

    assert "door-uplink" not in door("shelly_gen2")
    assert "door-uplink" in door("cloud")


def test_a_lock_monitor_of_a_controller_counts_as_a_sensor() -> None:
    def door(monitor: str) -> set[str]:
        bare = site_with("    sensed_by: {input: 0, secured_is: true}  #", "    #").decode()
        return broken(school(site=bare.replace("driver: shelly_gen2", f"driver: cloud\n    settings: {monitor}", 1)))

    assert "door-sensor" in door("{}")
    assert "door-sensor" not in door("{lock_monitor: true}")


def test_one_uplink_for_police_is_warned_of_and_two_are_not() -> None:
    one = {name: sender.model_copy(update={"uplink": "internet"}) for name, sender in SENDERS.items()}
    assert "police-one-uplink" in broken(school(), one)
    assert "police-one-uplink" not in broken(school(), SENDERS)


@pytest.mark.parametrize(
    ("registration", "number", "warned"),
    [
        (None, "+15550100000", True),
        (None, "+445550100000", False),
        ({"class": "none", "verified": True}, "+15550100000", True),
        ({"class": "toll_free"}, "+15550100000", True),
        ({"class": "10dlc_standard", "verified": True}, "+15550100000", False),
    ],
)
def test_a_us_number_that_is_not_registered_and_verified_is_warned_of(
    registration: dict[str, object] | None, number: str, warned: bool
) -> None:
    sms = Sender(channel="twilio_sms", uplink="cellular", settings={"from_number": number}, registration=registration)  # type: ignore[arg-type]  # as it is written
    faults = [one for one in read(school(), SENDERS | {"sms": sms}).faults if one.rule == "number-registration"]
    assert bool(faults) is warned
    assert len(faults) <= 1, "each sender is named once"


def test_a_kind_of_address_whose_senders_are_kept_for_something_else_is_warned_of() -> None:
    routine = SENDERS["sms"].model_copy(update={"purposes": (Purpose.ROUTINE,)})
    assert "purpose-sender" in broken(school(), SENDERS | {"sms": routine})


def test_a_routine_message_to_people_who_never_agreed_is_warned_of() -> None:
    step = GOOD_STEP.replace("by: [sms]", "by: [sms], purpose: routine").replace("role:police", "group:news")
    head = school()["contacts/people.csv"].decode().splitlines()[0] + ",consent\n"
    for consent, warned in (("", True), ("email", True), ("email;sms", False), ("yes", False)):
        line = f"gus,Gus,,,,news,en,no,+15550109999,,,,,,,{consent}\n"
        files = school(extra=playbook(f"  - {step}")) | {"contacts/news.csv": (head + line).encode()}
        assert ("routine-consent" in broken(files)) is warned, consent


def test_without_a_sender_each_step_that_needs_one_is_named() -> None:
    loaded = read(school(), {})
    assert {fault.rule for fault in loaded.errors} == {"step-channel"}
    assert any("The step `staff` sends by push" in fault.text for fault in loaded.errors)


def test_one_sender_is_enough_for_what_we_wrote_ourselves() -> None:
    only_sms = {"sms": SENDERS["sms"]}
    steps = "  - {id: x, secure_doors: {doors: [all], otherwise: {notify: [role:district]}}}"
    faults = read(school(extra=playbook(steps)), only_sms).faults
    assert [fault for fault in faults if fault.file == "playbooks/extra.yaml" and fault.rule == "step-channel"] == []


GAPS = "accepted_gaps:\n" + "".join(
    f'  - {{zone: {zone}, accepted_by: "A. Name", until: 2026-12-01, reason: "strobes are ordered"}}\n'
    for zone in ("north", "office")
)


def test_a_named_person_may_accept_a_gap_until_a_day() -> None:
    dark = lockdown_with(WITHOUT_LIGHTS, "")
    site = school()["site.yaml"] + GAPS.encode()
    assert broken(school(lockdown=dark)) == {"lockdown-not-seen"}
    assert broken(school(lockdown=dark, site=site)) == set()
    late = site.replace(b"2026-12-01", b"2026-11-22")
    assert broken(school(lockdown=dark, site=late)) == {"lockdown-not-seen", "site-accepted-gap"}


def test_a_gap_ends_with_its_day_and_not_before() -> None:
    files = school(lockdown=lockdown_with(WITHOUT_LIGHTS, ""), site=school()["site.yaml"] + GAPS.encode())
    assert load(files, ADAPTERS, SENDERS, date(2026, 12, 1)).errors == ()
    assert load(files, ADAPTERS, SENDERS, date(2026, 12, 2)).errors != ()


def test_a_speaker_of_a_zone_is_heard_in_the_zones_inside_it() -> None:
    speakers = '  - {id: pa-main, zone: main, channel: pa_multicast, address: "239.255.20.1:5004"}\nold:'
    site = (
        site_with("  - {id: pa-north", speakers).partition(b"old:")[0]
        + b"signals:\n"
        + site_with("signals:", "cut").partition(b"cut")[2]
    )
    assert broken(school(site=site)) == set()


def test_an_empty_room_that_is_never_occupied_needs_no_strobe() -> None:
    site = site_with("signals:\n", "signals: []\nold:\n")
    alone = site.partition(b"old:")[0] + b"buttons:" + site.partition(b"buttons:")[2]
    loaded = read(school(site=alone.replace(b'zone: office, name: "Boiler', b'zone: main, name: "Boiler')))
    dark = [fault.text for fault in loaded.errors if fault.rule == "lockdown-not-seen"]
    assert len(dark) == 2
    assert not any("`main`" in text for text in dark)


def test_a_recording_is_named_by_its_path_in_the_folder() -> None:
    step = "  - {id: x, announce: {speakers: [all], recording: {en: %s, es: recordings/now.wav}}}"
    files = {**school(extra=playbook(step % "recordings/now.wav")), "recordings/now.wav": b"RIFF"}
    assert broken(files) == set()
    files = {**files, "playbooks/extra.yaml": playbook(step % "now.wav").encode()}
    (fault,) = read(files).errors
    assert (fault.rule, fault.advice) == ("step-recording", "Write its path: recordings/now.wav.")


def test_a_room_that_is_never_occupied_is_if_somebody_inside_belongs_there() -> None:
    boiler = school()["site.yaml"].replace(b"id: boiler, zone: office", b"id: boiler, zone: main")
    guard = "gus,Gus Brandt,,boiler,,staff,en,,+15550109999,t-gus,,,,,"
    assert broken(school(site=boiler)) == set()
    assert broken(school(site=boiler, people=people_with(guard))) == {"lockdown-not-heard", "lockdown-not-seen"}


@pytest.mark.parametrize("who", ["$zone", "role:commander", "unanswered"])
def test_whom_only_the_incident_can_name_is_not_nobody(who: str) -> None:
    step = f'  - {{id: x, notify: {{to: ["{who}"], by: [sms], message: "{{{{site}}}} {{{{time}}}}: now wait"}}}}'
    assert broken(school(extra=playbook(step))) == set()


def test_a_principal_inside_is_not_messaged_twice_by_the_same_kind() -> None:
    again = lockdown_with(
        "to: [role:district]\n      by: [sms, push, email]", "to: [role:principal]\n      by: [email]"
    )
    assert "lockdown-repeat-inside" not in broken(school(lockdown=again))
    again = lockdown_with("to: [role:district]\n      by: [sms, push, email]", "to: [role:principal]\n      by: [sms]")
    assert "lockdown-repeat-inside" in broken(school(lockdown=again))


def test_people_outside_may_be_called_and_told_again() -> None:
    people = people_with("hal,Hal Dahl,,,district,,en,no,+15550109998,,,+15550109999,,,")
    voice = {**SENDERS, "voice": Sender(channel="twilio_voice")}
    changed = lockdown_with("by: [sms, push, email]", "by: [sms, voice]")
    assert "lockdown-voice-inside" not in broken(school(people=people, lockdown=changed), voice)


@pytest.mark.parametrize("text", ["No abra la puerta; espere.", "Do not open the door.", "The school is open today.",
                                  "Lock the door.", "Open to all: the hall. Wait."])  # fmt: skip
def test_a_text_that_keeps_doors_shut_is_fine(text: str) -> None:
    step = f'  - {{id: x, announce: {{speakers: [all], say: {{en: "{text}", es: "{text}"}}}}}}'
    assert "message-open-door" not in broken(school(extra=playbook(step)))


@pytest.mark.parametrize("text", ["This is a DRILL.", "simulacro", "Esto no es un simulacro", "not a test", "no drill"])
def test_no_text_may_say_drill_or_no_drill(text: str) -> None:
    step = f'  - {{id: x, announce: {{speakers: [all], say: {{en: "{text}", es: "Ahora"}}}}}}'
    assert "message-drill-word" in broken(school(extra=playbook(step)))


@pytest.mark.parametrize("text", ["The drilling next door is over.", "Take the stairs, not the lift."])
def test_words_that_only_look_like_drill_are_fine(text: str) -> None:
    step = f'  - {{id: x, announce: {{speakers: [all], say: {{en: "{text}", es: "Ahora"}}}}}}'
    assert "message-drill-word" not in broken(school(extra=playbook(step)))


def test_an_error_stops_publishing_and_a_warning_does_not() -> None:
    assert read(school(people=people_with("gus,Gus,,r12,,staff,en,,,,,,,,"))).errors == ()
    assert read(school(people=people_with("gus,Gus,,r99,,staff,en,,+15550109999,,,,,,"))).errors != ()


def test_without_a_site_every_other_fault_is_said_too() -> None:
    with pytest.raises(SetupError) as refused:
        read(school(site=None, hold="a: b: c\n", people="id;name\n"))
    assert [(fault.file, fault.line) for fault in refused.value.faults] == [
        ("contacts/people.csv", 1),
        ("playbooks/hold.yaml", 1),
        ("site.yaml", 1),
    ]


def test_a_playbook_that_cannot_be_read_is_no_reason_to_call_a_button_wrong() -> None:
    assert "site-button" not in broken(school(lockdown="a: b: c\n"))
    assert "site-button" in broken(school(lockdown=None))


def test_the_reference_page_lists_every_rule() -> None:
    """It is written by `rules_markdown()`; docs/generate.py calls it."""
    assert (HOUSE / "docs/reference/check_rules.md").read_text() == rules_markdown()
