create table waiting (guest text primary key, until timestamptz not null);
