create table line (position bigint generated always as identity primary key, sku text not null, n int not null, note text, by text not null);
create table remark (sku text not null, text text not null, by text not null);
create table voided (sku text not null, n int not null, by text not null);
create table watched (sku text primary key, n int not null, by text not null);
