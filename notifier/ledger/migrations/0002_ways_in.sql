-- What proves who somebody is, where they are signed in, links that work once, and names that have to wait.
-- The same portable subset as 0001.

create table credential (
    site text not null, id text not null, account text not null, kind text not null, name text not null,
    detail text not null, state text not null, at double precision not null, used_at double precision,
    primary key (site, id)
);
create index credential_by_account on credential (site, account);

create table session (
    site text not null, id text not null, account text not null, how text not null, state text not null,
    made_at double precision not null, seen_at double precision not null, proved_at double precision not null,
    ends_at double precision not null, address text not null, agent text not null,
    primary key (site, id)
);
create index session_open on session (site, ends_at) where state = 'open';

create table invite (
    site text not null, id text not null, kind text not null, account text not null, state text not null,
    at double precision not null, dies_at double precision not null, made_by text not null, detail text not null,
    primary key (site, id)
);

create table lockout (
    site text not null, id text not null, failures integer not null, until double precision not null,
    primary key (site, id)
);

-- Few events are of these kinds, and who asks for them wants the newest first.
create index event_audit on event (site, at) where kind in (
    'signed_in', 'signed_out', 'sign_in_denied', 'denied', 'proved_again', 'credential_changed', 'account_changed',
    'personal_data_read', 'published', 'pressed', 'approval_asked', 'approval_decided', 'command_taken', 'door_opened',
    'message_typed', 'started'
);
