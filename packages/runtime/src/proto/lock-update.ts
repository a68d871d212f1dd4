import { type AnyContract, describe } from "kerf";
import { describeProto } from "./contract-descriptor.ts";
import { type ContractDescriptor, everyMessage } from "./descriptor.ts";
import {
  type ContractLock,
  type LockedContract,
  lockedContract,
  type LockedField,
  lockedField,
  type LockedMessage,
  protoOf,
  withoutCompletion,
} from "./lock.ts";
import { changesType } from "./lock-compare-fields.ts";
import { type IncompatibleChange, incompatibleChanges } from "./lock-compare.ts";
import { lockText } from "./lock-text.ts";

export interface LockUpdate {
  /** The lock with every compatible and accepted change; a contract with a refused change is left as it was. */
  readonly lock: ContractLock;
  /** The contracts whose entry is new or changed. */
  readonly changed: readonly string[];
  readonly refused: readonly IncompatibleChange[];
}

/**
 * Takes the changes of `contracts` into the lock. Contracts that are not given stay as they are: a process may know
 * only its own. `accept` holds places of incompatible changes that are wanted.
 */
export function updateLock(
  lock: ContractLock,
  contracts: readonly AnyContract[],
  options: { readonly accept?: readonly string[] } = {},
): LockUpdate {
  const accept = new Set(options.accept);
  const updated = { ...lock.contracts };
  const changed: string[] = [];
  const refused: IncompatibleChange[] = [];
  for (const contract of contracts) {
    const { id } = describe(contract);
    const before = lock.contracts[id];
    const descriptor = protoOf(contract, lock);
    const open = before
      ? incompatibleChanges(before, descriptor).filter(({ place }) => !accept.has(place))
      : [];
    refused.push(...open);
    if (open.length > 0) continue;
    const after = before
      ? lockedContract(describeProto(contract, retire(before, descriptor)))
      : lockedContract(descriptor);
    if (before && entryText(id, before) === entryText(id, after)) continue;
    updated[id] = after;
    changed.push(id);
  }
  return { lock: { contracts: updated }, changed, refused };
}

/** What is wrong with the lock file: incompatible changes first, then contracts that it does not know as they are. */
export function checkLock(
  lock: ContractLock,
  contracts: readonly AnyContract[],
): readonly IncompatibleChange[] {
  const { lock: updated, changed, refused } = updateLock(lock, contracts);
  // An entry that was right when it was written stays so: it only tells less.
  const completed = (id: string): boolean => {
    const before = lock.contracts[id];
    if (!before || before.format !== undefined) return false;
    return entryText(id, before) === entryText(id, withoutCompletion(updated.contracts[id]!));
  };
  const outdated = changed
    .filter((id) => !completed(id))
    .map((id) => ({
      place: id,
      reason: lock.contracts[id] ? "the lock file is out of date" : "the lock file does not have it",
      breaks: [],
      mend: "run `kerf export proto --write-lock` and commit the file",
    }));
  return [...refused, ...outdated];
}

function entryText(id: string, contract: LockedContract): string {
  return lockText({ contracts: { [id]: contract } });
}

/** The numbers to go on from: those of removed fields, and of fields of another type now, are reserved. */
function retire(before: LockedContract, now: ContractDescriptor): Record<string, LockedMessage> {
  const messages = { ...before.messages };
  for (const message of everyMessage(now.messages)) {
    const was = messages[message.path];
    if (!was) continue;
    const fields: Record<string, LockedField> = {};
    const reserved: Record<string, string> = { ...was.reserved };
    for (const [name, field] of Object.entries(was.fields)) {
      const kept = message.fields.find((candidate) => candidate.name === name);
      if (kept && was.form === message.form && !changesType(field, lockedField(kept))) {
        fields[name] = field;
        continue;
      }
      reserved[field.number] = name;
      if (kept && typeof kept.type !== "string") forget(messages, kept.type.path);
    }
    messages[message.path] = { ...was, fields, reserved };
  }
  return messages;
}

/** Under a new number a message starts afresh. */
function forget(messages: Record<string, LockedMessage>, path: string): void {
  for (const known of Object.keys(messages)) {
    if (known === path || known.startsWith(`${path}.`)) delete messages[known];
  }
}
