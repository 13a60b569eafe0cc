"""The modelled SMS provider: time is handed in, so its whole life is looked at without waiting."""

import pytest

from notifier.campus.sms_model import Course, Habit, InboundNews, Refusal, SmsModel, StatusNews, Text

OURS, ADA, BEN = "+15550100000", "+15550100142", "+15550100143"


def sent(model: SmsModel, to: str = ADA, body: str = "Lockdown", at: float = 0.0, callback: str = "there") -> Text:
    text = model.submit(at, to, OURS, body, callback)
    assert isinstance(text, Text)
    return text


def statuses(model: SmsModel, until: float = 100.0) -> list[str]:
    return [news.status for news in model.advance(until) if isinstance(news, StatusNews)]


def test_a_message_goes_its_course_and_arrives() -> None:
    model = SmsModel()
    model.course = Course(sending=1, sent=2, delivered=5)
    text = sent(model)
    walked = []
    while (due := model.due()) is not None:
        walked += [(due, status) for status in statuses(model, due)]
    assert walked == [(1, "sending"), (2, "sent"), (5, "delivered")]
    assert [(arrival.at, arrival.text, arrival.sid) for arrival in model.phone(ADA).inbox] == [
        (5, "Lockdown", text.sid)
    ]


@pytest.mark.parametrize(
    ("code", "course"),
    [
        (30003, ["sending", "sent", "undelivered"]),
        (30034, ["sending", "sent", "undelivered"]),
        (30036, ["sending", "failed"]),
    ],
)
def test_a_code_on_order_ends_a_message_late(code: int, course: list[str]) -> None:
    model = SmsModel()
    model.phone(ADA).code = code
    text = sent(model)
    assert statuses(model) == course
    assert text.code == code
    assert model.phone(ADA).inbox == []


def test_a_carrier_without_receipts_leaves_a_message_sent_for_ever() -> None:
    model = SmsModel()
    model.course = Course(delivered=None)
    sent(model)
    assert statuses(model) == ["sending", "sent"]
    assert model.due() is None


def test_reports_come_late_twice_or_never_as_ordered() -> None:
    def told(habit: Habit) -> list[str]:
        model = SmsModel()
        model.habit = habit
        sent(model)
        return statuses(model)

    assert told(Habit(late={"sent": 9})) == ["sending", "delivered", "sent"]
    assert told(Habit(twice=True)) == ["sending", "sending", "sent", "sent", "delivered", "delivered"]
    assert told(Habit(never=True)) == []


def test_a_person_replies_after_a_time_to_the_words_they_wait_for_and_once() -> None:
    model = SmsModel()
    model.course = Course(0, 0, 1)
    model.phone(ADA).will_reply("1", after=4, when="Lockdown")
    for body, at in (("Good morning", 0), ("Lockdown", 10), ("Lockdown again", 20)):
        sent(model, body=body, at=at, callback="")
    replies = [news.text for news in model.advance(100) if isinstance(news, InboundNews)]
    assert [(reply.sender, reply.to, reply.body, reply.created) for reply in replies] == [(ADA, OURS, "1", 15)]


def test_an_opt_out_holds_for_one_person_and_one_of_our_numbers() -> None:
    other = "+15550100001"
    model = SmsModel([OURS, other])
    model.person_texts(0, ADA, "stop")
    assert model.submit(1, ADA, OURS, "x") == Refusal(21610)
    assert isinstance(model.submit(1, ADA, other, "x"), Text)
    assert isinstance(model.submit(1, BEN, OURS, "x"), Text)
    model.person_texts(2, ADA, "START")
    assert isinstance(model.submit(3, ADA, OURS, "x"), Text)


@pytest.mark.parametrize("advanced", [True, False])
def test_only_the_advanced_kind_says_that_it_was_an_opt_out(advanced: bool) -> None:
    model = SmsModel()
    model.advanced_opt_out = advanced
    model.person_texts(0, ADA, "STOP")
    (news,) = model.advance(0)
    assert isinstance(news, InboundNews)
    assert news.opt_out_type == ("STOP" if advanced else "")


@pytest.mark.parametrize(
    ("to", "sender", "body", "code"),
    [("0123", OURS, "x", 21211), (ADA, ADA, "x", 21606), (ADA, OURS, "", 21602), (ADA, OURS, "x" * 1601, 21617)],
)
def test_what_the_real_one_refuses_is_refused(to: str, sender: str, body: str, code: int) -> None:
    assert SmsModel().submit(0, to, sender, body) == Refusal(code)


def test_over_its_limit_it_refuses_and_takes_again_later() -> None:
    model = SmsModel()
    model.limit, model.burst = 2.0, 0.0
    assert isinstance(model.submit(0, ADA, OURS, "x" * 161), Text)  # two segments: the whole of this second
    assert model.submit(0.5, ADA, OURS, "x") == Refusal(20429, 429, 1)
    assert isinstance(model.submit(1.0, ADA, OURS, "x"), Text)
    assert list(model.taken_at) == [0, 1.0]


def test_over_its_limit_it_can_queue_instead_and_each_message_has_its_turn() -> None:
    model = SmsModel()
    model.limit, model.over_limit, model.course = 2.0, "queue", Course(0, 0, 0)
    for _ in range(5):
        sent(model)
    model.advance(100)
    assert [arrival.at for arrival in model.phone(ADA).inbox] == [0, 0.5, 1.0, 1.5, 2.0]


def test_a_sink_counts_and_forgets() -> None:
    model = SmsModel(sink=True)
    sids = {sent(model).sid for _ in range(100)}
    assert (len(sids), len(model.taken_at), model.due()) == (100, 100, None)
    assert not model.texts
    assert model.phone(ADA).inbox == []
