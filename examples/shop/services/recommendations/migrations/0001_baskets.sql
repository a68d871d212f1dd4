-- What was bought together: one basket for each confirmed order. Everything else is counted from them.
create table basket (
  number   bigint generated always as identity primary key,
  order_id text collate "C" not null unique
);

create table basket_article (
  number  bigint not null references basket,
  article text collate "C" not null,
  primary key (number, article)
);

-- The newest baskets that hold an article.
create index basket_article_newest on basket_article (article, number desc);
