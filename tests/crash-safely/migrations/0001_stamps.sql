create table stamp (id text not null);
