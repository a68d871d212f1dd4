-- A copy of what users says, kept up to date by its events.
create table customer_name (
  user_id text collate "C" primary key,
  name    text not null,
  version integer not null
);
