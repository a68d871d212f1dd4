create table made (id int primary key, text text not null);
