import { routeParts } from "kerf";
import {
  type ContractDescriptor,
  type EarlierDescriptor,
  everyMessage,
  type EventDescriptor,
  type MessageDescriptor,
  type MethodDescriptor,
} from "./descriptor.ts";
import { type Breaks, fieldFindings, type Finding, type Use } from "./lock-compare-fields.ts";
import { type LockedContract, type LockedMember, lockedContract } from "./lock.ts";
import { pascalCase } from "./names.ts";

/** A change that callers or readers of the same version would not survive. */
export interface IncompatibleChange {
  /** `"inventory@1:ReserveRequest.Lines.sku"`; also what accepts the change. */
  readonly place: string;
  readonly reason: string;
  readonly mend: string;
  /** Empty where it is the lock file that is wrong. */
  readonly breaks?: readonly Breaks[];
}

/** What a contract no longer keeps of what the lock file says that it promised. */
export function incompatibleChanges(
  locked: LockedContract,
  contract: ContractDescriptor,
): readonly IncompatibleChange[] {
  const found = [...memberChanges(locked, contract), ...messageChanges(locked, contract)];
  return found.map((finding) => change(contract.contract, finding));
}

function* memberChanges(locked: LockedContract, contract: ContractDescriptor): Generator<Finding> {
  const now = lockedContract(contract).members;
  for (const [name, before] of Object.entries(locked.members)) {
    const member = now[name];
    if (member) yield* memberChange(name, before, member);
    else if (!formerly(contract, name, before)) {
      const breaks = {
        query: callers,
        stream: callers,
        command: callersAndStored,
        event: subscribersAndStored,
      }[before.kind];
      yield {
        path: name,
        reason: `the ${before.kind} was removed`,
        breaks,
        hint: before.kind === "event" ? renamed : undefined,
      };
    }
  }
}

const callers: readonly Breaks[] = ["old callers"];
const callersAndStored: readonly Breaks[] = ["old callers", "stored payloads"];
const subscribersAndStored: readonly Breaks[] = ["old subscribers", "stored payloads"];
const stored: readonly Breaks[] = ["stored payloads"];
const renamed = "put it back, or say which event it is now: earlier: { 1: { name, data, to } }";

function* memberChange(name: string, before: LockedMember, now: LockedMember): Generator<Finding> {
  if (before.kind !== now.kind) {
    const breaks = before.kind === "event" ? subscribersAndStored : callersAndStored;
    yield { path: name, reason: `was a ${before.kind} and is a ${now.kind}`, breaks };
    return;
  }
  const versions = [before.version ?? 1, now.version ?? 1] as const;
  if (versions[1] < versions[0]) {
    const reason = `was of version ${versions[0]} and is of ${versions[1]}: earlier versions are missing`;
    const hint =
      "put them back under `earlier`: messages of them may be stored for 7 days, dead letters for longer";
    yield { path: name, reason, breaks: stored, hint };
  }
  // Under a new version the field that orders may have another name.
  if (before.key !== now.key && versions[1] === versions[0])
    yield {
      path: name,
      reason: `its key was "${before.key}" and is "${now.key}"`,
      breaks: subscribersAndStored,
    };
  if (before.http !== undefined && !sameRoute(before.http, now.http)) {
    const is = now.http === undefined ? "has none" : `is ${now.http}`;
    yield { path: name, reason: `its route was ${before.http} and ${is}`, breaks: callers };
  }
  for (const code of before.errors ?? []) {
    if (!now.errors?.includes(code))
      yield { path: `${name}.${code}`, reason: "the declared error was removed", breaks: callers };
  }
}

/** The names of parameters are names of fields, which are told of on their own. */
function sameRoute(before: string, now: string | undefined): boolean {
  const shapeOf = (http: string) => routeParts(http, "").shape;
  return now !== undefined && shapeOf(before) === shapeOf(now);
}

/** The event that has this one, of this version, among its earlier ones. */
function formerly(
  contract: ContractDescriptor,
  name: string,
  before: LockedMember,
): EarlierDescriptor | undefined {
  if (before.kind !== "event") return undefined;
  return contract.events
    .flatMap((event) => event.earlier)
    .find((earlier) => earlier.name === name && earlier.version === (before.version ?? 1));
}

function* messageChanges(locked: LockedContract, contract: ContractDescriptor): Generator<Finding> {
  for (const method of contract.methods) yield* methodChanges(locked, method);
  for (const event of contract.events) yield* eventChanges(locked, event);
  for (const [name, before] of Object.entries(locked.members)) {
    const earlier = formerly(contract, name, before);
    if (earlier && !contract.events.some((event) => nameOf(event.member) === name))
      yield* rootChanges(locked, earlier.message, { direction: "stored", breaks: stored });
  }
}

function* methodChanges(locked: LockedContract, method: MethodDescriptor): Generator<Finding> {
  const before = locked.members[nameOf(method.member)]?.version ?? 1;
  const upcast = before < method.version;
  const breaks = method.kind === "command" && !upcast ? callersAndStored : callers;
  yield* rootChanges(locked, method.request, { direction: "in", breaks });
  if (upcast) yield* upcastChanges(locked, method, before);
  yield* rootChanges(locked, method.response, { direction: "out", breaks: callers });
  for (const error of method.errors.values())
    yield* rootChanges(locked, error, { direction: "out", breaks: callers });
}

function* eventChanges(locked: LockedContract, event: EventDescriptor): Generator<Finding> {
  const before = locked.members[nameOf(event.member)]?.version ?? 1;
  if (before < event.version) return yield* upcastChanges(locked, event, before);
  // Its readers may be older than who states it, and newer than what is stored.
  yield* rootChanges(locked, event.data, { direction: "out", breaks: ["old subscribers"] });
  yield* rootChanges(locked, event.data, { direction: "stored", breaks: stored });
}

/** What is stored is read by the schema that the upcaster has for its version. */
function* upcastChanges(
  locked: LockedContract,
  member: EventDescriptor | MethodDescriptor,
  before: number,
): Generator<Finding> {
  const earlier = member.earlier.find(({ version }) => version === before);
  const path = `${pascalCase(nameOf(member.member))}${"data" in member ? "Event" : "Request"}`;
  if (!earlier || !locked.messages[path] || earlier.message.path !== path) return;
  for (const finding of rootChanges(locked, earlier.message, { direction: "stored", breaks: stored }))
    yield {
      ...finding,
      reason: `earlier[${before}] does not say what was promised: ${finding.reason}`,
      hint: `let earlier[${before}] have the schema that was deployed`,
    };
}

function* rootChanges(locked: LockedContract, root: MessageDescriptor, use: Use): Generator<Finding> {
  for (const message of everyMessage([root])) {
    const before = locked.messages[message.path];
    if (!before) continue;
    if (before.form === message.form)
      yield* fieldFindings(before.fields, message, use, locked.format !== undefined);
    // Another form of a nested message is told of at the field that holds it.
    else if (message === root && use.direction !== "stored")
      yield {
        path: message.path,
        reason: `was ${a(before.form)} and is ${a(message.form)}`,
        breaks: use.breaks,
      };
  }
}

function nameOf(member: string): string {
  return member.slice(member.indexOf(".") + 1);
}

function a(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}

function change(contract: string, { path, reason, breaks, hint }: Finding): IncompatibleChange {
  const place = `${contract}:${path}`;
  const version = Number(contract.slice(contract.indexOf("@") + 1)) + 1;
  const mend =
    `${hint ?? "put it back"}, or raise the contract's version to ${version}; ` +
    `if nobody relies on it, accept it: kerf export proto --write-lock --accept ${place}`;
  return { place, reason, mend, breaks };
}
