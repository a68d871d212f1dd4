create table sold (show text primary key, seats int not null);
