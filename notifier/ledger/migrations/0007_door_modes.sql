-- Doors of access controllers: the mode that their controller last told, and what it was when a response took the door.
-- The same portable subset as 0001.
alter table door add column mode text;
alter table door add column mode_before text;
