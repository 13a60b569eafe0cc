-- Browsers that people registered for push; one that let go stays as a row without its address.
-- The same portable subset as 0001.
create table browser (
    site text not null, id text not null, person text not null, address text not null, agent text not null,
    state text not null, at double precision not null, gone_at double precision,
    primary key (site, id)
);
create index browser_of_person on browser (site, person);
