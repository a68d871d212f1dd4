import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { errors, type Adapter, type AdapterPayload } from "oidc-provider";

/** More than this many records, and those that end soonest go: strangers can begin as many log-ins as they like. */
const MOST_RECORDS = 10_000;
const SWEEP_EVERY = 200;

export interface Store {
  /** What the provider keeps of one kind: sessions, grants, codes … */
  adapter(kind: string): Adapter;
  close(): void;
}

/** Keeps what the provider remembers in `sessions.sqlite` of the folder, so that a restart forgets nobody. */
export function openStore(dataDir: string, mostRecords = MOST_RECORDS): Store {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, "sessions.sqlite");
  // SQLite would make it readable by others; its journal takes over the mode.
  closeSync(openSync(file, "a", 0o600));
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS records (
      kind text NOT NULL,
      id text NOT NULL,
      payload text NOT NULL,
      grant_id text,
      uid text,
      consumed_at integer,
      expires_at integer NOT NULL,
      PRIMARY KEY (kind, id)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS records_by_grant ON records (grant_id) WHERE grant_id IS NOT NULL;
    CREATE INDEX IF NOT EXISTS records_by_uid ON records (kind, uid) WHERE uid IS NOT NULL;
    CREATE INDEX IF NOT EXISTS records_by_end ON records (expires_at);
  `);
  const put = database.prepare(`
    INSERT INTO records (kind, id, payload, grant_id, uid, expires_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (kind, id) DO UPDATE
      SET payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid, expires_at = excluded.expires_at
  `);
  const byId = database.prepare(
    "SELECT payload, consumed_at FROM records WHERE kind = ? AND id = ? AND expires_at > ?",
  );
  const byUid = database.prepare(
    "SELECT payload, consumed_at FROM records WHERE kind = ? AND uid = ? AND expires_at > ?",
  );
  const consume = database.prepare(
    "UPDATE records SET consumed_at = ? WHERE kind = ? AND id = ? AND consumed_at IS NULL",
  );
  const remove = database.prepare("DELETE FROM records WHERE kind = ? AND id = ?");
  const removeGrant = database.prepare("DELETE FROM records WHERE grant_id = ?");
  const removeOver = database.prepare("DELETE FROM records WHERE expires_at <= ?");
  const removeSurplus = database.prepare(`
    DELETE FROM records WHERE rowid IN (
      SELECT rowid FROM records ORDER BY expires_at
      LIMIT max(0, (SELECT count(*) FROM records) - ?)
    )
  `);
  let writes = 0;

  function sweep(): void {
    if (writes++ % SWEEP_EVERY !== 0) return;
    removeOver.run(seconds());
    removeSurplus.run(mostRecords);
  }

  return {
    adapter: (kind) => ({
      async upsert(id, payload, expiresIn) {
        sweep();
        // Everything has an end here, also what the provider would keep for ever.
        const expiresAt = seconds() + Math.ceil(expiresIn ?? 14 * 86_400);
        put.run(kind, id, JSON.stringify(payload), payload.grantId ?? null, payload.uid ?? null, expiresAt);
      },
      async find(id) {
        return payloadOf(byId.get(kind, id, seconds()));
      },
      async findByUid(uid) {
        return payloadOf(byUid.get(kind, uid, seconds()));
      },
      // Of the device flow, which is off.
      async findByUserCode() {},
      async consume(id) {
        // Two requests with one code may both have read it as unused: one of them gets it.
        if (consume.run(seconds(), kind, id).changes === 0) throw new errors.InvalidGrant("already consumed");
      },
      async destroy(id) {
        remove.run(kind, id);
      },
      async revokeByGrantId(grantId) {
        removeGrant.run(grantId);
      },
    }),
    close: () => database.close(),
  };
}

function payloadOf(row: Record<string, unknown> | undefined): AdapterPayload | undefined {
  if (!row) return undefined;
  const payload = JSON.parse(String(row["payload"])) as AdapterPayload;
  return row["consumed_at"] === null ? payload : { ...payload, consumed: row["consumed_at"] };
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
