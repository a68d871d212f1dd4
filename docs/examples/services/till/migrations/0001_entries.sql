create table entry (
  id bigint generated always as identity primary key,
  booking text not null,
  pence int not null,
  reference text not null
);
