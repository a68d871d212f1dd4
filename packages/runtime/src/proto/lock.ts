import type { AnyContract } from "kerf";
import { describe } from "kerf";
import { describeProto } from "./contract-descriptor.ts";
import {
  type ContractDescriptor,
  everyMessage,
  type FieldDescriptor,
  type FieldLabel,
  type JsonScalar,
  type MessageDescriptor,
  type MessageForm,
} from "./descriptor.ts";

import { orderedLimits, type FieldLimits } from "./field-limits.ts";

/** What the committed file `contracts.lock.json` remembers: which number each field has, and what was promised. */
export interface ContractLock {
  /** By id, as `"inventory@1"`. */
  readonly contracts: Readonly<Record<string, LockedContract>>;
}

export interface LockedContract {
  /** What the entry tells: absent in those that are older than `http`, `version` and `limits`, which say nothing of these. */
  readonly format?: typeof lockFormat;
  readonly members: Readonly<Record<string, LockedMember>>;
  /** By path, as `"ReserveRequest.Lines"`. */
  readonly messages: Readonly<Record<string, LockedMessage>>;
}

export const lockFormat = 2;

export interface LockedMember {
  readonly kind: "query" | "command" | "event" | "stream";
  /** Its route at the gateway. */
  readonly http?: string;
  /** Of its data or input; 1 where absent. */
  readonly version?: number;
  /** The codes of its declared errors. */
  readonly errors?: readonly string[];
  /** What orders an event. */
  readonly key?: string;
}

export interface LockedMessage {
  readonly form: MessageForm;
  readonly fields: Readonly<Record<string, LockedField>>;
  /** Number to the name of the field that had it. */
  readonly reserved?: Readonly<Record<string, string>>;
}

export interface LockedField {
  readonly number: number;
  /** A scalar of protobuf, or the form of the message that is nested here. */
  readonly type: string;
  /** Absent where the field must be there. */
  readonly label?: Exclude<FieldLabel, "required">;
  /** What an enum or literal allows. */
  readonly values?: readonly JsonScalar[];
  readonly limits?: FieldLimits;
  /** What chooses this option of a union. */
  readonly tags?: readonly JsonScalar[];
}

export const emptyLock: ContractLock = { contracts: {} };

/** The contract as protobuf sees it, with the numbers of the lock file. */
export function protoOf(contract: AnyContract, lock: ContractLock = emptyLock): ContractDescriptor {
  return describeProto(contract, lock.contracts[describe(contract).id]?.messages ?? {});
}

/** What the lock file remembers of a contract. */
export function lockedContract(contract: ContractDescriptor): LockedContract {
  const members: [string, LockedMember][] = [
    ...contract.methods.map((method): [string, LockedMember] => {
      const errors = [...method.errors.keys()].toSorted();
      const { kind, http, version } = method;
      const told = { ...(http && { http }), ...(version > 1 && { version }) };
      return [nameOf(method.member), { kind, ...told, ...(errors.length > 0 && { errors }) }];
    }),
    ...contract.events.map(({ member, key, version }): [string, LockedMember] => [
      nameOf(member),
      { kind: "event", ...(version > 1 && { version }), key },
    ]),
  ];
  const messages = [...everyMessage(contract.messages)]
    .filter((message) => message.form !== "group")
    .map((message): [string, LockedMessage] => [message.path, lockedMessage(message)]);
  return {
    format: lockFormat,
    members: Object.fromEntries(members),
    messages: Object.fromEntries(messages),
  };
}

function lockedMessage({ form, fields, reserved }: MessageDescriptor): LockedMessage {
  return {
    form,
    fields: Object.fromEntries(fields.map((field) => [field.name, lockedField(field)])),
    ...(reserved.length > 0 && {
      reserved: Object.fromEntries(reserved.map(({ number, name }) => [number, name])),
    }),
  };
}

export function lockedField({ number, label, type, values, limits, tags }: FieldDescriptor): LockedField {
  return {
    number,
    ...(label !== "required" && { label }),
    type: typeof type === "string" ? type : type.form,
    ...(values && { values: inOrder(values) }),
    ...(limits && { limits: orderedLimits(limits) }),
    ...(tags && { tags: inOrder(tags) }),
  };
}

function nameOf(member: string): string {
  return member.slice(member.indexOf(".") + 1);
}

/** An entry as older versions of this wrote it. */
export function withoutCompletion(contract: LockedContract): LockedContract {
  const members = Object.entries(contract.members).map(([name, { http: _h, version: _v, ...rest }]) => [
    name,
    rest,
  ]);
  const messages = Object.entries(contract.messages).map(([path, message]) => {
    const fields = Object.entries(message.fields).map(([name, { limits: _l, ...rest }]) => [name, rest]);
    return [path, { ...message, fields: Object.fromEntries(fields) }];
  });
  return { members: Object.fromEntries(members), messages: Object.fromEntries(messages) };
}

/** By code unit: the same on every machine, whatever its language. */
function inOrder(values: readonly JsonScalar[]): readonly JsonScalar[] {
  return values.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
}
