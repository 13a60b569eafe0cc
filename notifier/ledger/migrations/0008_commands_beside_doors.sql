-- The site page asks for the newest command to each strobe and each speaker output; doors have a row of their own.
-- The same portable subset as 0001.
create index command_beside_doors on command (site, device, at) where kind <> 'door';
