/** One contender in a process of its own. */
import type { Contender, ContenderName, Databases } from "./contender.ts";

export interface Measured {
  readonly perSecond: number;
  /** Milliseconds of this process's processor for each. */
  readonly cpu: number;
  /** Milliseconds that one takes alone. */
  readonly p50: number;
}

interface Task {
  readonly contender: ContenderName;
  readonly databases: Databases;
  readonly count: number;
  readonly atOnce: number;
}

const { contender, databases, count, atOnce } = JSON.parse(process.env["BENCH"]!) as Task;
const { default: made } = (await import(`./contenders/${contender}.ts`)) as { default: Contender };
const runner = await made.open(databases);
let next = 1;

async function run(n: number): Promise<void> {
  const last = next + n;
  const one = async (): Promise<void> => {
    while (next < last) await runner.run(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, n) }, one));
}

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

await run(Math.min(count, 300));
const [at, used] = [performance.now(), cpu()];
await run(count);
const seconds = (performance.now() - at) / 1000;
const cpuEach = (cpu() - used) / count;
const alone: number[] = [];
for (let i = 0; i < 50; i++) {
  const since = performance.now();
  await run(1);
  alone.push(performance.now() - since);
}
await runner.close();
const p50 = alone.toSorted((a, b) => a - b)[25]!;
process.send!({ perSecond: count / seconds, cpu: cpuEach, p50 } satisfies Measured, () => process.exit(0));
