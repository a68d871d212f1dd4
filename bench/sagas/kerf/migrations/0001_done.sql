create table done (id int, step int, primary key (id, step));
