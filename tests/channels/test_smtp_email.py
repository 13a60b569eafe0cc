"""E-mail over SMTP: the suite that every channel keeps, and what is peculiar to mail, read from the bytes that left."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from notifier.campus.mail_model import Letter, MailFault, MailModel
from notifier.campus.mail_server import LOGGER, MailServer
from notifier.channels._mail_text import Letterhead, mail, one_line
from notifier.channels.smtp_email import SmtpEmail, SmtpSettings
from notifier.clock import SystemClock
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Tools
from notifier.model.delivery import Purpose
from notifier.model.message import STAMPS, Message
from notifier.testing.check_channel import CHANNEL_PROMISES, Promise
from notifier.testing.far_end import Far, FarEnd, Taken

PASSWORD = "correct horse 7"
ADA = "ada.lovelace@school.example"
LINK = "https://school.example/r/Zk3vR8mTq1"


class MailFar(FarEnd):
    good_address, bad_address = ADA, "nobody.here@school.example"
    busy_delay = None
    secrets = (PASSWORD,)
    loggers = (LOGGER,)

    def __init__(self) -> None:
        self.model = MailModel({"office": PASSWORD}, unknown={"nobody.here@school.example"})
        self.server = MailServer(self.model)

    async def start(self) -> None:
        await self.server.start()

    async def stop(self) -> None:
        await self.server.stop()

    def behave(self, how: Far) -> None:
        self.model.heal()
        if how is not Far.WELL:
            self.model.order(MailFault(str(how)))

    def taken(self) -> Sequence[Taken]:
        return [Taken(letter.recipients[0], letter.text, letter.subject) for letter in self.model.letters]


@pytest.fixture
async def far() -> AsyncIterator[MailFar]:
    async with MailFar() as far:
        yield far


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(None, SystemClock(), str(tmp_path))


def settings(server: MailServer, **more: object) -> SmtpSettings:
    written = {
        "host": server.host,
        "port": server.port,
        "tls": "none",
        "user": "office",
        "password": PASSWORD,
        "from_address": "alerts@maplewood.example",
        "from_name": "Maplewood School",
        "timeout": "500ms",
        "connect_timeout": "1s",
    }
    return SmtpSettings.model_validate({**written, **more})


@pytest.fixture
async def channel(far: MailFar, tools: Tools) -> AsyncIterator[SmtpEmail]:
    made = SmtpEmail("mail", settings(far.server), tools)
    await made.open()
    yield made
    await made.close()


def lockdown(**more: object) -> Message:
    words = {"title": "Lockdown", "text": "Locks, lights, out of sight.", "language": "en"}
    return Message(**{**words, "purpose": Purpose.EMERGENCY, "drill": False, **more})  # type: ignore[arg-type]  # the fields are of many types


def last(far: MailFar) -> Letter:
    return far.model.letters[-1]


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, far: MailFar, tools: Tools) -> None:
    await promise(lambda: SmtpEmail("mail", settings(far.server), tools), far)


async def test_a_mail_leaves_with_its_words_its_link_and_its_papers(far: MailFar, channel: SmtpEmail) -> None:
    receipt = await channel.send(ADA, lockdown(link=LINK, language="es"), "dlv_42")
    assert receipt.ref == "Q000000"
    letter, mail = last(far), last(far).parsed
    assert (letter.sender, letter.recipients) == ("alerts@maplewood.example", (ADA,))
    assert letter.text == f"Locks, lights, out of sight.\r\n\r\n{LINK}\r\n"
    assert mail["Subject"] == "Lockdown"
    assert str(mail["From"]) == "Maplewood School <alerts@maplewood.example>"
    assert mail["To"] == ADA
    assert mail["Message-ID"] == "<dlv_42@maplewood.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "es"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content_charset() == "utf-8"
    assert abs(parsedate_to_datetime(mail["Date"]) - datetime.now(UTC)) < timedelta(minutes=5)
    letter.content.decode("ascii")


@pytest.mark.parametrize(
    ("more", "priority", "precedence"),
    [
        ({}, "1 (Highest)", "special-delivery"),
        ({"quiet": True}, None, "special-delivery"),
        ({"drill": True}, None, "bulk"),
        ({"purpose": Purpose.ROUTINE}, None, "bulk"),
    ],
)
async def test_only_a_live_emergency_to_people_outside_is_marked_urgent(
    far: MailFar, channel: SmtpEmail, more: dict[str, object], priority: str | None, precedence: str
) -> None:
    await channel.send(ADA, lockdown(**more), "d1")
    mail = last(far).parsed
    assert (mail["X-Priority"], mail["Precedence"]) == (priority, precedence)


@pytest.mark.parametrize("language", STAMPS)
async def test_a_drill_is_stamped_in_subject_and_text_on_the_wire(
    far: MailFar, channel: SmtpEmail, language: str
) -> None:
    await channel.send(ADA, lockdown(drill=True, language=language, title="Confinement", link=LINK), "d1")
    word = STAMPS[language]
    assert last(far).subject == f"{word}: Confinement ({word})"
    assert last(far).text == f"{word}: Locks, lights, out of sight. ({word})\r\n\r\n{LINK}\r\n"


async def test_a_drills_subject_keeps_its_stamp_however_long_it_is(far: MailFar, channel: SmtpEmail) -> None:
    await channel.send(ADA, lockdown(drill=True, title="Ünder the tables " * 100), "d1")
    assert last(far).subject.startswith("DRILL: Ünder the tables")
    assert len(last(far).subject) == 200


PAPERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Precedence", "X-Priority", "Importance"),
    *("Content-Language", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
}
"""The headers of a live emergency's mail."""

HOSTILE = [
    "Lockdown\r\nBcc: everybody@evil.example",
    "Lockdown\nSubject: all clear",
    "Lockdown\r\n\r\nGo home.\r\n.\r\nMAIL FROM:<x@evil.example>",
    "=?utf-8?q?Lockdown=0D=0ABcc:_everybody@evil.example?=",
    "Lockdown\x00\x0b\x0c\x1c\x85\u2028\u2029Bcc: everybody@evil.example",
    "\ud800 Lockdown",
]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_hostile_words_make_no_header_no_recipient_and_no_second_mail(
    far: MailFar, tools: Tools, hostile: str
) -> None:
    channel = SmtpEmail("mail", settings(far.server, from_name=hostile, reply_to="office@maplewood.example"), tools)
    words = lockdown(title=hostile, text=hostile, language=hostile, link=hostile)
    await channel.send(ADA, words, hostile)
    await channel.close()
    assert len(far.model.letters) == 1
    mail = last(far).parsed
    assert last(far).recipients == (ADA,)
    assert sorted(mail.keys()) == sorted({*PAPERS, "Reply-To"} - {"Content-Language"})
    assert mail.defects == []
    assert str(mail["Reply-To"]) == "office@maplewood.example"
    assert [address.addr_spec for address in mail["From"].addresses] == ["alerts@maplewood.example"]
    assert "Lockdown" in mail["Subject"]
    assert str(mail["Subject"]).isprintable()


@given(st.text(st.sampled_from('=?utf-8QqBb_0AaD:\r\n\t \u2028é🔒<>"@,;\\.()')), st.text(max_size=400))
@example("=?utf-8?q?a=0D=0ABcc:_x@y.example?=", "=?utf-8?b?DQpCY2M6IHg=?= ")
def test_no_words_whatever_make_a_header_or_change_who_it_is_from(title: str, name: str) -> None:
    words = lockdown(title=title, text="x", link="")
    made = mail(Letterhead("alerts@maplewood.example", name), ADA, words, "d1", datetime.now(UTC))
    read = message_from_bytes(made, policy=SMTP)
    assert [address.addr_spec for address in read["From"].addresses] == ["alerts@maplewood.example"]
    assert [address.addr_spec for address in read["To"].addresses] == [ADA]
    assert sorted(read.keys()) == sorted(PAPERS)
    assert "".join(str(read["Subject"]).split()) == "".join(one_line(title).split())


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@school.example",
        "ada@school.example\r\nRCPT TO:<bob@school.example>",
        "ada@school.example, bob@school.example",
        "<ada@school.example>",
        "Ada <ada@school.example>",
        "ada lovelace@school.example",
        "ädä@school.example",
        "ada@school..example",
        "ada@-school.example",
        f"{'a' * 250}@school.example",
    ],
)
async def test_what_is_no_address_never_leaves(far: MailFar, channel: SmtpEmail, address: str) -> None:
    with pytest.raises(WillNotWork) as caught:
        await channel.send(address, lockdown(), "d1")
    assert caught.value.reason is Reason.BAD_ADDRESS
    assert far.server.connections == 0


async def test_a_domain_in_another_script_is_written_as_servers_know_it(far: MailFar, channel: SmtpEmail) -> None:
    await channel.send("ada@schüle.example", lockdown(), "d1")
    assert last(far).recipients == ("ada@xn--schle-mva.example",)


async def test_every_mail_has_one_recipient_and_connections_are_used_again(far: MailFar, channel: SmtpEmail) -> None:
    people = [f"person{number}@school.example" for number in range(20)]
    await asyncio.gather(*(channel.send(person, lockdown(), person) for person in people))
    assert sorted(letter.recipients for letter in far.model.letters) == sorted((person,) for person in people)
    assert all(
        person not in letter.content.decode()
        for letter in far.model.letters
        for person in people
        if person != letter.recipients[0]
    )
    assert far.server.connections == 4
    await channel.send(ADA, lockdown(), "one more")
    assert far.server.connections == 4


async def test_one_bad_address_does_not_cost_the_connection(far: MailFar, channel: SmtpEmail) -> None:
    with pytest.raises(WillNotWork):
        await channel.send("nobody.here@school.example", lockdown(), "d1")
    await channel.send(ADA, lockdown(), "d2")
    assert far.server.connections == 1
    assert [letter.recipients for letter in far.model.letters] == [(ADA,)]


async def test_a_kept_connection_that_says_good_bye_is_made_anew(far: MailFar, channel: SmtpEmail) -> None:
    await channel.send(ADA, lockdown(), "d1")
    far.model.order(MailFault.GOOD_BYE, times=1)
    await channel.send(ADA, lockdown(), "d2")
    assert far.server.connections == 2
    assert len(far.model.letters) == 2


async def test_a_server_that_says_good_bye_to_a_new_connection_is_tried_later(far: MailFar, channel: SmtpEmail) -> None:
    far.model.order(MailFault.GOOD_BYE)
    with pytest.raises(TryAgain):
        await channel.send(ADA, lockdown(), "d1")


async def test_a_kept_connection_that_died_unseen_is_made_anew(far: MailFar, channel: SmtpEmail) -> None:
    await channel.send(ADA, lockdown(), "d1")
    await far.stop()
    await far.start()
    await channel.send(ADA, lockdown(), "d2")
    assert len(far.model.letters) == 2


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        (MailFault.STRANGER, WillNotWork, Reason.CREDENTIALS),
        (MailFault.BUSY, TryAgain, None),
        (MailFault.BROKEN, TryAgain, None),
        (MailFault.UNKNOWN_USER, WillNotWork, Reason.BAD_ADDRESS),
        (MailFault.POLICY, WillNotWork, Reason.FILTERED),
        (MailFault.FULL, WillNotWork, Reason.REFUSED),
        (MailFault.FILTERED, WillNotWork, Reason.FILTERED),
        (MailFault.DROPS_AFTER_DATA, OutcomeUnknown, None),
        (MailFault.RESET, OutcomeUnknown, None),
        (MailFault.NONSENSE, OutcomeUnknown, None),
    ],
)
async def test_each_refusal_has_its_meaning(
    far: MailFar, channel: SmtpEmail, fault: MailFault, kind: type[AdapterError], reason: Reason | None
) -> None:
    far.model.order(fault)
    with pytest.raises(AdapterError) as caught:
        await channel.send(ADA, lockdown(), "d1")
    assert type(caught.value) is kind
    assert getattr(caught.value, "reason", None) is reason


async def test_a_server_that_wants_a_login_and_gets_none_is_a_matter_of_credentials(far: MailFar, tools: Tools) -> None:
    channel = SmtpEmail("mail", settings(far.server, user=None, password=None), tools)
    with pytest.raises(WillNotWork) as caught:
        await channel.send(ADA, lockdown(), "d1")
    assert caught.value.reason is Reason.CREDENTIALS


async def test_a_repeat_of_a_delivery_can_be_recognised(far: MailFar, channel: SmtpEmail) -> None:
    for delivery in ("dlv_1", "dlv_1", "dlv_2", "ein anderer <x@y>\r\n", "ein anderer <x@y>\r\n"):
        await channel.send(ADA, lockdown(), delivery)
    ids = [letter.parsed["Message-ID"] for letter in far.model.letters]
    assert ids[0] == ids[1] != ids[2]
    assert ids[3] == ids[4] != ids[0]


# ------------------------------------------------------------------------------------------------------------- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A server context, and the file that makes clients trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, secret = tmp_path / "cert.pem", tmp_path / "key.pem"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(trusted, secret)
    return context, trusted


async def sent_over(server: MailServer, tools: Tools, **more: object) -> SmtpEmail:
    channel = SmtpEmail("mail", settings(server, host="localhost", timeout="3s", connect_timeout="3s", **more), tools)
    await channel.open()
    try:
        await channel.send(ADA, lockdown(), "d1")
    finally:
        await channel.close()
    return channel


@pytest.mark.parametrize("tls", ["required", "starttls"])
async def test_mail_goes_over_tls_to_a_server_that_can_be_trusted(
    certificate: tuple[ssl.SSLContext, Path], tools: Tools, tls: str
) -> None:
    context, trusted = certificate
    model = MailModel({"office": PASSWORD})
    async with MailServer(model, "localhost", tls=context, tls_from_start=tls == "required") as server:
        await sent_over(server, tools, tls=tls, ca_file=str(trusted))
        assert len(model.letters) == 1
        with pytest.raises(AdapterError):
            await sent_over(server, tools, tls=tls)  # the machine's own authorities do not know this certificate
        assert len(model.letters) == 1


async def test_nothing_is_said_to_a_server_that_should_offer_tls_and_does_not(far: MailFar, tools: Tools) -> None:
    with pytest.raises(WillNotWork) as caught:
        await sent_over(far.server, tools, tls="starttls")
    assert caught.value.reason is Reason.SENDER_FAULT
    assert far.model.letters == []


class Authority:
    """A school's own certificate authority."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Maplewood authority")])
        made = self._signed(self._name, self._key, timedelta(days=1), [], authority=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def server(self, name: str = "localhost", left: timedelta = timedelta(days=1)) -> ssl.SSLContext:
        """A certificate for `name` that is valid for `left` more."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._signed(subject, key, left, [x509.DNSName(name)], authority=False)
        both = self.folder / "server.pem"
        plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        both.write_bytes(
            made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *plain)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(both)
        return context

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        left: timedelta,
        names: list[x509.GeneralName],
        *,
        authority: bool,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(now + left)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if names:
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(self._key, hashes.SHA256())


@pytest.mark.parametrize("tls", ["required", "starttls"])
@pytest.mark.parametrize(
    ("name", "left", "trusted", "said"),
    [
        ("localhost", timedelta(days=-1), True, "has expired: renew it"),
        ("mail.other.example", timedelta(days=1), True, "is not for localhost"),
        ("localhost", timedelta(days=1), False, "Nobody we trust"),
    ],
)
async def test_a_certificate_that_does_not_hold_gets_nothing_and_is_named(
    tmp_path: Path, tools: Tools, tls: str, name: str, left: timedelta, trusted: bool, said: str
) -> None:
    authority = Authority(tmp_path)
    model = MailModel({"office": PASSWORD})
    more = {"tls": tls, "ca_file": str(authority.file)} if trusted else {"tls": tls}
    offered = authority.server(name, left)
    async with MailServer(model, "localhost", tls=offered, tls_from_start=tls == "required") as server:
        with pytest.raises(TryAgain) as caught:
            await sent_over(server, tools, **more)
        channel = SmtpEmail("mail", settings(server, host="localhost", **more), tools)
        await channel.open()
        health = await channel.check()
    assert said in str(caught.value)
    assert said in health.text
    assert not health.well
    assert model.letters == []


async def test_the_schools_own_authority_is_trusted_once_it_is_named(tmp_path: Path, tools: Tools) -> None:
    authority = Authority(tmp_path)
    model = MailModel({"office": PASSWORD})
    async with MailServer(model, "localhost", tls=authority.server()) as server:
        await sent_over(server, tools, tls="starttls", ca_file=str(authority.file))
    assert len(model.letters) == 1


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"tls": "none", "host": "mail.school.example"}, "starttls"),
        ({"tls": "none", "host": "127.evil.example"}, "starttls"),
        ({"tls": "none", "host": "10.0.0.25", "plain": True}, "never sent unencrypted"),
        ({"user": "office"}, "password"),
        ({"from_address": "Maplewood <alerts@maplewood.example>"}, "from_address"),
        ({"reply_to": "office@maplewood.example\r\nBcc: x@evil.example"}, "reply_to"),
        ({"host": "mail.example\r\nx"}, "host"),
        ({"hello": "a b"}, "hello"),
        ({"timeout": 30}, "unit"),
        ({"port": 0}, "port"),
    ],
)
def test_a_wrong_setting_is_refused_without_showing_the_secrets_beside_it(
    wrong: dict[str, object], advice: str
) -> None:
    right = {"host": "mail.example", "from_address": "alerts@maplewood.example", "user": "u", "password": PASSWORD}
    written = {**right, **wrong}
    if wrong.get("user"):
        del written["password"]
    with pytest.raises(ValidationError) as caught:
        SmtpSettings.model_validate(written)
    assert advice in str(caught.value)
    assert PASSWORD not in str(caught.value)
