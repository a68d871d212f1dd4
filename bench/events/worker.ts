/** One side of one contender, in a process of its own: told by its parent what to do. */
import { load, type ContenderName, type Databases } from "./contender.ts";

export type Task =
  | {
      readonly kind: "prepare" | "produce" | "consume";
      readonly contender: ContenderName;
      readonly databases: Databases;
    }
  /** Commits the changes `from` to `from + count`, `atOnce` at a time. */
  | { readonly kind: "emit"; readonly from: number; readonly count: number; readonly atOnce: number }
  /** Waits until that many more were handled. */
  | { readonly kind: "await"; readonly count: number }
  | { readonly kind: "close" };

/** Nanoseconds of the machine's clock, which all its processes share. */
const now = (): number => Number(process.hrtime.bigint());
const done = (value: unknown = null): void => void process.send!({ value });

let emit: ((id: number) => Promise<void>) | undefined;
let close = async (): Promise<void> => {};
let handled = 0;
let reached = (): void => {};

async function perform(task: Task): Promise<void> {
  switch (task.kind) {
    case "prepare":
      await (await load(task.contender)).prepare(task.databases);
      return done();
    case "produce": {
      const side = await (await load(task.contender)).produce(task.databases);
      [emit, close] = [side.emit, side.close];
      return done();
    }
    case "consume": {
      const contender = await load(task.contender);
      const side = await contender.consume(task.databases, () => {
        handled++;
        reached();
      });
      close = side.close;
      return done();
    }
    case "emit": {
      const from = now();
      let next = task.from;
      const one = async (): Promise<void> => {
        while (next < task.from + task.count) await emit!(next++);
      };
      await Promise.all(Array.from({ length: task.atOnce }, one));
      return done({ from, to: now(), cpu: cpu() });
    }
    case "await":
      reached = () => {
        if (handled < task.count) return;
        reached = () => {};
        handled -= task.count;
        done({ at: now(), cpu: cpu() });
      };
      return reached();
    case "close":
      await close();
      done();
      return process.exit(0);
  }
}

/** Milliseconds of processor time so far. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

process.on("message", (task: Task) => void perform(task));
process.on("disconnect", () => process.exit(1));
