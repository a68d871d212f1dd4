import { serviceNameOf, StatusError, type AnyCommand, type AnyQuery } from "kerf";
import type { Clock } from "../clock/clock.ts";
import { processClock } from "../clock/process-clock.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { CallRequest, Dispatch, Transport } from "../transport/transport.ts";
import type { Validator } from "../validate/index.ts";
import { bounded, deadlineSignal } from "./deadline.ts";
import { misfit } from "./dispatch.ts";
import { RetryBudget, withRetries } from "./retry.ts";

export interface RouterParts {
  /** The services of this process. */
  readonly here: ReadonlySet<string>;
  /** Which unit hosts a service. */
  readonly unitOf: (service: string) => string | undefined;
  readonly discovery: Discovery;
  readonly clock?: Clock;
  readonly dispatch: Dispatch;
  readonly transport: Transport;
  /** Checks an input before it leaves, so that a wrong one has the same answer in every topology. */
  readonly inputValidator: (member: AnyQuery | AnyCommand) => Validator;
  /** Checks the reply of another unit by this unit's own contract. */
  readonly replyValidator: (member: AnyQuery | AnyCommand) => Validator;
}

/** The sending side of every call: to a service of this process directly, to another unit over the transport. */
export interface Router {
  call(
    member: AnyQuery | AnyCommand,
    request: CallRequest,
    signal: AbortSignal | undefined,
    /** As {@link Dispatch} takes it. */
    now?: number,
  ): Promise<unknown>;
  /** Calls one unit, by its name or its addresses, whatever hosts the service otherwise. Once: nothing is repeated. */
  callUnit(
    unit: string,
    member: AnyQuery | AnyCommand,
    request: CallRequest,
    signal: AbortSignal | undefined,
  ): Promise<unknown>;
  /** Where the next stream of a service goes. @throws StatusError UNAVAILABLE | UNIMPLEMENTED */
  addressOf(service: string): Promise<string>;
  close(): void;
}

const never = new AbortController().signal;

export function router(parts: RouterParts): Router {
  const { clock = processClock } = parts;
  const targets = new Map<string, Target>();
  const stops: (() => void)[] = [];
  const near = new Map<string, boolean>();
  /** Remembered: to cut the service out of a member's name costs a tenth of a call. */
  const isHere = ({ id }: AnyQuery | AnyCommand): boolean => {
    let known = near.get(id);
    if (known === undefined) near.set(id, (known = parts.here.has(serviceNameOf(id))));
    return known;
  };

  const targetOf = (service: string): Target => {
    const unit = parts.unitOf(service);
    if (unit === undefined)
      throw new StatusError("UNIMPLEMENTED", `no unit of this topology hosts ${service}`);
    return targetAt(unit);
  };

  const targetAt = (unit: string): Target => {
    let target = targets.get(unit);
    if (!target) {
      let found!: () => void;
      const known = new Promise<void>((resolve) => (found = resolve));
      const made: Target = { unit, addresses: [], next: 0, budgets: new Map(), known };
      targets.set(unit, (target = made));
      const learn = (addresses: readonly string[]): void => {
        made.addresses = addresses;
        found();
      };
      // Addresses need no discovery.
      if (unit.includes(":")) learn(unit.split(","));
      else stops.push(parts.discovery.watch(unit, learn));
    }
    return target;
  };

  const remote = async (
    member: AnyQuery | AnyCommand,
    request: CallRequest,
    signal: AbortSignal | undefined,
    targetFor: () => Target,
    once = false,
  ): Promise<unknown> => {
    // Only checked: defaults are the callee's to apply.
    const checked = parts.inputValidator(member)(request.input);
    if (!checked.ok) throw misfit(member.id, checked.violations);
    const target = targetFor();
    const { deadlineAt } = request.header;
    const own = deadlineSignal(clock, deadlineAt, signal);
    const attempt = async (retry: boolean): Promise<unknown> => {
      if (target.addresses.length === 0) await target.known;
      const sent = retry ? { ...request, header: { ...request.header, retry } } : request;
      return parts.transport.call(pick(target), sent, own.signal);
    };
    // A call that is itself a repetition is not repeated here (three layers of three tries are 27 times the load).
    const repeatable =
      !once && !request.header.retry && (member.kind === "query" || request.header.id !== undefined);
    try {
      const work = repeatable
        ? withRetries(attempt, {
            clock,
            budget: budgetOf(target, request.header.caller ?? "", clock),
            deadlineAt,
            signal: own.signal,
          })
        : attempt(false);
      return checkReply(
        await bounded(clock, work, deadlineAt, member.id),
        member,
        parts.replyValidator(member),
      );
    } finally {
      own.dispose();
    }
  };

  return {
    call: (member, request, signal, now) =>
      isHere(member)
        ? parts.dispatch(request, signal ?? never, now)
        : remote(member, request, signal, () => targetOf(serviceNameOf(member.id))),
    callUnit: (unit, member, request, signal) => remote(member, request, signal, () => targetAt(unit), true),
    async addressOf(service) {
      const target = targetOf(service);
      if (target.addresses.length === 0) await target.known;
      return pick(target);
    },
    close: () => stops.forEach((stop) => stop()),
  };
}

interface Target {
  readonly unit: string;
  /** Resolves when discovery has first answered: the first call must not fail because it came sooner. */
  readonly known: Promise<void>;
  addresses: readonly string[];
  next: number;
  readonly budgets: Map<string, RetryBudget>;
}

function pick(target: Target): string {
  const address = target.addresses[target.next++ % target.addresses.length];
  if (address === undefined)
    throw new StatusError("UNAVAILABLE", `the unit ${target.unit} has no live address`);
  return address;
}

function budgetOf(target: Target, caller: string, clock: Clock): RetryBudget {
  let budget = target.budgets.get(caller);
  if (!budget) target.budgets.set(caller, (budget = new RetryBudget(() => clock.now())));
  return budget;
}

function checkReply(value: unknown, member: AnyQuery | AnyCommand, validate: Validator): unknown {
  const checked = validate(value);
  if (checked.ok) return checked.value;
  throw new StatusError(
    "INTERNAL",
    `the reply of ${member.id} does not fit the contract that this unit was built with: ${checked.violations.map((v) => `${v.path} ${v.message}`.trim()).join("; ")}`,
  );
}
