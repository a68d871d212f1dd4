import type { UnitStatus } from "@kerf/runtime";
import type { FaultKind, ProcessFacts } from "../dev/control/protocol.ts";

const EVERY_MS = 500;

/** Counts messages that came again and were known, by the fault before them. */
export interface Repeats {
  /** From now on they are because of this. */
  because(kind: FaultKind): void;
  readonly counts: Readonly<Partial<Record<FaultKind, number>>>;
  /** Looks once more, and ends. */
  stop(): Promise<void>;
}

/** Looks at the status of each process now and then: the count of one that dies before is lost. */
export function countRepeats(processes: readonly ProcessFacts[]): Repeats {
  const counts: Partial<Record<FaultKind, number>> = {};
  const before = new Map<string, number>();
  let kind: FaultKind | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function look(): Promise<void> {
    const because = kind;
    await Promise.all(
      processes.map(async ({ name, health }) => {
        const status = await statusOf(health, 2_000);
        if (!status) return;
        const known = before.get(name);
        before.set(name, status.repeated);
        // One that began anew counts from nothing.
        const more = status.repeated - (known === undefined || known > status.repeated ? 0 : known);
        if (because && known !== undefined && more > 0) counts[because] = (counts[because] ?? 0) + more;
      }),
    );
  }
  async function go(): Promise<void> {
    await look();
    if (!stopped) timer = setTimeout(() => void go(), EVERY_MS);
  }
  void go();
  return {
    because: (next) => void (kind = next),
    counts,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await look();
    },
  };
}

/** Undefined where it cannot be had. */
export async function statusOf(
  health: string | undefined,
  timeoutMs: number,
): Promise<UnitStatus | undefined> {
  if (health === undefined) return undefined;
  try {
    const answer = await fetch(`${health}/status`, { signal: AbortSignal.timeout(timeoutMs) });
    return answer.ok ? ((await answer.json()) as UnitStatus) : undefined;
  } catch {
    return undefined;
  }
}
