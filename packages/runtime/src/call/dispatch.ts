import {
  contractIdOf,
  DeclaredError,
  StatusError,
  type AnyCommand,
  type AnyQuery,
  type AnyStream,
  type Log,
  type Violation,
} from "kerf";
import { refuseByHand, refuseByIdentity, refuseByInput, type InputRule } from "../authority/access.ts";
import type { Clock } from "../clock/clock.ts";
import { processClock } from "../clock/process-clock.ts";
import type { CallHeader, Dispatch } from "../transport/transport.ts";
import type { Validator } from "../validate/index.ts";
import { toCallError } from "../work/transact.ts";
import { bounded, deadlineExceeded, leastMs } from "./deadline.ts";
import { traceFields } from "./trace.ts";

/** What is answered, as far as access and errors are concerned. */
export interface Answering {
  readonly member: AnyQuery | AnyCommand | AnyStream;
  readonly log: Log;
  /** A declared error, or what stands for one that is too large to travel. */
  bounded(error: DeclaredError): DeclaredError | StatusError;
}

/** A query or command that this process answers. */
export interface Endpoint extends Answering {
  readonly member: AnyQuery | AnyCommand;
  readonly validateInput: Validator;
  /** Runs the handler and gives its validated reply. May throw anything. */
  run(input: unknown, header: CallHeader, signal: AbortSignal | undefined): Promise<unknown>;
  /** Settles what became of a command. */
  settle(input: unknown, header: CallHeader): Promise<unknown>;
}

/** Whether a calling service may call this contract: by the app's graph, not by what the caller claims. */
export type MayCall = (callerService: string, memberOrContract: string) => boolean;

/** The receiving side of every call, the same for all transports: find, authorise, deadline, validate, run, map errors. */
export function dispatcher(
  endpoints: ReadonlyMap<string, Endpoint>,
  mayCall: MayCall,
  clock: Clock = processClock,
): Dispatch {
  const allowed = new Map<string, Set<string>>();
  /** The graph does not change: what it allowed once is remembered. */
  const mayCallOnce: MayCall = (caller, member) => {
    if (allowed.get(caller)?.has(member)) return true;
    if (!mayCall(caller, contractIdOf(member))) return false;
    allowed.set(caller, (allowed.get(caller) ?? new Set()).add(member));
    return true;
  };
  return (request, signal, now = clock.now()) => {
    const { header } = request;
    const endpoint = endpoints.get(request.member);
    if (!endpoint)
      return Promise.reject(new StatusError("UNIMPLEMENTED", `this unit answers no ${request.member}`));
    const refusal = refuseCaller(endpoint, header, mayCallOnce);
    if (refusal) return Promise.reject(refusal);
    if (header.deadlineAt - now < leastMs) return Promise.reject(deadlineExceeded(request.member));
    const checked = endpoint.validateInput(request.input);
    if (!checked.ok) return Promise.reject(misfit(request.member, checked.violations));
    const denial = refuseInput(endpoint, header, checked.value);
    if (denial) return Promise.reject(denial);
    const work = header.settle
      ? endpoint.settle(checked.value, header)
      : endpoint.run(checked.value, header, signal);
    return bounded(clock, work, header.deadlineAt, request.member, (error) =>
      reported(error, endpoint, header, clock, signal),
    );
  };
}

/** The answer to an input that does not fit the contract. */
export function misfit(member: string, violations: readonly Violation[]): StatusError {
  const told = violations.map((v) => `${v.path} ${v.message}`.trim()).join("; ");
  return new StatusError("INVALID_ARGUMENT", `the input of ${member} does not fit: ${told}`, { violations });
}

export function refuseCaller(
  endpoint: Answering,
  header: CallHeader,
  mayCall: MayCall,
): StatusError | undefined {
  const { member } = endpoint;
  if (header.caller !== undefined) {
    return mayCall(header.caller, member.id)
      ? undefined
      : new StatusError(
          "PERMISSION_DENIED",
          `${header.caller} may not call ${member.id}: its contract is not in uses of ${header.caller}`,
        );
  }
  if (member.access === "public") return undefined;
  // The gateway has asked the same: a service does not rely on that.
  if (header.via === "gateway" && member.http !== undefined)
    return refuseByIdentity(member.access!, header.actor);
  if (header.byHand) return refuseByHand(member.access, header.actor);
  // Anybody else without a name is a stranger, to whom only the public is open.
  return new StatusError("PERMISSION_DENIED", `${member.id} is not open to callers without a name`);
}

/**
 * What the access function of a member says, where it has one: of people, and of services that the graph lets in. What
 * `"user"` and roles ask for, they ask of people only.
 */
export function refuseInput(
  answering: Answering,
  header: CallHeader,
  input: unknown,
): StatusError | undefined {
  const { access } = answering.member;
  // Most calls end here: the rest stands apart, so that this costs them one comparison.
  return typeof access === "function" ? askFunction(access, answering, header, input) : undefined;
}

function askFunction(
  rule: InputRule,
  { member, log }: Answering,
  { actor, caller, via, traceparent }: CallHeader,
  input: unknown,
): StatusError | undefined {
  const denial = refuseByInput(rule, input, { caller: { service: caller }, actor, via });
  if (denial?.code === "INTERNAL")
    log.error(
      { member: member.id, ...traceFields(traceparent), err: denial.cause },
      `the access function of ${member.id} failed`,
    );
  return denial;
}

/** Turns what a handler threw into what its caller is told, and logs what the caller is not told. */
export function reported(
  error: unknown,
  { member, log, bounded: fits }: Answering,
  header: CallHeader,
  clock: Clock,
  signal: AbortSignal,
): DeclaredError | StatusError {
  const known = toCallError(error);
  if (known instanceof DeclaredError) {
    if (known.member === member.id) return fits(known);
    const escaped = new StatusError(
      "INTERNAL",
      `an error of ${known.member} escaped: catch it or declare one of your own`,
      { cause: known },
    );
    log.error({ member: member.id, ...traceFields(header.traceparent), err: escaped }, escaped.message);
    return escaped;
  }
  // A handler that its signal stopped fails with what its own work made of that, perhaps before the call itself is told.
  if ((known.cause as Error | undefined)?.name === "AbortError") {
    if (clock.now() >= header.deadlineAt) return deadlineExceeded(member.id);
    // Its caller, or the way to it, is gone: nobody has failed, and nobody hears the answer.
    if (signal.aborted) return new StatusError("CANCELLED", `the caller of ${member.id} went away`);
  }
  if (known.code === "INTERNAL") {
    log.error(
      { member: member.id, ...traceFields(header.traceparent), err: known.cause ?? known },
      `${member.id} failed`,
    );
  }
  return known;
}
