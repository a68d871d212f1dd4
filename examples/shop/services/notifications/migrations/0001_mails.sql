create table mail (
  number      bigint generated always as identity primary key,
  -- One mail for each Message-ID, however often it is sent.
  message_id  text collate "C" not null unique,
  kind        text not null check (kind in ('confirmation', 'refusal', 'refund')),
  order_id    text collate "C",
  return_id   text collate "C",
  customer_id text collate "C",
  recipient   text not null,
  subject     text not null,
  body        text not null,
  -- Whether it left by SMTP, or is only kept here to be read.
  provider    text not null check (provider in ('smtp', 'local')),
  sent_at     timestamptz not null default now(),
  check ((kind = 'refund') = (return_id is not null)),
  check ((kind <> 'refund') = (order_id is not null))
);

create index mail_by_order on mail (order_id) where order_id is not null;
create index mail_by_customer on mail (customer_id, number desc);
