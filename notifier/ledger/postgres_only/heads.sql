-- What a store on a server needs beside the tables of the migrations: which store it is, and where each chain ends,
-- so that whoever commits sees at once whether others wrote, and that nobody else writes its own chain.
create table if not exists store (id text not null primary key);
create table if not exists head (
    node text not null primary key, n bigint not null, hash text not null, at double precision not null
);
create table if not exists applied (name text not null primary key);
