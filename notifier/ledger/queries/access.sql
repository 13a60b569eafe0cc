-- name: access_accounts
-- Every account of a site, revoked ones too: the console keeps them in memory and lists them.
select id, kind, name, roles, sites, person, os_user, secret_hash, state, at, detail
from account where site = :site order by id;

-- name: access_account
-- One account as it stands, before it is changed.
select id, kind, name, roles, sites, person, os_user, secret_hash, state, at, detail
from account where site = :site and id = :id {for_update};

-- name: access_credentials
-- What proves who somebody is, as far as it is still good: kept in memory beside the accounts.
select site, id, account, kind, name, detail, state, at, used_at
from credential where site = :site and state = 'good' order by id;

-- name: access_credential
-- One credential, before it is used up or moved on.
select id, account, kind, name, detail, state, at, used_at
from credential where site = :site and id = :id {for_update};

-- name: access_sessions
-- Where people are signed in, at a start.
select site, id, account, how, state, made_at, seen_at, proved_at, ends_at, address, agent
from session where site = :site and state = 'open' and ends_at > :now order by id;

-- name: access_invite
-- A link that works once, before it is used.
select id, kind, account, state, at, dies_at, made_by, detail
from invite where site = :site and id = :id {for_update};

-- name: access_open_invites
-- Links that would still work, to be taken back when a newer one is made.
select id, kind, account from invite where site = :site and kind = :kind and account = :account and state = 'open';

-- name: access_lockouts
-- Names that wait after too many wrong passwords.
select id, failures, until from lockout where site = :site and until > :now;

-- name: access_audit
-- Who did what, newest first; the list of kinds is that of the index `event_audit`, word for word.
select node, n, at, wall, kind, incident, payload from event
where site = :site and kind in (
    'signed_in', 'signed_out', 'sign_in_denied', 'denied', 'proved_again', 'credential_changed', 'account_changed',
    'personal_data_read', 'published', 'pressed', 'approval_asked', 'approval_decided', 'command_taken', 'door_opened',
    'message_typed', 'started', 'acted', 'incident_opened', 'incident_joined', 'incident_upgraded', 'late_press',
    'unverified', 'mistake_claimed', 'recalled'
)
    and (:node = '' or (at, node, n) < (select c.at, c.node, c.n from event c where c.node = :node and c.n = :n))
order by at desc, node desc, n desc limit :limit;
