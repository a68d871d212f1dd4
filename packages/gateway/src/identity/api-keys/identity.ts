import { StatusError, type Actor, type Log } from "kerf";
import { statSync } from "node:fs";
import { idOfApiKey, isKeyOf, type ApiKeyRecord } from "./api-key.ts";
import { readKeyFile, stampOf } from "./key-file.ts";

/** How soon a key that was revoked is refused. */
const lookMs = 2_000;

export interface ApiKeyOptions {
  readonly file: string;
  readonly log: Log;
  /** Date.now milliseconds, for tests. */
  readonly now?: () => number;
}

interface Known {
  readonly digest: Buffer;
  readonly actor: Actor;
  readonly endsAt: number;
}

/** Compared with where an id is not known, so that this takes as long. */
const nobody = Buffer.alloc(32);

/**
 * Says who has an API key of a file. The file is looked at again, when a key is used, at most every 2 s. While it cannot
 * be read, what it said last stands, and the log says so; once it is gone, no key is valid.
 * @throws DeclarationError where it cannot be read at first
 */
export function apiKeyIdentity({ file, log, now = Date.now }: ApiKeyOptions): (key: string) => Actor {
  let { keys, stamp } = readKeyFile(file);
  let known = index(keys);
  let lookedAt = now();

  function look(at: number): void {
    lookedAt = at;
    let found = "gone";
    try {
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat) found = stampOf(stat);
      if (found === stamp) return;
      keys = stat ? readKeyFile(file).keys : [];
      known = index(keys);
      log.info({ file, keys: keys.length }, "the API keys have changed");
    } catch (err) {
      log.error({ err, file }, "the API keys cannot be read: those of before stand");
    }
    // Said once for each change, also where it is one for the worse.
    stamp = found;
  }

  return (key) => {
    const at = now();
    if (at - lookedAt >= lookMs) look(at);
    const found = known.get(idOfApiKey(key) ?? "");
    if (!isKeyOf(key, found?.digest ?? nobody) || !found) throw refused("The API key is not valid.");
    if (at >= found.endsAt) throw refused("The API key has expired or was revoked.");
    return found.actor;
  };
}

function index(keys: readonly ApiKeyRecord[]): Map<string, Known> {
  return new Map(
    keys.map(({ id, sha256, actor, roles, expiresAt, revokedAt }) => [
      id,
      {
        digest: Buffer.from(sha256, "hex"),
        actor: Object.freeze({ id: actor, roles: Object.freeze([...roles]) }),
        endsAt: Math.min(...[expiresAt, revokedAt].map((time) => (time ? Date.parse(time) : Infinity))),
      },
    ]),
  );
}

function refused(message: string): StatusError {
  return new StatusError("UNAUTHENTICATED", message);
}
