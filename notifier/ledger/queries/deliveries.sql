-- name: lane_of
select * from lane where site = :site and name = :name {for_update}

-- name: put_lane
insert into lane (site, name, tokens, at, open_until, failures, day, used)
values (:site, :name, :tokens, :at, 0, 0, :day, :used)
on conflict (site, name) do update set tokens = excluded.tokens, at = excluded.at, day = excluded.day,
    used = excluded.used

-- name: claim_deliveries
-- Urgent ones first, only of incidents that still want them, and only while tokens are left before each.
-- Without an incident: a notice about something that is none yet (engine/notices.py).
-- outside: 0 inside, 1 outside (may be paused or drained), 2 police, EMS and fire (never).
-- A correction never overtakes what it corrects: an agency that hears "mistake" and then "lockdown" believes the last.
update delivery set state = 'sending', node = :node, attempt = attempt + 1
where site = :site and id in (
    select id from (
        select id, sum(segments) over (order by priority, due, id rows unbounded preceding) - segments as before
        from (
            select d.id, d.priority, d.due, d.segments
            from delivery d left join incident i on i.site = d.site and i.id = d.incident
            where d.site = :site and d.lane = :lane and d.state = 'queued' and d.due <= :now
                and d.priority <= :most
                and ((d.phase = 'main' and (i.state in ('active', 'releasing') or (d.outside = 2 and i.state = 'closing')))
                    or (d.phase <> 'main' and (i.state is null or i.state in ('closing', 'closed'))))
                and (d.outside <> 2 or d.phase = 'main' or not exists (
                    select 1 from delivery e where e.site = d.site and e.incident = d.incident and e.person = d.person
                        and e.kind = d.kind and e.phase = 'main' and e.state in ('queued', 'sending', 'unknown')))
                and (coalesce(i.outside_paused, 0) = 0 or d.outside <> 1 or d.phase <> 'main')
            order by d.priority, d.due limit :room {claim}
        ) wanted
    ) counted
    where before <= cast(:tokens as double precision)
)
returning site, id, incident, run, phase, step, level, person, kind, address, lane, outside, words, attempt, segments,
    made_at, node, state

-- name: lane_has_due
select 1 as one from delivery where site = :site and lane = :lane and state = 'queued' and due <= :now limit 1

-- name: held_deliveries
select id, incident, lane, attempt from delivery where site = :site and node = :node and state = 'sending'

-- name: delivery_by_id
select * from delivery where site = :site and id = :id {for_update}

-- name: delivery_by_ref
select * from delivery where site = :site and ref = :ref {for_update}

-- name: unknown_deliveries
select * from delivery where site = :site and state = 'unknown'

-- name: queued_of_incident
-- In the order of the index of those that wait: else each call reads again what earlier ones have stopped.
-- Locked, as wherever something queued is stopped or moved: what another node claims meanwhile is left to it.
select id from delivery d where site = :site and incident = :incident and phase = 'main' and state = 'queued'
    and (outside <> 2 or :agencies = 1) order by run limit :limit {for_update}

-- name: queued_closing
select id from delivery where site = :site and incident = :incident and phase <> 'main' and state = 'queued'
    and (outside <> 2 or :agencies = 1) limit :limit {for_update}

-- name: queued_of_person
select d.id from delivery d join words w on w.site = d.site and w.id = d.words
where d.site = :site and d.incident = :incident and d.person = :person and d.phase = 'main' and d.state = 'queued'
    and (d.outside <> 2 or :agencies = 1) and w.body like '%"answers":["%' limit :limit {of_delivery}

-- name: queued_of_lane
select id, incident from delivery where site = :site and lane = :lane and state = 'queued' limit :limit {for_update}

-- name: step_has_open
-- Of the step's own messages: what tells an escalation or asks an approver is not its first round.
-- One small index each; the limit keeps the third, which has at most a window of rows per lane, from being looked up
-- among all of the incident's.
select 1 as one from delivery where site = :site and incident = :incident and run = :run and phase = :phase
    and step = :step and level = 0 and state = 'queued'
union all
select 1 from delivery where site = :site and incident = :incident and run = :run and phase = :phase
    and step = :step and level = 0 and state = 'unknown'
union all
select 1 from (select incident, run, phase, step, level from delivery where site = :site and state = 'sending' limit 100000) d
    where incident = :incident and run = :run and phase = :phase and step = :step and level = 0
limit 1

-- name: step_has_reached
select 1 as one from delivery where site = :site and incident = :incident and run = :run and phase = :phase
    and step = :step and level = 0 and state in ('sent', 'delivered', 'read') limit 1

-- name: people_of_step
-- Those the step itself asked; an escalation's people are told, not asked.
select distinct person from delivery where site = :site and incident = :incident and run = :run and phase = :phase
    and step = :step and level = 0

-- name: asked_people
select distinct d.person from delivery d join words w on w.site = d.site and w.id = d.words
where d.site = :site and d.incident = :incident and d.phase = 'main' and d.level = 0 and w.body like '%"answers":["%'

-- name: reached_people
-- People to whom something left, may have left, or will leave all the same: agencies' messages are not drained.
select distinct person from delivery where site = :site and incident = :incident and phase = 'main'
    and (state in ('sent', 'delivered', 'read', 'sending', 'unknown') or (outside = 2 and state = 'queued'))

-- name: addressed_people
-- People who were written to, whether it arrived or not.
select distinct person from delivery where site = :site and incident = :incident and phase = 'main'
    and state not in ('recalled', 'expired')

-- name: people_told
-- Everybody whom a notice about something that is no incident was written to.
select distinct person from delivery where site = :site and incident = :incident and state not in ('recalled', 'expired')
    order by person

-- name: checks_of_person
-- Checks of one person's addresses, newest first.
select * from delivery where site = :site and incident = :incident and person = :person order by made_at desc, id
    limit 20

-- name: main_delivery_states
select state, count(*) as n from delivery where site = :site and incident = :incident and phase = 'main' group by state

-- name: delivery_counts
select phase, kind, lane, state, count(*) as n from delivery where site = :site and incident = :incident
group by phase, kind, lane, state

-- name: notice_counts
-- Messages about an incident that are no step's: in one that is open, only those that tell of duress.
select kind, state, count(*) as n from delivery where site = :site and incident = :incident and step = '_notice'
group by kind, state

-- name: outside_counts
select sum(case when state in ('sent', 'delivered', 'read') then 1 else 0 end) as left_us,
    sum(case when state = 'queued' then 1 else 0 end) as waiting
from delivery where site = :site and incident = :incident and phase = 'main' and outside = 1

-- name: deliveries_page
select * from delivery where site = :site and incident = :incident and id > :after order by id limit :limit

-- name: deliveries_page_in_state
select * from delivery where site = :site and incident = :incident and state = :state and id > :after
order by id limit :limit

-- name: words_by_id
select * from words where site = :site and id = :id

-- name: last_incident_of_address
select incident, max(made_at) as at from delivery where site = :site and kind = :kind and address = :address
group by incident order by at desc

-- name: questions_to_person
-- What this person was asked in an incident, by the channel of their reply first, the newest first.
select w.body from delivery d join words w on w.site = d.site and w.id = d.words
where d.site = :site and d.incident = :incident and d.person = :person and w.body like '%"answers":["%'
order by case when d.kind = :kind then 0 else 1 end, d.made_at desc limit 1

-- name: answers_of_incident
select * from answer where site = :site and incident = :incident order by at

-- name: answer_by_id
select id from answer where site = :site and id = :id

-- name: links_of_incident
select hash from link where site = :site and incident = :incident and dies_at is null

-- name: link_by_hash
select * from link where hash = :hash

-- name: browsers
select * from browser where site = :site

-- name: browsers_of_person
select * from browser where site = :site and person = :person

-- name: opt_outs
select * from opt_out where site = :site and active = 1
