create table items (sku text primary key, title text not null, amount int not null, currency text not null);
