import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseFaults, TcpProxy, WorkFollowed } from "@kerf/runtime/faults";
import { pauseProcess, signal as send } from "./pause.ts";
import type { Done, Fault, ProcessFacts } from "./protocol.ts";

/** What faults are done to. */
export interface Subject {
  readonly database: DatabaseFaults | undefined;
  link(name: string): TcpProxy;
  processOf(name: string): ProcessFacts;
  restart(process: string): void;
  forgive(process: string): void;
  followWork(process: string): Promise<WorkFollowed | undefined>;
  /** Resolves with the pid of a process that is ready and not `except`. */
  whenReady(process: string, except: number | undefined, signal: AbortSignal): Promise<number>;
  leaseMs(): number;
}

/** After its lease another process must go on; beyond this nobody waits for it any more. */
const RECOVERY_SPARE_MS = 30_000;

/**
 * Does one thing, and undoes it: after its time, or when `signal` says so.
 * @throws Error that says why it could not be done
 */
export async function inflict(fault: Fault, subject: Subject, signal: AbortSignal): Promise<Done> {
  const since = performance.now();
  const ms = () => Math.round(performance.now() - since);
  const during = (time: number) => sleep(time, undefined, { signal }).catch(() => {});

  switch (fault.kind) {
    case "kill":
      return await kill(fault.process, subject, signal);
    case "pause": {
      const pid = await subject.whenReady(fault.process, undefined, signal);
      const goOn = pauseProcess(pid, fault.ms);
      try {
        await during(fault.ms);
      } finally {
        goOn();
      }
      return { ms: ms(), pid };
    }
    case "restart": {
      const pid = await subject.whenReady(fault.process, undefined, signal);
      subject.restart(fault.process);
      await subject.whenReady(fault.process, pid, signal);
      return { ms: ms(), pid };
    }
    case "database":
      await databaseOf(subject).restart(fault.how);
      return { ms: ms() };
    case "backends": {
      const count = await databaseOf(subject).killBackends(fault.most);
      return { ms: ms(), count };
    }
    case "exhaust": {
      const database = databaseOf(subject);
      if (fault.how === "pool") await database.lock(fault.service, fault.ms, signal);
      else return { count: await database.takeConnections(fault.ms, signal), ms: ms() };
      return { ms: ms() };
    }
    case "latency":
    case "loss": {
      const proxy = subject.link(fault.link);
      if (fault.kind === "latency") proxy.delay(fault.delayMs);
      else proxy.blackhole(true, fault.way);
      try {
        await during(fault.ms);
      } finally {
        proxy.heal();
      }
      return { ms: ms() };
    }
    case "reset":
      subject.link(fault.link).reset();
      return { ms: ms() };
    case "cut":
      subject.link(fault.link).cutInFrame(fault.way);
      return { ms: ms() };
    case "duplicate": {
      const count = await databaseOf(subject).redeliver(fault.most, signal);
      return { ms: ms(), count };
    }
  }
}

function databaseOf({ database }: Subject): DatabaseFaults {
  if (!database) throw new Error("the database is not this session's own");
  return database;
}

async function kill(name: string, subject: Subject, signal: AbortSignal): Promise<Done> {
  const pid = await subject.whenReady(name, undefined, signal);
  const work = await subject.followWork(name);
  const since = performance.now();
  const giveUp = AbortSignal.any([signal, AbortSignal.timeout(subject.leaseMs() + RECOVERY_SPARE_MS)]);
  subject.forgive(name);
  send(pid, "SIGKILL");
  const recovered = work
    ?.goesOn(giveUp)
    .then((on) => (on ? Math.round(performance.now() - since) : undefined));
  await subject.whenReady(name, pid, signal);
  const ms = Math.round(performance.now() - since);
  if (!work) return { ms, pid };
  const recoveredMs = await recovered;
  const { outbox, deliveries, sagas } = work;
  return {
    ms,
    pid,
    held: { outbox, deliveries, sagas },
    ...(recoveredMs === undefined ? {} : { recoveredMs }),
  };
}
