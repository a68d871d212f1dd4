import type { ServerResponse } from "node:http";
import { StatusError } from "kerf";

/**
 * Runs something on behalf of a request, no longer than `deadlineMs` and than its client stays. `run` is told by its
 * signal, and is not waited for after that.
 * @throws StatusError DEADLINE_EXCEEDED, CANCELLED (the client went away), or what `run` throws
 */
export function bounded<T>(
  response: ServerResponse,
  deadlineMs: number,
  run: (signal: AbortSignal, deadlineAt: number) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const onDeadline = () =>
      giveUp(new StatusError("DEADLINE_EXCEEDED", `no answer within ${deadlineMs} ms`));
    const onClose = () => giveUp(new StatusError("CANCELLED", "the client went away"));
    const timer = setTimeout(onDeadline, deadlineMs);
    response.once("close", onClose);

    function release(): void {
      clearTimeout(timer);
      response.off("close", onClose);
    }
    function giveUp(error: StatusError): void {
      release();
      reject(error);
      controller.abort(error);
    }
    function fail(error: unknown): void {
      release();
      reject(error as Error);
    }
    function succeed(value: T): void {
      release();
      resolve(value);
    }
    try {
      run(controller.signal, Date.now() + deadlineMs).then(succeed, fail);
    } catch (error) {
      fail(error);
    }
  });
}
