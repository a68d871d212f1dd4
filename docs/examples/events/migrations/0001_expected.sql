create table expected (show text primary key, guests int not null, bookings int not null);
