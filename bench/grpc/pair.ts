import { fork, type ChildProcess } from "node:child_process";
import type { Tls } from "./contender.ts";
import type { Run, Task } from "./worker.ts";

export interface Measured extends Run {
  /** CPU of client and server, in seconds for 10,000 calls. */
  readonly clientCpu: number;
  readonly serverCpu: number;
}

/** Client and server of one contender, in a process each. */
export class Pair {
  readonly #contender: string;
  readonly #server = fork(new URL("./worker.ts", import.meta.url));
  readonly #client = fork(new URL("./worker.ts", import.meta.url));

  constructor(contender: string) {
    this.#contender = contender;
  }

  async start(tls?: Tls): Promise<void> {
    const common = { contender: this.#contender, ...(tls === undefined ? {} : { tls }) };
    const address = (await ask(this.#server, { do: "serve", ...common })) as string;
    await ask(this.#client, { do: "connect", address, ...common });
  }

  run(inFlight: number, ms: number, textBytes = 0): Promise<Measured> {
    return this.#measure({ do: "run", contender: this.#contender, inFlight, ms, textBytes });
  }

  stream(ms: number): Promise<Measured> {
    return this.#measure({ do: "stream", contender: this.#contender, ms });
  }

  async #measure(task: Task): Promise<Measured> {
    const cpu = { do: "cpu", contender: this.#contender } as const;
    const before = (await ask(this.#server, cpu)) as number;
    const run = (await ask(this.#client, task)) as Run;
    const after = (await ask(this.#server, cpu)) as number;
    const per = 10_000 / run.calls / 1e6;
    return { ...run, clientCpu: run.cpuUs * per, serverCpu: (after - before) * per };
  }

  async stop(): Promise<void> {
    for (const child of [this.#client, this.#server]) {
      if (child.exitCode !== null) continue;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.send({ do: "close", contender: this.#contender } satisfies Task);
      const timer = setTimeout(() => child.kill("SIGKILL"), 2000);
      await gone;
      clearTimeout(timer);
    }
  }
}

function ask(child: ChildProcess, task: Task): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const exited = (code: number | null): void =>
      reject(new Error(`the worker of ${task.contender} exited with ${code}`));
    child.once("exit", exited);
    child.once("message", (message: { result?: unknown; error?: string }) => {
      child.off("exit", exited);
      if (message.error === undefined) resolve(message.result);
      else reject(new Error(`${task.contender}: ${message.error}`));
    });
    child.send(task);
  });
}
