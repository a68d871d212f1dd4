create table booking (id text primary key, state text not null, reason text not null default '');
