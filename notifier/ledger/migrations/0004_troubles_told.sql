-- When people were told of a trouble, in steady time; null: not yet. The same portable subset as 0001.
alter table trouble add column told_at double precision;
