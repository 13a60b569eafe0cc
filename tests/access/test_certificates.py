"""A school's own authority: what it signs is believed by who trusts it, and is made anew in time."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import verification

from notifier.access.certificates import CA, CA_KEY, SERVER, SERVER_KEY, certify, host_of, renewed
from notifier.errors import Refused

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def believed(folder: Path, name: x509.verification.Subject, at: datetime) -> None:
    """As a browser decides that trusts nothing but this authority; raises VerificationError."""
    authority = x509.load_pem_x509_certificate((folder / CA).read_bytes())
    served = x509.load_pem_x509_certificate((folder / SERVER).read_bytes())
    store = verification.Store([authority])
    verification.PolicyBuilder().store(store).time(at).build_server_verifier(name).verify(served, [])


def test_what_it_signs_is_believed_for_its_name_only(tmp_path: Path) -> None:
    certify(tmp_path, "Oak School", "alerts.oak.example", NOW)
    believed(tmp_path, x509.DNSName("alerts.oak.example"), NOW)
    believed(tmp_path, x509.DNSName("localhost"), NOW)
    with pytest.raises(verification.VerificationError):
        believed(tmp_path, x509.DNSName("bank.example"), NOW)
    with pytest.raises(verification.VerificationError):
        believed(tmp_path, x509.DNSName("alerts.oak.example"), NOW + timedelta(days=400))


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    certify(tmp_path / "tls", "Oak School", "192.168.1.20", NOW)
    assert {stat.S_IMODE((tmp_path / "tls" / name).stat().st_mode) for name in (CA_KEY, SERVER_KEY)} == {0o600}


def test_the_authority_stays_when_a_certificate_is_made_anew(tmp_path: Path) -> None:
    first = certify(tmp_path, "Oak School", "alerts.oak.example", NOW)
    authority = (tmp_path / CA).read_bytes()
    assert not renewed(tmp_path, NOW + timedelta(days=300))
    late = NOW + timedelta(days=380)
    assert renewed(tmp_path, late)
    assert (tmp_path / CA).read_bytes() == authority, "phones trust this one"
    made = x509.load_pem_x509_certificate((tmp_path / SERVER).read_bytes())
    assert made.serial_number != first.serial_number
    believed(tmp_path, x509.DNSName("alerts.oak.example"), late + timedelta(days=300))


def test_somebody_elses_certificate_is_left_alone(tmp_path: Path) -> None:
    certify(tmp_path, "Oak School", "alerts.oak.example", NOW)
    certify(tmp_path / "other", "Other", "alerts.oak.example", NOW)
    theirs = (tmp_path / "other" / SERVER).read_bytes()
    (tmp_path / SERVER).write_bytes(theirs)
    assert not renewed(tmp_path, NOW + timedelta(days=390))
    assert (tmp_path / SERVER).read_bytes() == theirs


@pytest.mark.parametrize(
    "written", ["", "school", "http://x.example", "a b.example", "*.example.org", "x.example:8470"]
)
def test_what_is_no_name_of_a_computer_is_refused(written: str) -> None:
    with pytest.raises(Refused, match="is no address of a computer"):
        host_of(written)


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("192.168.1.20", "192.168.1.20"),
        ("https://Alerts.School.example/", "alerts.school.example"),
        ("[fd00::1]", "fd00::1"),
    ],
)
def test_names_and_addresses_are_taken_as_people_write_them(written: str, host: str) -> None:
    assert host_of(written) == host
