"""Steps, timers, approvals, tasks and troubles: the small things that live inside a response."""

from __future__ import annotations

from enum import StrEnum

from notifier.model.states import State, move


class Phase(StrEnum):
    """Which list of a playbook a step belongs to."""

    MAIN = "main"
    ALL_CLEAR = "all_clear"
    CORRECTION = "correction"


class StepState(State):
    WAITING = "waiting", "Waits for other steps, a delay or an approval."
    RUNNING = "running", "Its work is going on."
    DONE = "done", "Its first round is over."
    SATISFIED = "satisfied", "Enough people have answered."
    FAILED = "failed", "Its first round is over and what it promised was not reached."
    SKIPPED = "skipped", "It had nothing to do here."
    CANCELLED = "cancelled", "Overtaken by a later decision."


class StepWord(StrEnum):
    START = "start"
    FINISH = "finish"
    SATISFY = "satisfy"
    FAIL = "fail"
    SKIP = "skip"
    CANCEL = "cancel"


_S, _W = StepState, StepWord
STEP_MOVES: dict[tuple[StepState, StepWord], StepState] = {
    (_S.WAITING, _W.START): _S.RUNNING,
    (_S.WAITING, _W.SKIP): _S.SKIPPED,
    (_S.WAITING, _W.CANCEL): _S.CANCELLED,
    (_S.RUNNING, _W.FINISH): _S.DONE,
    (_S.RUNNING, _W.SATISFY): _S.SATISFIED,
    (_S.RUNNING, _W.FAIL): _S.FAILED,
    (_S.RUNNING, _W.SKIP): _S.SKIPPED,
    (_S.RUNNING, _W.CANCEL): _S.CANCELLED,
    (_S.FAILED, _W.FINISH): _S.DONE,
    (_S.FAILED, _W.SATISFY): _S.SATISFIED,
    (_S.DONE, _W.SATISFY): _S.SATISFIED,
}

OVER = (StepState.DONE, StepState.SATISFIED, StepState.FAILED, StepState.SKIPPED, StepState.CANCELLED)


def move_step(state: StepState, word: StepWord) -> StepState:
    return move("A step", STEP_MOVES, state, word)


class TimerState(State):
    WAITING = "waiting", "Its time has not come."
    FIRED = "fired", "It fired, once."
    CANCELLED = "cancelled", "What it waited for came first."


class TimerWord(StrEnum):
    FIRE = "fire"
    CANCEL = "cancel"


TIMER_MOVES: dict[tuple[TimerState, TimerWord], TimerState] = {
    (TimerState.WAITING, TimerWord.FIRE): TimerState.FIRED,
    (TimerState.WAITING, TimerWord.CANCEL): TimerState.CANCELLED,
}


def move_timer(state: TimerState, word: TimerWord) -> TimerState:
    return move("A timer", TIMER_MOVES, state, word)


class TimerKind(StrEnum):
    """What a timer does when it fires; one row per step and level, never one per person."""

    START_STEP = "start_step"  # a delay is over
    WITHIN = "within"  # a step's own deadline for its first round
    ESCALATE = "escalate"  # the next level is told
    ASK_APPROVER = "ask_approver"  # the next approver is asked, or the last one reminded
    REPEAT = "repeat"  # an announcement is said again
    RECHECK_DOOR = "recheck_door"  # a door not secured is tried again
    FIRE_LATE = "fire_late"  # a late press that nobody stopped
    ASK_AGAIN = "ask_again"  # a late press after an all-clear asks a person again
    RE_SECURE = "re_secure"  # a responder's timed opening is over
    NEWS_OF_ZONE = "news_of_zone"  # police and commander hear of a press from a new zone
    DISPATCH = "dispatch"  # nobody outside has accepted a grave response in time
    APPROVAL = "approval"  # an approval changes who counts (3 min), or runs out
    VERIFY = "verify"  # nobody stopped an unverified press
    NOTICE = "notice"  # people are told of something that is no incident yet
    DRILL = "drill"  # a scheduled drill is told ahead, then begins


class ApprovalState(State):
    ASKED = "asked", "The first person asked; a second person is needed."
    GRANTED = "granted", "A second person agreed."
    REFUSED = "refused", "A person said no."
    WITHDRAWN = "withdrawn", "Who asked took it back."
    EXPIRED = "expired", "Nobody decided in time; nothing was done."


class ApprovalWord(StrEnum):
    GRANT = "grant"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


APPROVAL_MOVES: dict[tuple[ApprovalState, ApprovalWord], ApprovalState] = {
    (ApprovalState.ASKED, ApprovalWord.GRANT): ApprovalState.GRANTED,
    (ApprovalState.ASKED, ApprovalWord.REFUSE): ApprovalState.REFUSED,
    (ApprovalState.ASKED, ApprovalWord.WITHDRAW): ApprovalState.WITHDRAWN,
    (ApprovalState.ASKED, ApprovalWord.EXPIRE): ApprovalState.EXPIRED,
}


def move_approval(state: ApprovalState, word: ApprovalWord) -> ApprovalState:
    return move("An approval", APPROVAL_MOVES, state, word)


class TaskState(State):
    OPEN = "open", "Nobody has it."
    TAKEN = "taken", "A named person has it."
    DONE = "done", "The person who had it says that it is done."


class TaskKind(StrEnum):
    """Kinds of task that a person opens by taking what a board shows; the engine opens the others by itself."""

    SILENT_ZONE = "silent_zone"  # rooms of one zone did not answer; its subject is the zone
    SPEAKER_PAGE = "speaker_page"  # a speaker did not say the newest page; its subject is the speaker
    FAILED_MESSAGES = "failed_messages"  # messages failed; its subject is how many


class TaskWord(StrEnum):
    TAKE = "take"
    GIVE_BACK = "give_back"
    FINISH = "finish"


TASK_MOVES: dict[tuple[TaskState, TaskWord], TaskState] = {
    (TaskState.OPEN, TaskWord.TAKE): TaskState.TAKEN,
    (TaskState.OPEN, TaskWord.FINISH): TaskState.DONE,
    (TaskState.TAKEN, TaskWord.TAKE): TaskState.TAKEN,
    (TaskState.TAKEN, TaskWord.GIVE_BACK): TaskState.OPEN,
    (TaskState.TAKEN, TaskWord.FINISH): TaskState.DONE,
}


def move_task(state: TaskState, word: TaskWord) -> TaskState:
    return move("A task", TASK_MOVES, state, word)


class TroubleState(State):
    RAISED = "raised", "Something of ours is broken and nobody has said that they know."
    ACKNOWLEDGED = "acknowledged", "A named person knows."
    CLEARED = "cleared", "It is well again."


class TroubleWord(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    CLEAR = "clear"
    RAISE_AGAIN = "raise_again"


TROUBLE_MOVES: dict[tuple[TroubleState, TroubleWord], TroubleState] = {
    (TroubleState.RAISED, TroubleWord.ACKNOWLEDGE): TroubleState.ACKNOWLEDGED,
    (TroubleState.RAISED, TroubleWord.CLEAR): TroubleState.CLEARED,
    (TroubleState.ACKNOWLEDGED, TroubleWord.CLEAR): TroubleState.CLEARED,
    (TroubleState.CLEARED, TroubleWord.RAISE_AGAIN): TroubleState.RAISED,
}


def move_trouble(state: TroubleState, word: TroubleWord) -> TroubleState:
    return move("A trouble", TROUBLE_MOVES, state, word)
