import type { ChildProcess } from "node:child_process";
import { isUnitMessage, type Called, type Calling, type SupervisorMessage } from "./messages.ts";

/** Longer than a unit lets a call take. */
const PATIENCE_MS = 15_000;

let lastId = 0;

/** Has a unit call one of its members. Rejects where it ends meanwhile, or does not answer. */
export async function callUnit(
  child: ChildProcess,
  call: Calling,
  patienceMs = PATIENCE_MS,
): Promise<Called> {
  const id = ++lastId;
  const { promise, resolve, reject } = Promise.withResolvers<Called>();
  const hear = (message: unknown) => {
    if (!isUnitMessage(message) || message.kerf !== "called" || message.id !== id) return;
    const { status, body, traceId } = message;
    resolve({ status, body, traceId });
  };
  const gone = () =>
    reject(new Error("the unit ended before it answered: that does not mean that nothing happened"));
  const late = setTimeout(() => reject(new Error("the unit does not answer")), patienceMs);
  // Each call under way has its own, and takes it away.
  child.setMaxListeners(0).on("message", hear).once("close", gone);
  try {
    const message: SupervisorMessage = { kerf: "call", id, ...call };
    child.send(message, (error) => error && reject(error));
    return await promise;
  } finally {
    clearTimeout(late);
    child.off("message", hear).off("close", gone);
  }
}
