import type { FieldDescriptor, JsonScalar, MessageDescriptor } from "./descriptor.ts";
import { narrowed } from "./field-limits.ts";
import { type LockedField, lockedField } from "./lock.ts";

/**
 * Who would not survive a change: callers or subscribers that were built before it; messages that were stored before
 * it, in an outbox, the broker's log, retries and dead letters, and that are read after it.
 */
export type Breaks = "old callers" | "old subscribers" | "stored payloads";

/** Path, what is wrong, who breaks, and a mend that is lighter than a new version. */
export interface Finding {
  readonly path: string;
  readonly reason: string;
  readonly breaks: readonly Breaks[];
  readonly hint?: string | undefined;
}

/**
 * Who writes a message, and who reads it. `in`: an older writer, today's reader, as of a request. `out`: today's writer,
 * an older reader, as of a reply. `stored`: as `in`, for what `out` has not said already of an event.
 */
export interface Use {
  readonly direction: "in" | "out" | "stored";
  readonly breaks: readonly Breaks[];
}

/** `limited`: the lock file tells limits, so that one that it does not have was not there. */
export function* fieldFindings(
  before: Readonly<Record<string, LockedField>>,
  message: MessageDescriptor,
  { direction, breaks }: Use,
  limited: boolean,
): Generator<Finding> {
  const fields = new Map(message.fields.map((field) => [field.name, field]));
  for (const [name, was] of Object.entries(before)) {
    const field = fields.get(name);
    const path = `${message.path}.${name}`;
    if (field) {
      for (const [reason, hint] of fieldChange(was, field, direction, limited))
        yield { path, reason, breaks, hint };
    } else if (direction !== "stored") {
      yield {
        path,
        reason: message.form === "union" ? "the option was removed" : "the field was removed",
        breaks,
      };
    }
  }
  for (const field of message.fields) {
    if (before[field.name]) continue;
    const path = `${message.path}.${field.name}`;
    if (message.form === "union" && direction === "out") {
      yield { path, reason: "is a new option, which readers of this version do not know", breaks };
    } else if (message.form === "object" && direction !== "out" && mustBeGiven(field)) {
      const who = direction === "in" ? "callers of this version do not give" : "what is stored does not have";
      yield {
        path,
        reason: `is a new field that ${who}`,
        breaks,
        hint: "make it optional() or give it a default()",
      };
    }
  }
}

type Said = readonly [reason: string, hint?: string];

function* fieldChange(
  was: LockedField,
  field: FieldDescriptor,
  direction: Use["direction"],
  limited: boolean,
): Generator<Said> {
  const is = lockedField(field);
  if (changesType(was, is)) {
    if (direction !== "stored") yield [`was ${describeField(was)} and is ${describeField(is)}`];
    return;
  }
  const gone = removedFrom(was.tags, is.tags);
  if (gone.length > 0 && direction !== "stored") yield [`is no longer chosen by ${list(gone)}`];
  if (direction !== "out" && was.label !== undefined && is.label === undefined && field.tags === undefined)
    yield ["was optional and must be given now", "make it optional() again, or give it a default()"];
  if (direction === "out" && was.label !== "optional" && is.label === "optional")
    yield ["was always there and may be absent now"];
  yield* valueChange(was, is, direction);
  if (!limited) return;
  if (direction === "out") {
    const wider = narrowed(is.limits, was.limits);
    if (wider.length > 0) yield [`allows more than its readers do: ${turned(was, is)}`, "keep the limit"];
  } else {
    const less = narrowed(was.limits, is.limits);
    if (less.length > 0) yield [`allows less than it did: ${less.join(", ")}`, "keep the limit"];
  }
}

function* valueChange(was: LockedField, is: LockedField, direction: Use["direction"]): Generator<Said> {
  const lost = removedFrom(was.values, is.values);
  // Readers of an output know the value; that nobody writes it any more does them no harm, but who stored it did.
  if (lost.length > 0 && direction !== "stored") yield [`no longer allows ${list(lost)}`];
  if (direction === "out") {
    if (was.values && !is.values) yield ["was an enum and may hold anything now"];
    const added = removedFrom(is.values, was.values);
    if (added.length > 0 && !was.values?.includes("unknown"))
      yield [`may be ${list(added)} now, which readers without the case "unknown" refuse`, "keep the values"];
  } else if (!was.values && is.values) yield ["could hold anything and is an enum now"];
}

function turned(was: LockedField, is: LockedField): string {
  const names = new Set([...Object.keys(was.limits ?? {}), ...Object.keys(is.limits ?? {})]) as Set<
    keyof NonNullable<LockedField["limits"]>
  >;
  const differ = [...names].filter((name) => String(was.limits?.[name]) !== String(is.limits?.[name]));
  return differ
    .map((name) => `${name} was ${was.limits?.[name] ?? "not set"} and is ${is.limits?.[name] ?? "not set"}`)
    .join(", ");
}

/** Whether the bytes of the one cannot be read as the other. */
export function changesType(was: LockedField, is: LockedField): boolean {
  return was.type !== is.type || shapeOf(was) !== shapeOf(is);
}

function shapeOf({ label }: LockedField): string {
  return label === "repeated" || label === "map" ? label : "single";
}

function mustBeGiven(field: FieldDescriptor): boolean {
  return field.label === "required" || field.label === "repeated" || field.label === "map";
}

function removedFrom(
  was: readonly JsonScalar[] | undefined,
  is: readonly JsonScalar[] | undefined,
): readonly JsonScalar[] {
  return was && is ? was.filter((value) => !is.includes(value)) : [];
}

function list(values: readonly JsonScalar[]): string {
  return values.map((value) => JSON.stringify(value)).join(", ");
}

function describeField(field: LockedField): string {
  const shape = shapeOf(field);
  return shape === "single" ? article(field.type) : `${shape} ${field.type}`;
}

function article(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}
