create table show (
  id text primary key,
  title text not null,
  seats_left int not null check (seats_left >= 0),
  closed boolean not null default false
);
create table reservation (booking text primary key, show text not null references show, seats int not null);
