import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { UnitStatus } from "@kerf/runtime";
import type { Description } from "../dev/control/protocol.ts";
import { statusOf } from "./repeats.ts";
import { seconds } from "./words.ts";

/** One thing that must hold. */
export interface AuditEntry {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** The counts of a unit that are zero when nothing is under way. */
const working = ["outbox", "undelivered", "retries", "sagas", "mailboxes"] as const;
/** The counts that must not have grown: a person would have to look. */
const givenUp = ["deadLetters", "parkedSagas"] as const;

/** Leases have run out, and what was put off for a minute has been tried again. */
const SPARE_MS = 90_000;
const COMMAND_MS = 15 * 60_000;

export type Statuses = ReadonlyMap<string, UnitStatus | undefined>;

export async function statusesOf({ processes }: Description): Promise<Statuses> {
  return new Map(
    await Promise.all(
      processes.map(async ({ name, health }) => [name, await statusOf(health, 5_000)] as const),
    ),
  );
}

/** Waits until every process has twice reported that nothing is under way: once could be between two queues. */
export async function restOf(
  description: Description,
  before: Statuses,
  signal: AbortSignal,
): Promise<AuditEntry[]> {
  const since = performance.now();
  const mostMs = description.leaseMs + SPARE_MS;
  let statuses = await statusesOf(description);
  for (let quiet = 0; ;) {
    quiet = [...statuses.values()].every((status) => status && isQuiet(status)) ? quiet + 1 : 0;
    if (quiet === 2 || performance.now() - since > mostMs) break;
    await sleep(150, undefined, { signal });
    statuses = await statusesOf(description);
  }
  const after = seconds(performance.now() - since);
  const busy = [...statuses].flatMap(([name, status]) =>
    status
      ? working.flatMap((count) => (status[count] > 0 ? [`${name}: ${count} ${status[count]}`] : []))
      : [`${name} does not answer`],
  );
  return [
    {
      name: "everything came to rest",
      ok: busy.length === 0,
      detail: busy.length === 0 ? `after ${after}` : `not within ${after}: ${busy.join(", ")}`,
    },
    ...givenUp.map((count): AuditEntry => {
      const sum = (all: Statuses) =>
        [...all.values()].reduce((total, status) => total + (status?.[count] ?? 0), 0);
      const more = sum(statuses) - sum(before);
      const what = count === "deadLetters" ? "dead letters" : "parked sagas";
      return { name: `no more ${what} than before`, ok: more <= 0, detail: `${sum(statuses)} in all` };
    }),
  ];
}

function isQuiet(status: UnitStatus): boolean {
  return working.every((count) => status[count] === 0);
}

/**
 * The application's own audit: a URL (or a path of the gateway) that must answer with 2xx, or a command that must end with
 * 0. It runs in the folder of kerf.config.ts, with KERF_GATEWAY, and writes to standard error.
 */
export async function ownAudit(
  audit: string,
  { folder, gateway }: Description,
  signal: AbortSignal,
): Promise<AuditEntry> {
  const name = `audit: ${audit}`;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(COMMAND_MS)]);
  if (/^(https?:\/)?\//.test(audit)) {
    const url = audit.startsWith("/") ? `${gateway}${audit}` : audit;
    try {
      const answer = await fetch(url, { signal: limit });
      await answer.arrayBuffer();
      return { name, ok: answer.ok, detail: `${answer.status}` };
    } catch (error) {
      signal.throwIfAborted();
      return { name, ok: false, detail: (error as Error).message };
    }
  }
  const child = spawn(audit, {
    shell: true,
    cwd: folder,
    env: { ...process.env, KERF_GATEWAY: gateway ?? "" },
    stdio: ["ignore", 2, 2],
    signal: limit,
  });
  const how = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, killed) => resolve(killed ?? `exit code ${code}`));
  });
  signal.throwIfAborted();
  return { name, ok: how === "exit code 0", detail: how };
}
