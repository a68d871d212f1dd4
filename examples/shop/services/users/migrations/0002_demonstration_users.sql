insert into users (user_id, name, address) values
  ('alice', 'Alice Example', '{"name": "Alice Example", "email": "alice@customers.example", "lines": ["1 Heart Lane", "Sheffield S1 2AB"], "country": "United Kingdom"}'),
  ('ben',   'Ben Example',   '{"name": "Ben Example",   "email": "ben@customers.example",   "lines": ["22 Lantern Row", "Leith EH6 6AA"],   "country": "United Kingdom"}');
