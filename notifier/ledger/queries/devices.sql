-- name: lock_command
select * from command where site = :site and id = :id {for_update}

-- name: commands_of_incident
select run, phase, step, kind, device, verb, state from command where site = :site and incident = :incident

-- name: commands_full
select * from command where site = :site and incident = :incident order by at

-- name: commands_of_step
select * from command where site = :site and incident = :incident and run = :run and phase = :phase and step = :step

-- name: open_commands
-- Secure, release, signal and page commands that a dead process left; an unlock is never repeated by itself.
select * from command where site = :site and incident = :incident and verb <> 'restore'
    and state in ('queued', 'sending')

-- name: unproven_doors_to_retry
select * from command where site = :site and incident = :incident and kind = 'door' and verb = 'secure'
    and state = 'not_proven'

-- name: open_restores
-- Of this node; of another one only if it began before `over`: until then that node is at work with the door.
select * from command where site = :site and verb = 'restore' and state in ('queued', 'sending')
    and (node = :node or at < :over)

-- name: last_command_of
select * from command where site = :site and incident = :incident and device = :device and kind = 'door'
    and verb = 'secure' order by run desc, at desc limit 1

-- name: newest_commands
-- What a strobe, or a kind of speaker output, was told of late: newest first. Doors have a row of their own.
select id, run, phase, verb, state, at, detail, incident from command where site = :site and device = :device
    and kind <> 'door' and kind = :kind order by at desc limit :limit

-- name: doors_not_proven
select distinct device, state from command where site = :site and incident = :incident and kind = 'door'
    and verb = 'secure' and state in ('sending', 'not_proven')

-- name: lit_signals
-- Everything this incident told to come on: a signal that did not seem to obey may still be on.
select distinct device from command where site = :site and incident = :incident and kind = 'signal' and verb = 'on'

-- name: lit_elsewhere
select distinct c.device from command c join incident i on i.site = c.site and i.id = c.incident
where c.site = :site and c.incident <> :incident and c.kind = 'signal' and c.verb = 'on'
    and i.state in ('raised', 'active', 'releasing')

-- name: doors_held_elsewhere
-- Doors that another open response has locked: they stay as they are, whatever this one's end asks for.
select c.device, c.incident from command c join incident i on i.site = c.site and i.id = c.incident
where c.site = :site and c.incident <> :incident and c.kind = 'door' and c.verb = 'secure'
    and i.state in ('raised', 'active', 'releasing') order by i.raised_at desc

-- name: doors_of_site
select * from door where site = :site

-- name: lock_door
select * from door where site = :site and id = :id {for_update}

-- name: held_doors
select * from door where site = :site and held_by is not null
