import type { CallHeader } from "../transport/transport.ts";
import { HandlerContext } from "../service/context.ts";
import type { ServicePort } from "../service/port.ts";

type Handle = (input: any, context: any) => Promise<unknown>;

/** Answers a question; `check` copies the reply and throws where it does not fit. With a database, in a read-only transaction that begins with the first statement. */
export async function runQuery(
  port: ServicePort,
  member: string,
  handle: Handle,
  check: (output: unknown) => unknown,
  input: unknown,
  header: CallHeader,
  signal: AbortSignal | undefined,
  /** Told whether a part of the answer was left out. */
  observed?: { incomplete: boolean },
): Promise<unknown> {
  port.sizes.refuseLarge(input, "input", member);
  const context = new HandlerContext(port, member, header, signal);
  if (!port.storage) {
    try {
      const output = returned(context, await handle(input, context));
      if (observed) observed.incomplete = context.incomplete;
      return check(output);
    } finally {
      context.dispose();
    }
  }
  const tx = port.storage.database.open({
    readOnly: true,
    deadlineAt: header.deadlineAt,
    onStatement: port.statements?.(header.traceparent),
    ...(signal ? { signal } : {}),
  });
  context.tx = tx;
  try {
    const output = returned(context, await handle(input, context));
    await tx.commit();
    if (observed) observed.incomplete = context.incomplete;
    return check(output);
  } catch (error) {
    await tx.rollback();
    throw error;
  } finally {
    context.dispose();
  }
}

/** The reply of a handler. Throws what it made by `fail` and forgot to throw. */
export function returned(context: HandlerContext, output: unknown): unknown {
  if (context.made && output !== undefined) {
    throw new Error(
      `the handler made the error ${context.made.code} and then returned: write "throw fail(…)"`,
    );
  }
  if (context.made) throw context.made;
  return output;
}
