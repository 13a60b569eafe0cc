-- name: access_accounts
-- Every account of a site, revoked ones too: the console keeps them in memory and lists them.
select id, kind, name, roles, sites, person, os_user, secret_hash, state, at, detail
from account where site = :site order by id;
