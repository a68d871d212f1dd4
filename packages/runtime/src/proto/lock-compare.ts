import {
  type ContractDescriptor,
  everyMessage,
  type FieldDescriptor,
  type JsonScalar,
  type MessageDescriptor,
} from "./descriptor.ts";
import {
  type LockedContract,
  type LockedField,
  type LockedMember,
  lockedContract,
  lockedField,
} from "./lock.ts";

/** A change that callers or readers of the same version would not survive. */
export interface IncompatibleChange {
  /** `"inventory@1:ReserveRequest.Lines.sku"`; also what accepts the change. */
  readonly place: string;
  readonly reason: string;
  readonly mend: string;
}

/** A request is written by callers and read by the service; everything else goes the other way. */
type Direction = "in" | "out";

/** What a contract no longer keeps of what the lock file says that it promised. */
export function incompatibleChanges(
  locked: LockedContract,
  contract: ContractDescriptor,
): readonly IncompatibleChange[] {
  return [...memberChanges(locked, contract), ...messageChanges(locked, contract)].map(
    ([path, reason, hint]) => change(contract.contract, path, reason, hint),
  );
}

/** Path, what is wrong, and a mend that is lighter than a new version. */
type Finding = readonly [path: string, reason: string, hint?: string];

function* memberChanges(locked: LockedContract, contract: ContractDescriptor): Generator<Finding> {
  const now = lockedContract(contract).members;
  for (const [name, before] of Object.entries(locked.members)) {
    const member = now[name];
    if (member) yield* memberChange(name, before, member);
    else yield [name, `the ${before.kind} was removed`];
  }
}

function* memberChange(name: string, before: LockedMember, now: LockedMember): Generator<Finding> {
  if (before.kind !== now.kind) {
    yield [name, `was a ${before.kind} and is a ${now.kind}`];
    return;
  }
  if (before.key !== now.key) yield [name, `its key was "${before.key}" and is "${now.key}"`];
  for (const code of before.errors ?? []) {
    if (!now.errors?.includes(code)) yield [`${name}.${code}`, "the declared error was removed"];
  }
}

function* messageChanges(locked: LockedContract, contract: ContractDescriptor): Generator<Finding> {
  for (const [root, direction] of rootsOf(contract)) {
    for (const message of everyMessage([root])) {
      const before = locked.messages[message.path];
      if (!before) continue;
      if (before.form === message.form) yield* fieldChanges(before.fields, message, direction);
      // Another form of a nested message is told of at the field that holds it.
      else if (message === root) yield [message.path, `was ${a(before.form)} and is ${a(message.form)}`];
    }
  }
}

function* rootsOf(contract: ContractDescriptor): Generator<readonly [MessageDescriptor, Direction]> {
  for (const { request, response, errors } of contract.methods) {
    yield [request, "in"];
    yield [response, "out"];
    for (const error of errors.values()) yield [error, "out"];
  }
  for (const { data } of contract.events) yield [data, "out"];
}

function* fieldChanges(
  before: Readonly<Record<string, LockedField>>,
  message: MessageDescriptor,
  direction: Direction,
): Generator<Finding> {
  const fields = new Map(message.fields.map((field) => [field.name, field]));
  for (const [name, was] of Object.entries(before)) {
    const field = fields.get(name);
    const path = `${message.path}.${name}`;
    if (field) yield* fieldChange(path, was, field, direction);
    else yield [path, message.form === "union" ? "the option was removed" : "the field was removed"];
  }
  for (const field of message.fields) {
    if (before[field.name]) continue;
    const path = `${message.path}.${field.name}`;
    if (message.form === "union" && direction === "out") {
      yield [path, "is a new option, which readers of this version do not know"];
    } else if (message.form === "object" && direction === "in" && mustBeGiven(field)) {
      yield [
        path,
        "is a new field that callers of this version do not give",
        "make it optional() or give it a default()",
      ];
    }
  }
}

function* fieldChange(
  path: string,
  was: LockedField,
  field: FieldDescriptor,
  direction: Direction,
): Generator<Finding> {
  const is = lockedField(field);
  if (changesType(was, is)) {
    yield [path, `was ${describeField(was)} and is ${describeField(is)}`];
    return;
  }
  const gone = removedFrom(was.tags, is.tags);
  if (gone.length > 0) yield [path, `is no longer chosen by ${list(gone)}`];
  if (direction === "in" && was.label !== undefined && is.label === undefined && field.tags === undefined) {
    yield [path, "was optional and must be given now", "make it optional() again, or give it a default()"];
  }
  if (direction === "out" && was.label !== "optional" && is.label === "optional") {
    yield [path, "was always there and may be absent now"];
  }
  const lost = removedFrom(was.values, is.values);
  if (lost.length > 0) yield [path, `no longer allows ${list(lost)}`];
  if (was.values && !is.values && direction === "out") yield [path, "was an enum and may hold anything now"];
  if (!was.values && is.values && direction === "in") yield [path, "could hold anything and is an enum now"];
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
  return shape === "single" ? a(field.type) : `${shape} ${field.type}`;
}

function a(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}

function change(contract: string, path: string, reason: string, hint?: string): IncompatibleChange {
  const place = `${contract}:${path}`;
  const version = Number(contract.slice(contract.indexOf("@") + 1)) + 1;
  const mend =
    `${hint ?? "put it back"}, or raise the contract's version to ${version}; ` +
    `if nobody relies on it, accept it: kerf export proto --write-lock --accept ${place}`;
  return { place, reason, mend };
}
