create table seen (sku text not null, version int not null, pence int not null, primary key (sku, version));
