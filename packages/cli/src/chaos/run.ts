import { setTimeout as sleep } from "node:timers/promises";
import type { Description, Fault, FaultKind } from "../dev/control/protocol.ts";
import { ownAudit, restOf, statusesOf, type AuditEntry } from "./audit.ts";
import type { ControlClient } from "./control-client.ts";
import { plan } from "./plan.ts";
import { countRepeats } from "./repeats.ts";
import type { Timeline } from "./timeline.ts";
import { seconds } from "./words.ts";

export interface ChaosOptions {
  readonly control: ControlClient;
  readonly timeline: Timeline;
  readonly seed: number;
  readonly forMs: number;
  readonly kinds: (description: Description) => readonly FaultKind[];
  /** The application's own: a command or a URL. `"none"`: nothing is audited. */
  readonly audit: string | undefined;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Breaks a session for a while, heals it, and audits it. Gives the exit code. @throws Failure where the session ends */
export async function runChaos(options: ChaosOptions): Promise<number> {
  const { control, timeline, seed, forMs, signal } = options;
  const description = await control.begin();
  const kinds = options.kinds(description);
  const before = await statusesOf(description);
  const { app, topology, processes, leaseMs } = description;
  const text = `${app} as "${topology}", ${processes.length} processes, for ${seconds(forMs)}, seed ${seed}: ${kinds.join(", ")}`;
  timeline.begin({ app, topology, processes: processes.length, seed, forMs, leaseMs, kinds }, text);

  const repeats = countRepeats(processes);
  const until = performance.now() + forMs;
  for (const { afterMs, fault } of plan(description, { seed, forMs, kinds })) {
    await sleep(Math.max(0, Math.min(afterMs, until - performance.now())), undefined, { signal }).catch(
      () => {},
    );
    if (signal.aborted || performance.now() >= until) break;
    repeats.because(fault.kind);
    await inflict(withinTime(fault, until - performance.now()), options);
  }
  const healing = performance.now();
  const healed = await control.heal();
  timeline.healed(Math.round(performance.now() - healing));

  let audit: AuditEntry[] | undefined;
  if (!signal.aborted && options.audit !== "none") {
    audit = [];
    const entry = (one: AuditEntry) => {
      audit!.push(one);
      timeline.audited(one);
    };
    try {
      for (const one of await restOf(healed, before, signal)) entry(one);
      if (options.audit !== undefined) entry(await ownAudit(options.audit, healed, signal));
    } catch (error) {
      if (!signal.aborted) throw error;
      audit = undefined;
    }
  }
  await repeats.stop();
  timeline.summary(seed, leaseMs, repeats.counts, audit);
  if (signal.aborted) return 130;
  return audit?.every(({ ok }) => ok) === false ? 1 : 0;
}

/** One after the other, so that it is known what came of which. Ctrl-C heals at once. */
async function inflict(fault: Fault, { control, timeline, signal }: ChaosOptions): Promise<void> {
  const heal = () => void control.heal().catch(() => {});
  signal.addEventListener("abort", heal, { once: true });
  try {
    timeline.fault(fault, await control.fault(fault));
  } catch (error) {
    await control.describe();
    timeline.failed(fault, (error as Error).message);
  } finally {
    signal.removeEventListener("abort", heal);
  }
}

function withinTime(fault: Fault, leftMs: number): Fault {
  return "ms" in fault ? { ...fault, ms: Math.max(1, Math.round(Math.min(fault.ms, leftMs))) } : fault;
}
