import {
  describe,
  DeclaredError,
  memberNameOf,
  StatusError,
  type AnyCommand,
  type AnyQuery,
  type ForeignService,
} from "kerf";
import { Breaker } from "../call/breaker.ts";
import { bounded, deadlineExceeded, deadlineSignal, leastMs } from "../call/deadline.ts";
import { misfit } from "../call/dispatch.ts";
import { RetryBudget, withRetries } from "../call/retry.ts";
import type { Clock } from "../clock/clock.ts";
import type { CallRequest } from "../transport/transport.ts";
import { compileValidator } from "../validate/index.ts";
import { decoder } from "./answer.ts";
import { connectForeign } from "./connection.ts";
import { encoder } from "./request.ts";
import { readForeignSettings } from "./settings.ts";

/** How long one try may take where the service does not say. */
const ANSWER_MS = 10_000;

/** Calls a member of a foreign service. @throws DeclaredError | StatusError and nothing else */
export type CallForeign = (request: CallRequest, signal: AbortSignal | undefined) => Promise<unknown>;

export interface ForeignClient {
  readonly call: CallForeign;
  close(): Promise<void>;
}

/**
 * Makes the callers of one foreign service, with all that a call between units has: validation of input and answer, the
 * caller's deadline, retries of queries (and of commands that the service makes once for each key), and a breaker.
 * @throws DeclarationError for a URL or key that cannot be used
 */
export async function foreignClient(
  service: ForeignService,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  baggageLeaves = false,
): Promise<ForeignClient> {
  const { name, members } = describe(service.contract);
  const settings = readForeignSettings(service, environment);
  const connection = await connectForeign(name, settings, service);
  const breaker = new Breaker(name, clock);
  const budgets = new Map<string, RetryBudget>();
  const answerMs = service.timeouts?.answerMs ?? ANSWER_MS;
  const calls = new Map(
    [...members.values()].map((member) => [member.id, compile(member as AnyQuery | AnyCommand)]),
  );

  function compile(member: AnyQuery | AnyCommand): CallForeign {
    const operation = service.operations[memberNameOf(member.id)]!;
    const validate = compileValidator(member.input, { unknownFields: "drop", enums: "exact" });
    const encode = encoder(member.id, operation, settings.url.pathname);
    const decode = decoder(member, operation);
    const key = operation.idempotencyKey;

    return async ({ input, header }, given) => {
      const now = clock.now();
      if (header.deadlineAt - now < leastMs) throw deadlineExceeded(member.id);
      const checked = validate(input);
      if (!checked.ok) throw misfit(member.id, checked.violations);
      const encoded = encode(checked.value as Record<string, unknown>);
      const sent = {
        ...encoded,
        headers: {
          ...encoded.headers,
          traceparent: header.traceparent,
          ...(baggageLeaves && header.baggage !== undefined && { baggage: header.baggage }),
          ...(key !== undefined && header.id !== undefined && { [key]: header.id }),
        },
      };
      const attempt = async () => {
        const at = Math.min(header.deadlineAt, clock.now() + answerMs);
        const own = deadlineSignal(clock, at, given);
        try {
          return decode(await bounded(clock, connection.ask(sent, own.signal), at, member.id));
        } catch (error) {
          throw own.signal.aborted && !given?.aborted ? deadlineExceeded(member.id) : error;
        } finally {
          own.dispose();
        }
      };
      // Who repeats a command without a key may do it twice.
      const repeatable =
        !header.retry && (member.kind === "query" || (key !== undefined && header.id !== undefined));
      const signal = given ?? never;
      return await breaker.run(
        () =>
          repeatable
            ? withRetries(attempt, {
                clock,
                budget: budgetOf(header.caller ?? ""),
                deadlineAt: header.deadlineAt,
                signal,
              })
            : attempt(),
        verdict,
      );
    };
  }

  function budgetOf(caller: string): RetryBudget {
    let budget = budgets.get(caller);
    if (!budget) budgets.set(caller, (budget = new RetryBudget(() => clock.now())));
    return budget;
  }

  return {
    call: (request, signal) => {
      const call = calls.get(request.member);
      return call === undefined
        ? Promise.reject(new StatusError("UNIMPLEMENTED", `${name} has no ${request.member}`))
        : call(request, signal).catch((error: unknown) => {
            throw error instanceof DeclaredError ? error : StatusError.from(error);
          });
    },
    close: () => connection.close(),
  };
}

const never = new AbortController().signal;

/** A service that says no works. */
function verdict(error: unknown): "failed" | "answered" | "none" {
  if (!(error instanceof StatusError)) return "answered";
  if (error.code === "CANCELLED") return "none";
  return error.code === "UNAVAILABLE" || error.code === "DEADLINE_EXCEEDED" || error.code === "INTERNAL"
    ? "failed"
    : "answered";
}
