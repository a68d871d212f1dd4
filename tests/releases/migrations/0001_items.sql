create table items (sku text primary key, additions int not null default 1);
