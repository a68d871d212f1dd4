/** Times and durations in microseconds, times since 1970. Ids are bytes. Rows are in the order in which they came. */
export const VERSION = 2;

export const schema = `
CREATE TABLE sender (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  service TEXT NOT NULL,
  unit TEXT,
  instance TEXT
);
CREATE TABLE span (
  id INTEGER PRIMARY KEY,
  trace BLOB NOT NULL,
  span BLOB NOT NULL,
  parent BLOB,
  sender INTEGER NOT NULL,
  service TEXT NOT NULL,
  member TEXT,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  start INTEGER NOT NULL,
  duration INTEGER NOT NULL,
  status INTEGER NOT NULL,
  message TEXT,
  attributes TEXT NOT NULL,
  events TEXT,
  links TEXT
);
CREATE INDEX span_trace ON span (trace);
CREATE INDEX span_service ON span (service, start);
CREATE INDEX span_member ON span (member, start) WHERE member IS NOT NULL;
CREATE INDEX span_error ON span (start) WHERE status = 2;
CREATE TABLE trace (
  trace BLOB PRIMARY KEY,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  spans INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  name TEXT,
  service TEXT
) WITHOUT ROWID;
CREATE INDEX trace_start ON trace (start);
CREATE TABLE link (
  id INTEGER PRIMARY KEY,
  trace BLOB NOT NULL,
  linked BLOB NOT NULL
);
CREATE INDEX link_trace ON link (trace);
CREATE INDEX link_linked ON link (linked);
CREATE TABLE log (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  sender INTEGER NOT NULL,
  service TEXT NOT NULL,
  unit TEXT,
  member TEXT,
  message TEXT NOT NULL,
  trace BLOB,
  span BLOB,
  attributes TEXT NOT NULL
);
CREATE INDEX log_trace ON log (trace) WHERE trace IS NOT NULL;
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  unit TEXT NOT NULL,
  description TEXT NOT NULL,
  sender INTEGER NOT NULL,
  attributes TEXT NOT NULL
);
CREATE INDEX series_name ON series (name);
CREATE TABLE point (
  id INTEGER PRIMARY KEY,
  series INTEGER NOT NULL,
  at INTEGER NOT NULL,
  value REAL NOT NULL,
  count REAL NOT NULL,
  buckets TEXT
);
CREATE INDEX point_series ON point (series, at);
CREATE TABLE flow (
  slot INTEGER NOT NULL,
  kind TEXT NOT NULL,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  member TEXT NOT NULL,
  local INTEGER NOT NULL,
  count INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  durations TEXT NOT NULL,
  asked INTEGER NOT NULL,
  askedBytes INTEGER NOT NULL,
  replied INTEGER NOT NULL,
  repliedBytes INTEGER NOT NULL,
  PRIMARY KEY (slot, kind, source, target, member, local)
) WITHOUT ROWID;
`;
