import { StatusError } from "kerf";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Rig } from "../rig-options.ts";

/** What says nothing of whether it happened, or that it did not: the same call with the same id is safe, and tells. */
const again = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED", "UNKNOWN"]);
const patienceMs = 30_000;

/** A rig whose `call` repeats a call, with the same id, until its outcome is known: as a careful client does. */
export function careful(rig: Rig): Rig {
  return {
    ...rig,
    call: async (member, input, given = {}) => {
      const options = { timeoutMs: 3_000, ...given, id: given.id ?? randomUUID() };
      const until = Date.now() + patienceMs;
      for (;;) {
        try {
          return await rig.call(member, input, options);
        } catch (error) {
          if (!(error instanceof StatusError && again.has(error.code)) || Date.now() > until) throw error;
          await sleep(50);
        }
      }
    },
  };
}
