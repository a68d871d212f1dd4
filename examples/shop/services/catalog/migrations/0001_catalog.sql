create table article (
  code        text collate "C" primary key,
  name        text not null check (name <> ''),
  description text not null default '',
  -- The name and the code weigh more than the description. Each is kept as English stems (hearts finds heart) and
  -- as it is written (for words that are not finished yet). A code is split at everything that is neither letter nor digit.
  words tsvector not null generated always as (
    setweight(to_tsvector('english', name), 'A') ||
    setweight(to_tsvector('simple', name), 'A') ||
    setweight(to_tsvector('simple', regexp_replace(code, '[^[:alnum:]]+', ' ', 'g')), 'A') ||
    setweight(to_tsvector('english', description), 'C') ||
    setweight(to_tsvector('simple', description), 'C')
  ) stored
);

create index article_words on article using gin (words);
create index article_by_name on article (name, code);

create table offer (
  offer_id text collate "C" primary key,
  article  text collate "C" not null references article (code),
  pence    bigint not null check (pence > 0),
  -- The newest offer of an article is the one that is shown.
  number   bigint generated always as identity unique
);

create index offer_by_article on offer (article, number desc);

-- All of these words; the last may be unfinished. Words hold letters and digits only, so none of them is syntax.
-- A word that English does not index ("the") is not asked for, unless it is the last: it may become "thermos".
create function search_query(words text[]) returns tsquery
language plpgsql immutable strict parallel safe as $$
declare
  whole  tsquery;
  stems  tsquery;
  prefix boolean;
begin
  for i in 1 .. cardinality(words) loop
    prefix := i = cardinality(words);
    stems := to_tsquery('english', words[i]);
    continue when numnode(stems) = 0 and not prefix;
    stems := stems || to_tsquery('simple', words[i] || case when prefix then ':*' else '' end);
    whole := case when whole is null then stems else whole && stems end;
  end loop;
  return whole;
end
$$;
