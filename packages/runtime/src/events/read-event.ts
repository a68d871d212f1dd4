import { contractIdOf, memberNameOf, type AnyCommand, type AnyEvent, type EarlierVersion } from "kerf";
import { hashValue } from "../journal/hash.ts";
import { compileValidator, type Validator } from "../validate/index.ts";

/** What is stored of an event or order, wherever that is: outbox, log, retries, dead letters, mail. */
export interface Stored {
  readonly type: string;
  /** Of the member when it was written. */
  readonly version?: number | undefined;
  readonly data: unknown;
}

/** The data of a message as today's code takes it. @throws Error where it does not fit */
export type EventReader = (stored: Stored) => Record<string, unknown>;

/** Something was written by a deployment that is newer than this process, which has to leave it to one of that. */
export class NotForThisReplica extends Error {
  override readonly name = "NotForThisReplica";
}

/**
 * Reads messages of an event: those of earlier versions are brought to that of today. What comes out is a copy, without
 * unknown fields, with values of enums that came later as `"unknown"`.
 */
export function eventReader(event: AnyEvent): EventReader {
  let reader = readers.get(event);
  if (!reader) readers.set(event, (reader = makeReader(event)));
  return reader;
}

/** Compiled once for each event of a process. */
const readers = new WeakMap<AnyEvent, EventReader>();

function makeReader(event: AnyEvent): EventReader {
  const validate = compileValidator(event.data, { unknownFields: "drop", enums: "open" });
  const earlier = upcasters(event);
  return (stored) => {
    // What a newer version means, only its code knows, even where its data fits.
    if ((stored.version ?? 1) > event.version) throw tooNew(stored, event.version);
    const data = upcast(stored, earlier, event.version);
    return fitting(validate, data.value, stored, event.version) as Record<string, unknown>;
  };
}

/** Reads orders that were sent. Those that need nothing are left to the command itself to check. */
export function orderReader(command: AnyCommand): (stored: Stored) => Order {
  const earlier = upcasters(command);
  return (stored) => {
    if ((stored.version ?? 1) > command.version) throw tooNew(stored, command.version);
    const { value, before } = upcast(stored, earlier, command.version);
    return before === undefined ? { input: value } : { input: value, inputHash: hashValue(before) };
  };
}

export interface Order {
  readonly input: unknown;
  /** Of the input as it was written: by it a replica of that time has recorded the order. */
  readonly inputHash?: string;
}

interface Upcaster extends EarlierVersion {
  readonly validate: Validator;
}

/** By `"<name> <version>"`; a former name is one of its own. */
function upcasters(member: AnyEvent | AnyCommand): ReadonlyMap<string, Upcaster> {
  const contractId = contractIdOf(member.id);
  return new Map(
    member.earlier.map((entry) => [
      `${contractId}.${entry.name ?? memberNameOf(member.id)} ${entry.version}`,
      { ...entry, validate: compileValidator(entry.schema, { unknownFields: "drop", enums: "open" }) },
    ]),
  );
}

function upcast(
  stored: Stored,
  earlier: ReadonlyMap<string, Upcaster>,
  today: number,
): { readonly value: unknown; readonly before?: unknown } {
  const { version = 1, type } = stored;
  if (version >= today) return { value: stored.data };
  const upcaster = earlier.get(`${type} ${version}`);
  if (!upcaster)
    throw new Error(`there is no earlier version ${version} of ${type}: its data cannot be read`);
  const before = fitting(upcaster.validate, stored.data, stored, today);
  try {
    return { value: upcaster.to(structuredClone(before)), before };
  } catch (cause) {
    throw new Error(
      `the data of ${type}, version ${version}, cannot be brought to version ${today}: ${String(cause)}`,
      { cause },
    );
  }
}

function tooNew({ type, version }: Stored, today: number): NotForThisReplica {
  return new NotForThisReplica(
    `${type} is of version ${version}, and this process knows ${today}: a newer replica has to take it`,
  );
}

function fitting(validate: Validator, data: unknown, { type, version = 1 }: Stored, today: number): unknown {
  const checked = validate(data);
  if (checked.ok) return checked.value;
  const wrong = checked.violations.map((v) => `${v.path} ${v.message}`.trim()).join("; ");
  const of = version === today ? type : `${type}, version ${version},`;
  throw new Error(`the data of ${of} does not fit: ${wrong}`);
}
