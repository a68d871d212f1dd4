-- For the demonstration catalogue: KG1001 to KG1132. Every eleventh article is scarce.
insert into stock (article, opening, available)
select 'KG' || n, pieces, pieces
  from generate_series(1001, 1132) n, lateral (select case when n % 11 = 5 then 3 else 200 + n % 7 * 50 end as pieces) p;
