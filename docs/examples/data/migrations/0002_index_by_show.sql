-- kerf: no transaction
create index concurrently review_show on review (show);
