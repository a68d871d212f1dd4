import type { FieldLimits } from "./field-limits.ts";

/** `bytes` and `enum` appear in gRPC's own protocols only: contracts hold JSON, and their enums are strings. */
export type ScalarType = "string" | "bool" | "int64" | "double" | "bytes" | "enum";

/**
 * What JSON value a message stands for.
 * - `object`: an object, a field per key
 * - `union`: a discriminated union, one `oneof` field per option
 * - `nullable`: its field `value`, or null where that is absent
 * - `box`: its field `value`, where the whole value is neither object nor union
 * - `list`, `map`: its field `items` or `entries`, where an absent array or record must differ from an empty one
 * - `null`: always null
 * - `group`: only a scope for the messages within
 */
export type MessageForm = "object" | "union" | "nullable" | "box" | "list" | "map" | "null" | "group";

/** `default` is `optional` on the wire; the callee fills it in. A map's key is a string. */
export type FieldLabel = "required" | "optional" | "default" | "repeated" | "map";

export interface FieldDescriptor {
  /** Its name in protobuf. */
  readonly name: string;
  /** Its key in JSON. */
  readonly key: string;
  readonly number: number;
  readonly label: FieldLabel;
  /** A message is always one that is nested in the message of the field. */
  readonly type: ScalarType | MessageDescriptor;
  readonly description: string | undefined;
  /** The values that an enum or literal allows. */
  readonly values: readonly JsonScalar[] | undefined;
  /** Of the value, or of each element, and of how many there are. */
  readonly limits?: FieldLimits | undefined;
  /** In a union: the values of the discriminator that choose this field. */
  readonly tags: readonly JsonScalar[] | undefined;
  /** Where the type is `enum`. */
  readonly enumeration?: EnumDescriptor;
}

/** An enum of gRPC's own protocols, within the message of its field. A value's number is its place. */
export interface EnumDescriptor {
  readonly name: string;
  readonly values: readonly string[];
}

export type JsonScalar = string | number | boolean;

export interface MessageDescriptor {
  readonly name: string;
  /** Below the package, as `"ReserveRequest.Lines"`. */
  readonly path: string;
  readonly form: MessageForm;
  readonly description: string | undefined;
  /** In the order of declaration. */
  readonly fields: readonly FieldDescriptor[];
  readonly messages: readonly MessageDescriptor[];
  readonly reserved: readonly ReservedNumber[];
  /** Of a union: the key that tells the options apart. */
  readonly discriminator: string | undefined;
  /** Of an option that one value chooses: the key and value that the `oneof` says already. */
  readonly implied: { readonly key: string; readonly value: JsonScalar } | undefined;
}

/** A number that a removed field had. Never given again. */
export interface ReservedNumber {
  readonly number: number;
  readonly name: string;
}

export interface MethodDescriptor {
  /** `"inventory@1.reserve"`. */
  readonly member: string;
  readonly kind: "query" | "command" | "stream";
  /** `"Reserve"`. */
  readonly name: string;
  /** `"/kerf.inventory.v1.Inventory/Reserve"`. */
  readonly path: string;
  readonly description: string | undefined;
  /** `"GET /stock/:sku"`. */
  readonly http: string | undefined;
  /** Of the request, where it is that of a command. */
  readonly version: number;
  readonly earlier: readonly EarlierDescriptor[];
  readonly request: MessageDescriptor;
  readonly response: MessageDescriptor;
  /** By code. */
  readonly errors: ReadonlyMap<string, MessageDescriptor>;
}

/** What an upcaster reads: the whole event or input as it was. */
export interface EarlierDescriptor {
  readonly version: number;
  /** What the member was called then. */
  readonly name: string;
  readonly message: MessageDescriptor;
}

export interface EventDescriptor {
  /** `"inventory@1.depleted"`. */
  readonly member: string;
  readonly key: string;
  readonly description: string | undefined;
  readonly data: MessageDescriptor;
  readonly version: number;
  readonly earlier: readonly EarlierDescriptor[];
}

/** A contract as protobuf sees it: one file with one service. */
export interface ContractDescriptor {
  /** `"inventory@1"`. */
  readonly contract: string;
  /** `"kerf/inventory/v1/inventory.proto"`. */
  readonly file: string;
  /** `"kerf.inventory.v1"`. */
  readonly package: string;
  /** `"Inventory"`. */
  readonly service: string;
  readonly methods: readonly MethodDescriptor[];
  readonly events: readonly EventDescriptor[];
  /** Every message of the file's top level, in the order of declaration. */
  readonly messages: readonly MessageDescriptor[];
}

/** Every message of `messages` and within them, outermost first. */
export function* everyMessage(messages: readonly MessageDescriptor[]): Generator<MessageDescriptor> {
  for (const message of messages) {
    yield message;
    yield* everyMessage(message.messages);
  }
}
