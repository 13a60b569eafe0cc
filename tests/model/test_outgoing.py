"""An address that somebody wrote is only opened if it cannot be turned against this machine."""

import pytest

from notifier.model.outgoing import Outgoing, address_allowed, outgoing_allowed, stays_here


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.17",
        "http://192.168.1.4:8080/rpc",
        "https://door7.school.example",
        "http://[fd12::7]/",
        "http://door7",
    ],
)
def test_devices_of_a_school_may_be_spoken_to(url: str) -> None:
    assert outgoing_allowed(url) is Outgoing.ALLOWED


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1%25eth0]",
        "localhost",
        "LocalHost.",
        "door7.localhost",
        "169.254.169.254",
        "metadata.google.internal",
        "168.63.129.16",
        "[fd00:ec2::254]",
        "239.1.2.3",
    ],
)
def test_this_machine_and_the_neighbourhood_of_metadata_are_refused_however_spelled(host: str) -> None:
    assert outgoing_allowed(f"http://{host}/") is Outgoing.FORBIDDEN


def test_a_named_network_is_allowed_and_no_other() -> None:
    assert outgoing_allowed("http://127.0.0.1:8801", ["127.0.0.0/8"]) is Outgoing.ALLOWED
    assert outgoing_allowed("http://localhost:8801", ["127.0.0.0/8"]) is Outgoing.ALLOWED
    assert outgoing_allowed("http://169.254.169.254", ["127.0.0.0/8"]) is Outgoing.FORBIDDEN
    assert outgoing_allowed("http://[::1]", ["127.0.0.0/8"]) is Outgoing.FORBIDDEN


@pytest.mark.parametrize(
    "url",
    [
        "",
        "10.0.0.17",
        "ftp://10.0.0.17",
        "file:///etc/passwd",
        "http://",
        "http://10.0.0.17:99999",
        " http://10.0.0.17",
    ],
)
def test_what_is_no_web_address_is_said_to_be_none(url: str) -> None:
    assert outgoing_allowed(url) is Outgoing.NOT_WEB


def test_a_password_has_no_place_in_an_address() -> None:
    assert outgoing_allowed("http://admin:hunter2@10.0.0.17") is Outgoing.HAS_SECRET


def test_what_a_name_server_answered_is_judged_like_a_written_address() -> None:
    assert address_allowed("10.0.0.17")
    assert not address_allowed("127.0.0.1")
    assert not address_allowed("fe80::1%eth0")
    assert address_allowed("127.0.0.1", ["127.0.0.1/32"])


def test_a_network_that_is_none_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="not a network"):
        outgoing_allowed("http://127.0.0.1", ["not a network"])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "localhost", "LOCALHOST", "::1", "[::1]"])
def test_what_goes_to_loopback_stays_here(host: str) -> None:
    assert stays_here(host)


@pytest.mark.parametrize(
    "host", ["127.evil.example", "localhost.evil.example", "10.0.0.1", "2002:7f00:1::", "0.0.0.0", "mail", ""]
)
def test_what_only_looks_like_loopback_does_not(host: str) -> None:
    assert not stays_here(host)


@pytest.mark.parametrize("host", ["①②⑦.0.0.1", "127。0。0。1", "１２７.0.0.1", "ⓛocalhost", "１６９.254.169.254"])
def test_signs_that_only_the_client_takes_for_digits_are_refused(host: str) -> None:
    assert outgoing_allowed(f"http://{host}/") is Outgoing.NOT_WEB
