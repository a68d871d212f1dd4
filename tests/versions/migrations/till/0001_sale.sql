create table sale (sku text, n int);
