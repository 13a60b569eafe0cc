"""Who could not be reached: by what, and over which line."""

from typing import Any

from notifier.engine.reach_gap import by_kind, reach_gaps
from notifier.model.people import Person

SENDERS = {"sms": [("twilio", "cellular")], "email": [("mail", "fibre")], "push": [("ntfy", "fibre")]}


def person(name: str, *roles: str, on_site: bool = True, **addresses: str) -> Person:
    return Person(name, name.title(), "s", roles=frozenset(roles), on_site=on_site, addresses=addresses)


def gaps(*people: Person, **more: Any) -> list[tuple[str, str, list[str]]]:
    found = reach_gaps(people, more.get("senders", SENDERS), more.get("opted_out", frozenset()), more.get("browsers"))
    return [(each.group, each.why, [one.id for one in each.people]) for each in found]


def test_somebody_with_an_address_that_a_sender_takes_is_no_gap() -> None:
    assert gaps(person("ada", sms="+15550100001"), person("ben", push="topic")) == []


def test_no_address_and_no_sender_for_it_are_two_gaps() -> None:
    found = gaps(person("ada"), person("ben", voice="+15550100002"))
    assert found == [("staff", "no_address", ["ada"]), ("staff", "no_sender", ["ben"])]


def test_whoever_told_every_sender_to_stop_must_be_called() -> None:
    stopped = {("sms", "+15550100001", "twilio")}
    assert gaps(person("ada", sms="+15550100001"), opted_out=stopped) == [("staff", "opted_out", ["ada"])]
    assert gaps(person("ada", sms="+15550100001", email="a@b.example"), opted_out=stopped) == []


def test_police_on_one_line_are_a_gap_and_two_senders_on_it_do_not_help() -> None:
    one = person("pol", "police", on_site=False, email="p@b.example", push="topic")
    two = person("pat", "police", on_site=False, email="p@b.example", sms="+15550100003")
    assert gaps(one, two) == [("agencies", "one_line", ["pol"])]


def test_agencies_stand_before_guardians() -> None:
    found = gaps(person("gus", "guardian", on_site=False), person("ems", "ems", on_site=False))
    assert [group for group, *_ in found] == ["agencies", "guardians"]


def test_each_kind_is_counted_by_group() -> None:
    people = [person("ada", sms="+15550100001", email="a@b.example"), person("ben", sms="+15550100002")]
    counted = {str(row["kind"]): row["out_of_reach"] for row in by_kind(people, SENDERS)}
    assert counted == {"push": 2, "sms": 0, "email": 1}


WITH_BROWSERS = {**SENDERS, "web_push": [("browsers", "cellular")]}


def test_somebody_whose_browser_is_registered_is_no_gap() -> None:
    ada, pol = person("ada"), person("pol", "police", on_site=False, email="p@b.example")
    own = {"ada": {"b1": "https://push.example/1"}, "pol": {"b2": "https://push.example/2"}}
    assert gaps(ada, pol, senders=WITH_BROWSERS, browsers=own) == []
    assert gaps(ada, senders=SENDERS, browsers=own) == [("staff", "no_sender", ["ada"])]
    assert gaps(ada, senders=WITH_BROWSERS, browsers={"ada": {}}) == [("staff", "no_address", ["ada"])]
    stopped = {("web_push", "https://push.example/1", "browsers")}
    assert gaps(ada, senders=WITH_BROWSERS, browsers=own, opted_out=stopped) == [("staff", "opted_out", ["ada"])]


def test_a_browser_counts_as_push_once_and_only_with_a_sender_for_browsers() -> None:
    people = [person("ada"), person("ben", push="topic"), person("cat")]

    def push(senders: Any) -> object:
        rows = by_kind(people, senders, frozenset({"ada", "ben"}))
        return next(row["out_of_reach"] for row in rows if row["kind"] == "push")

    assert push(WITH_BROWSERS) == 1
    assert push(SENDERS) == 2
    assert push({"web_push": [("browsers", "cellular")]}) == 1
