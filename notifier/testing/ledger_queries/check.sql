-- name: check_seen
-- What the suite counts with: one row of the plainest table of facts.
select ref, at from seen where site = :site and ref = :ref {for_update}

-- name: check_all_seen
select ref, at from seen where site = :site order by ref

-- name: check_events
select node, n, kind, at from event where site = :site order by node, n

-- name: check_account
select detail from account where site = :site and id = :id

-- name: check_put_lane
-- Tokens are no facts: a claim changes them without an event.
insert into lane (site, name, tokens, at, open_until, failures, day, used)
values (:site, :name, :tokens, 0, 0, 0, '', 0)
on conflict (site, name) do update set tokens = excluded.tokens

-- name: check_take_tokens
update lane set tokens = tokens - :many where site = :site and name = :name and tokens >= :many returning tokens

-- name: check_lane
select tokens from lane where site = :site and name = :name
