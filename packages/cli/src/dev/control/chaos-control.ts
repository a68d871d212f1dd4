import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseFaults, WorkFollowed } from "@kerf/runtime/faults";
import { inflict, type Subject } from "./inflict.ts";
import type { Links } from "./links.ts";
import { type Description, type Fault, LONGEST_MS, type ProcessFacts } from "./protocol.ts";
import type { Control } from "./socket.ts";

/** What `kerf chaos` may do to a session: the supervisor's side. */
export interface ControlledSession {
  describe(): Omit<Description, "links" | "database">;
  /** Undefined where the database is not this session's own. */
  readonly database: DatabaseFaults | undefined;
  /** Puts proxies between the units, and restarts them so that they use them; once, later calls give the same. */
  interpose(): Promise<Links>;
  /** Ends a process properly, and starts it again. */
  restart(process: string): void;
  /** Its next end is not its own fault. */
  forgive(process: string): void;
  /** Notes the work that a process holds; undefined where it has no database, or that is away. */
  followWork(process: string): Promise<WorkFollowed | undefined>;
}

/** Many processes that start at once, on a machine that others use too. */
const READY_MS = 180_000;

/** Answers the control socket. One connection at a time may break things, and what it broke is healed when it closes. */
export function chaosControl(session: ControlledSession): () => Control {
  let owner: Control | undefined;

  return () => {
    /** Aborted to end every fault of this connection; replaced then. */
    let faults = new AbortController();
    let links: Links | undefined;
    let closed = false;

    const subject: Subject = {
      database: session.database,
      link: (name) => {
        if (!links) throw new Error("no session was begun");
        return links.get(name);
      },
      processOf: (name) => processOf(session, name),
      restart: (name) => session.restart(name),
      forgive: (name) => session.forgive(name),
      followWork: (name) => session.followWork(name),
      whenReady: (name, pid, signal) => whenReady(session, name, pid, signal),
      leaseMs: () => session.describe().leaseMs,
    };

    const heal = (): void => {
      faults.abort();
      faults = new AbortController();
      links?.heal();
    };

    const control: Control = {
      async handle(request) {
        switch (request.do) {
          case "describe":
            return describe(session, links);
          case "begin":
            if (owner && owner !== control) throw new Error("another kerf chaos is at work in this session");
            owner = control;
            links = await session.interpose();
            await allReady(session, () => closed);
            return describe(session, links);
          case "fault":
            if (owner !== control) throw new Error("begin comes first");
            return await inflict(bounded(request.fault), subject, faults.signal);
          case "heal":
            if (owner === control) heal();
            await allReady(session, () => closed);
            return describe(session, links);
        }
      },
      close() {
        closed = true;
        heal();
        if (owner === control) owner = undefined;
      },
    };
    return control;
  };
}

function describe(session: ControlledSession, links: Links | undefined): Description {
  return { ...session.describe(), links: links?.names ?? [], database: session.database !== undefined };
}

function processOf(session: ControlledSession, name: string): ProcessFacts {
  const found = session.describe().processes.find((one) => one.name === name);
  if (!found) throw new Error(`there is no process "${name}"`);
  return found;
}

/** Resolves with the pid of a process that is ready and not `except`. */
async function whenReady(
  session: ControlledSession,
  name: string,
  except: number | undefined,
  signal: AbortSignal,
): Promise<number> {
  for (const until = performance.now() + READY_MS; performance.now() < until; await sleep(10)) {
    const { ready, pid } = processOf(session, name);
    if (ready && pid !== undefined && pid !== except) return pid;
    if (signal.aborted) throw new Error("healed before it was over");
  }
  throw new Error(`${name} was not ready within ${READY_MS / 1_000} s`);
}

async function allReady(session: ControlledSession, given: () => boolean): Promise<void> {
  for (const until = performance.now() + READY_MS; performance.now() < until; await sleep(20)) {
    if (given() || session.describe().processes.every(({ ready }) => ready)) return;
  }
  const late = session.describe().processes.flatMap(({ ready, name }) => (ready ? [] : [name]));
  throw new Error(`not ready within ${READY_MS / 1_000} s: ${late.join(", ")}`);
}

function bounded(fault: Fault): Fault {
  return "ms" in fault ? { ...fault, ms: Math.min(fault.ms, LONGEST_MS) } : fault;
}
