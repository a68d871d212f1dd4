create table handled (id int primary key, text text not null);
