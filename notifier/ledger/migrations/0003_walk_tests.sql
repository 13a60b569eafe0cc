-- A few events a year are walk tests; readiness asks for the newest of each zone.
-- The same portable subset as 0001.
create index event_walk_tests on event (site, at) where kind = 'walk_tested';
