import type { Socket } from "node:net";

/** What is wrong with one direction at the moment; read for each chunk. */
export interface PipeFaults {
  /** How long a chunk is on its way. */
  readonly delayMs: number;
  /** Nothing arrives. */
  readonly held: boolean;
}

/** One direction of a connection through a proxy. */
export interface TcpPipe {
  /** Looks again at what waits: a fault has ended. */
  flush(): void;
  /** The other side gets half of what comes next, and then the end. */
  cutNext(): void;
  keepNext(): void;
  /** The source has closed: what it sent still arrives, then the end. */
  finish(): void;
  /** The source outlives the other side: closing it might cut off what it is still to receive. */
  spareSource(): void;
}

/** What a network holds; a source that sends more has to wait, as with a full TCP window. */
const WINDOW_BYTES = 1024 * 1024;

/** Carries what `from` sends to `to`, in order. `intercept` sees each chunk first, and keeps it by returning true. */
export function tcpPipe(
  from: Socket,
  to: Socket,
  faults: PipeFaults,
  intercept: (chunk: Buffer) => boolean,
): TcpPipe {
  const queue: { readonly at: number; readonly chunk: Buffer | "end" }[] = [];
  let queued = 0;
  let timer: NodeJS.Timeout | undefined;
  let cutting = false;
  let ended = false;
  let spared = false;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    while (queue.length > 0 && !faults.held) {
      const { at, chunk } = queue[0]!;
      const wait = at - performance.now();
      if (wait > 0) {
        timer = setTimeout(flush, Math.ceil(wait));
        return;
      }
      queue.shift();
      if (chunk === "end") to.end();
      else pass(chunk);
    }
  }

  function pass(chunk: Buffer): void {
    queued -= chunk.length;
    if (cutting && chunk.length > 1) {
      cutting = false;
      queue.length = 0;
      from.destroy();
      to.end(chunk.subarray(0, Math.ceil(chunk.length / 2)));
      return;
    }
    if (to.writable && !to.write(chunk)) from.pause();
    else if (queued < WINDOW_BYTES) from.resume();
  }

  function push(chunk: Buffer | "end"): void {
    const before = queue.at(-1)?.at ?? 0;
    // A delay that has become shorter must not let a chunk overtake another.
    queue.push({ at: Math.max(before, performance.now() + faults.delayMs), chunk });
    if (timer === undefined) flush();
  }

  function finish(): void {
    if (!ended) push("end");
    ended = true;
  }

  from.on("data", (chunk: Buffer) => {
    if (intercept(chunk)) return;
    queued += chunk.length;
    if (queued >= WINDOW_BYTES) from.pause();
    push(chunk);
  });
  from.on("end", finish);
  to.on("drain", () => from.resume());
  to.on("close", () => {
    clearTimeout(timer);
    queue.length = 0;
    // Nobody is left who could take it.
    if (!spared) from.destroy();
  });

  return {
    flush() {
      // A fault that has ended ends for what is on its way as well.
      if (faults.delayMs === 0) for (const [i, one] of queue.entries()) queue[i] = { ...one, at: 0 };
      flush();
    },
    cutNext: () => void (cutting = true),
    keepNext: () => void (cutting = false),
    finish,
    spareSource: () => void (spared = true),
  };
}
