-- A few events a day are canaries; a start asks for the newest. The same portable subset as 0001.
create index event_canaries on event (site, at) where kind in ('canary_sent', 'canary_over');
