-- The first schema. Portable between SQLite and PostgreSQL: bigint, integer, text, double precision.
-- `site` and `node` are in every key from here on; this cannot change later (ARCHITECTURE, decision 8).

create table event (
    node text not null, n bigint not null, site text not null, incident text,
    at double precision not null, wall text not null, kind text not null,
    salt text, payload text,
    digest text not null, prev text not null, hash text not null,
    primary key (node, n)
);
create index event_by_incident on event (site, incident, node, n);

create table seal (
    node text not null, n bigint not null, at double precision not null, wall text not null,
    heads text not null, key_id text not null, signature text not null,
    primary key (node, n)
);

create table node (
    node text not null primary key, boot_id text not null, steady double precision not null,
    boottime double precision not null, wall double precision not null, version text not null
);

create table document (
    site text not null, sha text not null, path text not null, body text not null,
    primary key (site, sha)
);

create table publication (
    site text not null, version bigint not null, author text not null, comment text not null,
    at double precision not null, wall text not null, files text not null,
    primary key (site, version)
);

create table incident (
    site text not null, id text not null, code text not null, action text not null, title text not null,
    playbook text not null, publication bigint not null, run integer not null, drill integer not null,
    state text not null, scope text not null, zone text, severity text not null,
    raised_at double precision not null, raised_wall text not null, raised_by text not null, presser text not null,
    commander text, hand_off text not null, hand_off_who text, outside_paused integer not null,
    mistake_claimed integer not null, ended_by text, ended_how text, reason text, closed_at double precision,
    primary key (site, id)
);
create index incident_open on incident (site, state);

create table activation (
    site text not null, id text not null, incident text, source text not null, presser text not null,
    playbook text not null, zone text, drill integer not null, note text not null, dedupe text,
    pressed_at double precision, received_at double precision not null, received_wall text not null,
    joined integer not null, state text not null,
    primary key (site, id)
);
create index activation_by_source on activation (site, source, received_at);
create index activation_by_incident on activation (site, incident);
create unique index activation_dedupe on activation (site, source, dedupe);

create table step (
    site text not null, incident text not null, run integer not null, id text not null, phase text not null,
    playbook text not null, place integer not null, deed text not null, state text not null,
    started_at double precision, over_at double precision, expanded integer not null, approval text,
    level integer not null, detail text not null,
    primary key (site, incident, run, phase, id)
);

create table timer (
    site text not null, id text not null, incident text, kind text not null, due double precision not null,
    state text not null, data text not null,
    primary key (site, id)
);
create index timer_due on timer (site, due) where state = 'waiting';
create index timer_by_incident on timer (site, incident);

create table command (
    site text not null, id text not null, incident text not null, run integer not null, phase text not null,
    step text not null, kind text not null, device text not null, verb text not null, state text not null,
    node text, tries integer not null, due double precision not null, at double precision not null, detail text not null,
    primary key (site, id)
);
create index command_open on command (site, incident, state);

create table door (
    site text not null, id text not null, lock text not null, leaf text not null,
    commanded text, commanded_at double precision, sensed_at double precision, sensed_how text,
    before_incident text, held_by text,
    primary key (site, id)
);

create table delivery (
    site text not null, id text not null, incident text not null, run integer not null, phase text not null,
    step text not null, level integer not null, person text not null, kind text not null, address text not null,
    rank integer not null, lane text not null, priority integer not null, outside integer not null,
    segments integer not null, language text not null, words text not null, state text not null,
    due double precision not null, made_at double precision not null, attempt integer not null, node text,
    ref text, reason text, detail text, at double precision,
    primary key (site, id)
);
create index delivery_queued on delivery (site, lane, priority, due) where state = 'queued';
create index delivery_sending on delivery (site, node) where state = 'sending';
create index delivery_waiting on delivery (site, incident, run, phase, step, level) where state = 'queued';
create index delivery_in_doubt on delivery (site, incident, run, phase, step, level) where state = 'unknown';
create index delivery_by_person on delivery (site, incident, person);
create index delivery_by_ref on delivery (site, ref) where ref is not null;

create table words (
    site text not null, id text not null, incident text not null, language text not null, body text not null,
    primary key (site, id)
);

create table lane (
    site text not null, name text not null, tokens double precision not null, at double precision not null,
    open_until double precision not null, failures integer not null, day text not null, used bigint not null,
    primary key (site, name)
);

create table answer (
    site text not null, id text not null, incident text not null, person text, room text, answer text not null,
    text text not null, channel text not null, ref text, at double precision not null, wall text not null,
    check_it integer not null,
    primary key (site, id)
);
create index answer_by_incident on answer (site, incident, person);

create table room (
    site text not null, incident text not null, id text not null, state text not null, by_whom text,
    at double precision,
    primary key (site, incident, id)
);

create table approval (
    site text not null, id text not null, incident text not null, what text not null, state text not null,
    first text not null, first_name text not null, second text, second_name text, reason text not null,
    asked_at double precision not null, expires double precision not null, data text not null,
    primary key (site, id)
);
create index approval_by_incident on approval (site, incident);

create table task (
    site text not null, id text not null, incident text, kind text not null, subject text not null,
    text text not null, state text not null, owner text, owner_name text, at double precision not null,
    moved_at double precision,
    primary key (site, id)
);
create index task_by_incident on task (site, incident, state);

create table trouble (
    site text not null, id text not null, kind text not null, subject text not null, text text not null,
    state text not null, raised_at double precision not null, raised_wall text not null, moved_at double precision,
    by_whom text,
    primary key (site, id)
);

create table opt_out (
    site text not null, kind text not null, address text not null, lane text not null, at double precision not null,
    active integer not null,
    primary key (site, kind, address, lane)
);

create table seen (
    site text not null, ref text not null, at double precision not null,
    primary key (site, ref)
);

create table account (
    site text not null, id text not null, kind text not null, name text not null, roles text not null,
    sites text not null, person text, os_user integer, secret_hash text, state text not null,
    at double precision not null, detail text not null,
    primary key (site, id)
);
create index account_by_secret on account (secret_hash);

create table link (
    site text not null, hash text not null, incident text not null, person text not null,
    dies_at double precision,
    primary key (site, hash)
);
create index link_by_person on link (site, incident, person);
