-- What somebody started, changed or ended, and from where, stands in the audit too.
-- The same portable subset as 0001.
drop index event_audit;
create index event_audit on event (site, at) where kind in (
    'signed_in', 'signed_out', 'sign_in_denied', 'denied', 'proved_again', 'credential_changed', 'account_changed',
    'personal_data_read', 'published', 'pressed', 'approval_asked', 'approval_decided', 'command_taken', 'door_opened',
    'message_typed', 'started', 'acted', 'incident_opened', 'incident_joined', 'incident_upgraded', 'late_press',
    'unverified', 'mistake_claimed', 'recalled'
);
