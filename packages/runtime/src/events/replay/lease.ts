import type { ReplayHolder, ReplayJournal } from "../../journal/replay-journal.ts";
import type { ServicePort } from "../../service/port.ts";
import { inTransaction } from "../../work/in-transaction.ts";

/** Renews the lease of a replay at a third of its length; `lost` is called where somebody else has it. */
export function keepLease(
  port: ServicePort,
  journal: ReplayJournal,
  id: number,
  by: ReplayHolder,
  lost: () => void,
): { stop(): void } {
  let stopped = false;
  let cancel = (): void => {};
  const plan = (): void => {
    if (!stopped) cancel = port.clock.after(by.leaseMs / 3, () => void renew());
  };
  async function renew(): Promise<void> {
    try {
      const held = await inTransaction(port, (run) => journal.holdReplay(run, id, by));
      // Its end ends the lease too: nobody took that.
      if (!held && !stopped) lost();
    } catch (error) {
      port.log.warn({ err: error }, "the lease of the replay could not be renewed; trying again");
    }
    plan();
  }
  plan();
  return {
    stop() {
      stopped = true;
      cancel();
    },
  };
}
