"""The one table of routes: routing, OpenAPI, the reference, the rights test and the limits all come from here."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from notifier.console import (
    answer_page,
    documents,
    incidents,
    live,
    models,
    operations,
    press,
    room_cards,
    state,
    webhooks,
)
from notifier.console.pages import page_routes
from notifier.console.route import KILOBYTE, Flag, Handler, Route
from notifier.model import sound
from notifier.model.rights import Right

API = "/api/v1"
SMALL = 16 * KILOBYTE
"""More than any command needs; a typed message may have 2,000 characters of four bytes."""
PUBLISHED = 32 * KILOBYTE * KILOBYTE
"""All files of a district's site with recorded voices, in base64."""
CALLBACK = 1024 * KILOBYTE
"""Providers send batches."""

_PAGE = frozenset({Flag.PAGE, Flag.LENIENT})
_FRESH = frozenset({Flag.FRESH})
_PERSONAL = frozenset({Flag.PERSONAL})
_SECRET = frozenset({Flag.SECRET_PATH, Flag.LENIENT})
_PRESS = frozenset({Flag.LENIENT, Flag.AT_ONCE})


def _see(path: str, summary: str, handler: Handler, **more: Any) -> Route:
    more.setdefault("reply", models.ListReply)
    return Route(method="GET", path=API + path, right=Right.VIEW, summary=summary, handler=handler, **more)


def _act(
    path: str, right: Right, summary: str, handler: Handler, body: type[BaseModel] | None = models.NoBody, **more: Any
) -> Route:
    more.setdefault("reply", models.OutcomeReply)
    more.setdefault("limit", SMALL)
    return Route(method="POST", path=API + path, right=right, summary=summary, handler=handler, body=body, **more)


def _state(what: str, summary: str, **more: Any) -> Route:
    return _see(f"/{what}", summary, state.state(what), query=models.WholeQuery, **more)


PRESSES = (
    Route(
        method="POST", path="/press/{secret}", right=Right.PUBLIC, handler=press.press_button, status=202, limit=SMALL,
        summary="Press an enrolled button; the secret in the path is its right.",
        body=models.ActivationBody, reply=models.PressedReply, flags=_SECRET | _PRESS,
    ),
    Route(
        method="GET", path="/press/{secret}", right=Right.PUBLIC, handler=press.open_button, status=202,
        summary="A page for people; a press only by a button enrolled so, from its named network.",
        reply=models.PressedReply, flags=_SECRET | _PRESS,
    ),
)  # fmt: skip
"""First in the table: nothing is tried before a press. The second listener serves these alone."""

ROUTES: tuple[Route, ...] = (
    *PRESSES,
    Route(
        method="POST", path=f"{API}/activations", right=Right.PRESS, handler=press.activations, status=202, limit=SMALL,
        summary="Start a live incident, or join the open one. Never a drill.",
        body=models.ActivationBody, reply=models.PressedReply, flags=_PRESS,
    ),
    _act(
        "/drills", Right.DRILL, "Start a drill.", incidents.start_drill, models.DrillBody,
        reply=models.PressedReply, status=202,
    ),
    _act(
        "/activations/{activation}/late", Right.OPERATE, "Stop a late press, or let it fire now.",
        incidents.late, models.LateBody,
    ),
    _act(
        "/activations/{activation}/verify", Right.OPERATE,
        "About an unverified press: you look, there is no danger, or start it now.", incidents.verify,
        models.VerifyBody,
    ),
    # ------------------------------------------------------------------------------------------------- incidents
    _see("/incidents", "Incidents, newest first.", incidents.listing, query=models.IncidentsQuery),
    _see("/incidents/{incident}", "One incident as it stands.", incidents.detail, reply=models.FactsReply),
    _see("/incidents/{incident}/timeline", "What happened, oldest first.", incidents.timeline, query=models.PageQuery),
    _see(
        "/incidents/{incident}/deliveries", "Its messages and what is known of each.", incidents.deliveries,
        query=models.DeliveriesQuery, flags=_PERSONAL,
    ),
    _see(
        "/incidents/{incident}/doors", "Its doors: what was commanded and what is sensed.", incidents.doors,
        query=models.WholeQuery,
    ),
    _see("/incidents/{incident}/people", "Who has answered and who has not.", incidents.people, query=models.PageQuery,
         flags=_PERSONAL),
    _see("/incidents/{incident}/rooms", "Its rooms.", incidents.rooms, query=models.WholeQuery),
    _see(
        "/incidents/{incident}/events", "What happens in one incident, as it happens.", live.incident_events,
        reply=None, media="text/event-stream", flags=frozenset({Flag.STREAM}),
    ),
    _see(
        "/events", "What happens, as it happens; resumable by Last-Event-ID.", live.events,
        reply=None, media="text/event-stream", flags=frozenset({Flag.STREAM}),
    ),
    _see("/timeline", "What happened at this site, oldest first.", incidents.timeline, query=models.PageQuery),
    # ---------------------------------------------------------------------------------------------------- ending
    _act(
        "/incidents/{incident}/hold-outside", Right.OPERATE, "Pause messages to people outside.",
        incidents.hold_outside,
    ),
    _act(
        "/incidents/{incident}/resume-outside", Right.OPERATE, "Let messages to people outside go on.",
        incidents.resume_outside,
    ),
    _act(
        "/incidents/{incident}/release", Right.OPERATE, "Release rooms whose people you have seen. Opens no door.",
        incidents.release, models.ReleaseBody,
    ),
    _act(
        "/incidents/{incident}/all-clear", Right.COMMAND, "Ask for the all-clear.", incidents.all_clear,
        models.ReasonBody,
    ),
    _act(
        "/incidents/{incident}/recall", Right.COMMAND, "Recall it: stop what has not left, correct what has.",
        incidents.recall, models.ReasonBody,
    ),
    _act(
        "/incidents/{incident}/mistake", Right.COMMAND, "Ask to end it as a mistake.", incidents.mistake,
        models.ReasonBody,
    ),
    _act(
        "/incidents/{incident}/mistake/claim", Right.PRESS,
        "Say that you pressed by mistake; nothing is confirmed by it.", incidents.claim_mistake,
    ),
    _act("/incidents/{incident}/stop-drill", Right.DRILL, "Stop a drill.", incidents.stop_drill, models.ReasonBody),
    _act(
        "/approvals/{approval}", Right.COMMAND, "Be the second person: grant or refuse.", incidents.decide,
        models.DecisionBody, also=(Right.OPERATE, Right.PUBLISH),
    ),
    # ---------------------------------------------------------------------------------------------------- acting
    _act(
        "/incidents/{incident}/911", Right.PRESS, "Say who outside was told, has accepted or has arrived.",
        incidents.hand_off, models.HandOffBody, also=(Right.RESPOND,),
    ),
    _act("/incidents/{incident}/command", Right.COMMAND, "Take command.", incidents.take_command),
    _act(
        "/incidents/{incident}/messages", Right.OPERATE, "Send a message of your own.", incidents.message,
        models.MessageBody,
    ),
    _act(
        "/incidents/{incident}/page", Right.OPERATE, "Say typed words over speakers now.", incidents.page,
        models.PageBody,
    ),
    _act(
        "/incidents/{incident}/page/audio", Right.OPERATE, "Say a recording of a moment ago: WAV, or 8 kHz mu-law.",
        incidents.page_audio, None, query=models.PageAudioQuery, limit=sound.LARGEST, flags=frozenset({Flag.RAW}),
    ),
    _act(
        "/incidents/{incident}/speakers/{speaker}/heard", Right.OPERATE,
        "Say whether you heard the newest page, standing at a speaker.", incidents.confirm_page, models.HeardBody,
        also=(Right.RESPOND,),
    ),
    _act("/incidents/{incident}/notes", Right.OPERATE, "Write a note.", incidents.note, models.NoteBody),
    _act(
        "/incidents/{incident}/doors/{door}/open", Right.RESPOND, "Open a door for a time; it is secured again.",
        incidents.open_door, models.OpenDoorBody,
    ),
    _act(
        "/incidents/{incident}/doors/{door}/confirm", Right.OPERATE, "Say what you have seen of a door.",
        incidents.confirm_door, models.ConfirmDoorBody, also=(Right.RESPOND,),
    ),
    _act(
        "/incidents/{incident}/steps/{step}/approve", Right.OPERATE, "Release a step that waits for an approval.",
        incidents.approve_step,
    ),
    _act(
        "/incidents/{incident}/steps/{step}/refuse", Right.OPERATE,
        "Skip a step that waits for an approval, for a reason; its doors stay as they are.",
        incidents.refuse_step, models.WhyBody,
    ),
    _act(
        "/incidents/{incident}/people/{person}/answer", Right.OPERATE, "Record a person's answer for them.",
        incidents.answer_for, models.AnswerBody,
    ),
    _act(
        "/tasks/{task}", Right.OPERATE, "Take a task, give it back or finish it.", incidents.move_task,
        models.TaskBody, also=(Right.RESPOND,),
    ),
    _act(
        "/zones/{zone}/walk-test", Right.OPERATE, "Write down what you heard and saw, standing in a zone.",
        incidents.walk_test, models.WalkTestBody, also=(Right.RESPOND, Right.TECHNICIAN),
    ),
    _act(
        "/troubles/{trouble}/acknowledge", Right.TECHNICIAN, "Say that you know of a trouble.",
        incidents.acknowledge_trouble, also=(Right.OPERATE,),
    ),
    Route(
        method="GET", path=f"{API}/rooms/cards", right=Right.ADMINISTER, also=(Right.TECHNICIAN,),
        handler=room_cards.sheet, media="text/html",
        summary="The sheet of room cards, to print: QR and SMS code of each room.",
    ),
    # ----------------------------------------------------------------------------------------------------- state
    _see(
        "/doors", "Every door: what was commanded and what is sensed.", incidents.doors, query=models.WholeQuery,
    ),
    _act(
        "/doors/{door}/try", Right.TECHNICIAN, "What a door's device answers now; moves nothing unless asked to.",
        state.try_door, models.TryBody, reply=models.FactsReply,
    ),
    _act(
        "/signals/{signal}/try", Right.TECHNICIAN,
        "What a strobe or sign says now; stays dark unless asked to light it for a moment.",
        state.try_signal, models.TryBody, reply=models.FactsReply,
    ),
    _act(
        "/channels/{sender}/try", Right.TECHNICIAN, "What a sender's provider answers now; nothing is sent.",
        state.try_channel, reply=models.FactsReply,
    ),
    _act(
        "/speakers/{speaker}/try", Right.TECHNICIAN, "What a speaker's output answers now; nothing sounds.",
        state.try_speaker, reply=models.FactsReply,
    ),
    _act(
        "/cameras/{camera}/try", Right.TECHNICIAN, "What came of a look through a camera now, without its picture.",
        state.try_camera, reply=models.FactsReply,
    ),
    Route(
        method="GET", path=f"{API}/cameras/{{camera}}/still", right=Right.TECHNICIAN, handler=state.still,
        summary="A camera's picture of now. It is kept nowhere; that somebody looked is written down.",
        media="image/jpeg", flags=_PERSONAL,
    ),
    _state("cameras", "Every camera, and what the last look through it said."),
    _state("speakers", "Every speaker: its last page, who heard it, when it was last seen."),
    _state("signals", "Every strobe and sign: what it was told, what it reads, when it was last seen."),
    _state("buttons", "Every button of the site: its last press and sign of life. No secrets."),
    _state("channels", "Every sender, its limits, and when it last answered and took a message."),
    _state("troubles", "What of ours is broken."),
    _state("readiness", "What would be missing if somebody pressed now."),
    _state("playbooks", "The published playbooks."),
    _state("contacts", "The published contacts, addresses masked.", flags=_PERSONAL),
    _state("approvals", "What waits for a second person."),
    _state("tasks", "What needs a person."),
    _state("publications", "What was published, when and by whom."),
    _see(
        "/drills/calendar", "Scheduled drills: their next times, in the site's own time.", state.state("drills"),
        query=models.WholeQuery,
    ),
    _see(
        "/playbooks/{playbook}/plan", "What would happen, to whom, how fast. Nothing is done.", state.plan,
        query=models.PlanQuery, reply=models.FactsReply,
    ),
    # -------------------------------------------------------------------------------------------- administration
    _act(
        "/publications", Right.PUBLISH, "Publish files: checked first, all or none.", state.publish,
        models.PublicationBody, limit=PUBLISHED, flags=_FRESH,
    ),
    Route(
        method="GET", path=f"{API}/proposals", right=Right.PUBLISH, handler=state.proposals,
        summary="Files that wait for a second person to let them run, and what became of others.",
        reply=models.ListReply, query=models.WholeQuery,
    ),
    Route(
        method="GET", path=f"{API}/proposals/{{proposal}}", right=Right.PUBLISH, handler=state.proposal,
        summary="One of them, with every file that it changes: before and after.", reply=models.FactsReply,
        flags=_PERSONAL,
    ),
    Route(
        method="GET", path=f"{API}/publications/{{version}}", right=Right.PUBLISH, handler=state.published,
        summary="The files of one version, or of `newest`.", reply=models.FactsReply, query=models.PublishedQuery,
    ),
    Route(
        method="GET", path=f"{API}/accounts", right=Right.ADMINISTER, handler=state.accounts, flags=_PERSONAL,
        summary="Accounts, tokens and buttons; no secrets.", reply=models.ListReply, query=models.WholeQuery,
    ),
    _act(
        "/accounts", Right.ADMINISTER, "Make an account; its token is shown once.", state.add_user, models.UserBody,
        reply=models.AccountReply, status=201, flags=_FRESH,
    ),
    _act(
        "/accounts/{account}/roles", Right.ADMINISTER, "Give an account other rights; it is signed out everywhere.",
        state.set_roles, models.RolesBody, reply=models.ChangedReply, flags=_FRESH,
    ),
    _act(
        "/accounts/{account}/disable", Right.ADMINISTER, "Disable an account, at once.", state.disable,
        reply=models.ChangedReply, flags=_FRESH,
    ),
    _act(
        "/accounts/{account}/enable", Right.ADMINISTER, "Enable a disabled account again.", state.enable,
        reply=models.ChangedReply, flags=_FRESH,
    ),
    _act(
        "/accounts/{account}/invite", Right.ADMINISTER, "Make a link by which a new person chooses a way in, once.",
        state.invite, reply=models.LinkReply, status=201, flags=_FRESH,
    ),
    _act(
        "/accounts/{account}/reset", Right.ADMINISTER, "End every way in and make a link to choose a new one, once.",
        state.reset, reply=models.LinkReply, status=201, flags=_FRESH,
    ),
    Route(
        method="DELETE", path=f"{API}/accounts/{{account}}", right=Right.ADMINISTER, handler=state.revoke_account,
        summary="Revoke an account and its token.", reply=models.RevokedReply, flags=_FRESH,
    ),
    _act(
        "/buttons/{button}/enrol", Right.ADMINISTER, "Enrol a button of the site; its address is shown once.",
        state.enrol_button, also=(Right.TECHNICIAN,), reply=models.ButtonReply, status=201, flags=_FRESH,
    ),
    _act(
        "/buttons/{button}/kiosks", Right.ADMINISTER, "Make a link that turns a browser into this button, once.",
        state.enrol_kiosk, models.KioskBody, also=(Right.TECHNICIAN,), reply=models.LinkReply, status=201, flags=_FRESH,
    ),
    Route(
        method="DELETE", path=f"{API}/buttons/{{button}}", right=Right.ADMINISTER, handler=state.revoke_button,
        summary="Revoke a button's secret.", reply=models.RevokedReply, flags=_FRESH,
    ),
    Route(
        method="GET", path=f"{API}/audit", right=Right.ADMINISTER, handler=state.audit, flags=_PERSONAL,
        summary="Who did what, when and from where, newest first.", reply=models.ListReply, query=models.PageQuery,
    ),
    # --------------------------------------------------------------------------------------- answers and callbacks
    Route(
        method="GET", path="/r/{token}", right=Right.PUBLIC, handler=answer_page.show, media="text/html",
        summary="The answer page of one person and incident. Looking acknowledges nothing.", flags=_PAGE | _SECRET,
    ),
    Route(
        method="POST", path="/r/{token}", right=Right.PUBLIC, handler=answer_page.answer, media="text/html",
        limit=SMALL, summary="Answer.", flags=_PAGE | _SECRET,
    ),
    *(
        Route(
            method=method, path="/webhooks/{channel}/{name}", right=Right.PUBLIC, handler=webhooks.receive,
            summary="A provider's callback; its signature is checked.", limit=CALLBACK, media="text/plain",
            flags=frozenset({Flag.LENIENT}),
        )
        for method in ("GET", "POST")
    ),
    Route(
        method="POST", path="/hooks/{name}", right=Right.PUBLIC, handler=webhooks.hook, limit=CALLBACK,
        summary="A sensor, feed or telephone system that starts a response; its signature is checked.",
        media="text/plain", flags=_PRESS,
    ),
    # ------------------------------------------------------------------------------------- operations, description
    Route(
        method="GET", path="/healthz", right=Right.PUBLIC, handler=operations.alive, summary="It lives.",
        reply=models.AliveReply,
    ),
    Route(
        method="GET", path="/readyz", right=Right.PUBLIC, handler=operations.ready,
        summary="Whether a press would be answered and written down; 503 if not.", reply=models.ReadyReply,
    ),
    Route(
        method="GET", path="/metrics", right=Right.VIEW, handler=operations.metrics, media="text/plain",
        summary="Numbers for Prometheus.",
    ),
    Route(
        method="GET", path=f"{API}/incidents/{{incident}}/replay", right=Right.TECHNICIAN, handler=operations.replay,
        summary="Tell it again from the record and make each decision again by today's code; takes long.",
        reply=models.FactsReply, also=(Right.ADMINISTER, Right.COMMAND), flags=_PERSONAL,
    ),
    Route(
        method="GET", path=f"{API}/log/verify", right=Right.TECHNICIAN, handler=operations.verify,
        summary="Check every chain, seal and table of the record; takes long.", reply=models.ListReply,
        also=(Right.ADMINISTER,),
    ),
    Route(
        method="POST", path=f"{API}/backup", right=Right.TECHNICIAN, handler=operations.backup, body=models.NoBody,
        limit=SMALL, media="application/gzip", flags=_FRESH | {Flag.PERSONAL},
        summary="Record, keys and files of this node in one file; whoever has it can read and sign everything.",
    ),
    Route(
        method="GET", path=f"{API}/openapi.json", right=Right.PUBLIC, handler=documents.openapi_document,
        summary="This description, as OpenAPI 3.1.", reply=models.FactsReply,
    ),
    Route(
        method="GET", path="/api/docs", right=Right.PUBLIC, handler=documents.docs_page, media="text/html",
        summary="This description, readable.",
    ),
    Route(
        method="GET", path="/static/{name}", right=Right.PUBLIC, handler=documents.static_file, media="text/css",
        summary="Styles, scripts and icons of the pages.",
    ),
    *page_routes(),
)  # fmt: skip
