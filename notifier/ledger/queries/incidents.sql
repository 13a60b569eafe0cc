-- name: lock_site
-- Before everything else, by whoever may open an incident or publish: two nodes that find nothing would both open one.
-- There is no row that every site has from its first moment on, so it is a named lock of this transaction.
select 1 as held{lock_of_site}

-- name: open_incidents
select * from incident where site = :site and state <> 'closed' order by raised_at

-- name: lock_open_incidents
-- What a press joins must not be closed by another node meanwhile. In the order in which all bodies lock several.
select * from incident where site = :site and state <> 'closed' order by id {for_update}

-- name: lock_incident
-- A writing body locks the incident first; on SQLite the one writer is the lock.
select * from incident where site = :site and id = :id {for_update}

-- name: incident_by_id
select * from incident where site = :site and id = :id

-- name: incidents_page
select * from incident where site = :site and raised_at < :before order by raised_at desc limit :limit

-- name: ended_since
-- Whether anything live ended since: a late press then only asks.
select id from incident where site = :site and drill = 0 and state = 'closed' and closed_at >= :since
    and ended_how is not null limit 1

-- name: last_ended
-- The live response whose end, decided or over, a late press asks about.
select * from incident where site = :site and drill = 0 and ended_how is not null order by raised_at desc limit 1

-- name: last_drill
select raised_wall, title, closed_at from incident where site = :site and drill = 1 order by raised_at desc limit 1

-- name: zones_of_incident
select distinct zone from activation where site = :site and incident = :incident and zone is not null

-- name: activation_by_dedupe
select * from activation where site = :site and source = :source and dedupe = :dedupe

-- name: recent_activation
-- Another playbook or another zone is another press: the second may be for something worse, or a location fix.
select * from activation where site = :site and source = :source and received_at >= :since and dedupe is null
    and drill = :drill and playbook = :playbook and coalesce(zone, '') = :zone order by received_at desc limit 1

-- name: last_press
select received_at, received_wall, presser, drill, state from activation where site = :site and source = :source
    order by received_at desc limit 1

-- name: activation_by_id
select * from activation where site = :site and id = :id

-- name: activations_of_incident
select * from activation where site = :site and incident = :incident order by received_at

-- name: steps_of_incident
select * from step where site = :site and incident = :incident order by run, phase, place

-- name: step_by_key
select * from step where site = :site and incident = :incident and run = :run and phase = :phase and id = :id

-- name: lock_step
-- By whoever writes its messages: two nodes would queue again what the other has sent.
select * from step where site = :site and incident = :incident and run = :run and phase = :phase and id = :id
    {for_update}

-- name: incident_of_timer
-- Read without a lock: every body locks the incident first, then what belongs to it.
select incident from timer where site = :site and id = :id

-- name: lock_timer
select * from timer where site = :site and id = :id {for_update}

-- name: next_due
select min(due) as due from timer where site = :site and state = 'waiting'

-- name: due_timers
select id, due, kind from timer where site = :site and state = 'waiting' and due <= :now order by due limit :limit

-- name: incidents_of_due_timers
select id, incident from timer where site = :site and state = 'waiting' and due <= :now order by due limit :limit

-- name: lock_due_timers
select * from timer where site = :site and state = 'waiting' and due <= :now order by due limit :limit {for_update}

-- name: waiting_timers_of_kind
select * from timer where site = :site and state = 'waiting' and kind = :kind order by due, id

-- name: waiting_timers_of_incident
select * from timer where site = :site and incident = :incident and state = 'waiting'

-- name: timer_waits
-- Whether one waits whose id begins with `mark`, which is `size` long.
select 1 as waits from timer where site = :site and incident = :incident and state = 'waiting'
    and substr(id, 1, :size) = :mark limit 1

-- name: rooms_of_incident
select * from room where site = :site and incident = :incident

-- name: room_of_incident
select * from room where site = :site and incident = :incident and id = :id

-- name: incident_of_approval
-- Read without a lock: every body locks the incident first, then what belongs to it.
select incident from approval where site = :site and id = :id

-- name: approval_by_id
select * from approval where site = :site and id = :id {for_update}

-- name: approval_seen
select * from approval where site = :site and id = :id

-- name: approvals_of_kind
select * from approval where site = :site and incident = '' and what = :what
order by state = 'asked' desc, asked_at desc limit :limit

-- name: open_approval
select * from approval where site = :site and incident = :incident and what = :what and state = 'asked'

-- name: approvals_of_site
select * from approval where site = :site order by asked_at desc limit 100

-- name: approvals_of_incident
select * from approval where site = :site and incident = :incident order by asked_at

-- name: task_by_id
select * from task where site = :site and id = :id {for_update}

-- name: tasks_open
select * from task where site = :site and state <> 'done' order by at

-- name: tasks_of_incident
select * from task where site = :site and incident = :incident order by at

-- name: trouble_by_id
select * from trouble where site = :site and id = :id {for_update}

-- name: troubles
select * from trouble where site = :site and state <> 'cleared' order by raised_at

-- name: events_of_incident
select e.node, e.n, e.at, e.wall, e.kind, e.site, e.incident, e.payload from event e
where e.site = :site and e.incident = :incident
    and (:node = '' or (e.at, e.node, e.n) > (select c.at, c.node, c.n from event c where c.node = :node and c.n = :n))
order by e.at, e.node, e.n limit :limit

-- name: events_of_incident_back
select e.node, e.n, e.at, e.wall, e.kind, e.site, e.incident, e.payload from event e
where e.site = :site and e.incident = :incident
    and (:node = '' or (e.at, e.node, e.n) < (select c.at, c.node, c.n from event c where c.node = :node and c.n = :n))
order by e.at desc, e.node desc, e.n desc limit :limit

-- name: events_of_incident_by_node
select e.node, e.n, e.at, e.wall, e.kind, e.site, e.incident, e.payload from event e
where e.site = :site and e.incident = :incident and e.node = :node and e.n > :n
order by e.n limit :limit

-- name: events_of_site_by_node
select e.node, e.n, e.at, e.wall, e.kind, e.site, e.incident, e.payload from event e
where e.site = :site and e.node = :node and e.n > :n and e.kind not in (
        'signed_in', 'signed_out', 'sign_in_denied', 'denied', 'proved_again', 'credential_changed',
        'personal_data_read', 'session_seen', 'acted'
    )
order by e.n limit :limit

-- name: newest_of_incident
-- For a board: without what only counts, or says what the board shows beside it.
select e.node, e.n, e.at, e.wall, e.kind, e.site, e.incident, e.payload from event e
where e.site = :site and e.incident = :incident and e.kind not in (
    'deliveries_queued', 'deliveries_settled', 'deliveries_reported', 'step_started', 'step_over', 'timer_fired',
    'session_seen', 'personal_data_read')
order by e.at desc, e.node desc, e.n desc limit :limit

-- name: brought_back
-- What a node says of stretches that it kept in memory while its store was gone.
select n, payload from event where site = :site and incident is null and node = :node and kind = 'merged'
    and payload is not null order by n

-- name: duress_of_incident
-- Few of an incident's events, looked for once after each of them.
select e.node, e.n, e.at, e.wall, e.kind, e.site, e.incident, e.payload from event e
where e.site = :site and e.incident = :incident and e.kind = 'duress'
order by e.at, e.node, e.n

-- name: events_of_site
select e.node, e.n, e.at, e.wall, e.kind, e.site, e.incident, e.payload from event e
where e.site = :site and e.kind not in (
        'signed_in', 'signed_out', 'sign_in_denied', 'denied', 'proved_again', 'credential_changed',
        'personal_data_read', 'session_seen', 'acted'
    )
    and (:node = '' or (e.at, e.node, e.n) > (select c.at, c.node, c.n from event c where c.node = :node and c.n = :n))
order by e.at, e.node, e.n limit :limit

-- name: walk_tests
-- Newest first; as many as a school of many zones writes down in years.
select wall, payload from event where site = :site and kind = 'walk_tested' and payload is not null
order by at desc, node desc, n desc limit 2000

-- name: last_canary
select at, kind, payload from event where site = :site and kind in ('canary_sent', 'canary_over')
    and payload is not null order by at desc, node desc, n desc limit 1

-- name: recall_reports
select payload from event where site = :site and incident = :incident and kind = 'recalled' and payload is not null

-- name: heads
select node, max(n) as n from event group by node order by node

-- name: seen_by_ref
select ref from seen where site = :site and ref = :ref

-- name: closed_incidents
select id, code, drill, closed_at from incident where site = :site and state = 'closed' order by closed_at
