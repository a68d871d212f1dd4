import { fork } from "node:child_process";
import { once } from "node:events";

/** A program in a process of its own that answers each message with one. */
export interface Child {
  /** @throws Error once the process has ended */
  ask(message: string): Promise<unknown>;
  close(): void;
}

/** Starts a program, and waits until it says that it is ready. @throws Error where it ends before that */
export async function startChild(
  program: URL,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Child> {
  const child = fork(program, args, { env: environment });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${program.pathname} ${args.join(" ")} ended (${String(code)})`);
  });
  // Whoever asks is told.
  ended.catch(() => {});
  const answer = async (): Promise<unknown> =>
    ((await Promise.race([once(child, "message"), ended])) as [unknown])[0];
  await answer();
  return {
    ask(message) {
      const answered = answer();
      child.send(message);
      return answered;
    },
    close: () => child.disconnect(),
  };
}
