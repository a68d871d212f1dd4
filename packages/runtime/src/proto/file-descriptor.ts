import { compile } from "./codec.ts";
import {
  type ContractDescriptor,
  everyMessage,
  type FieldDescriptor,
  type MessageDescriptor,
  type ScalarType,
} from "./descriptor.ts";
import { jsonNameOf } from "./names.ts";
import { oneofNameOf } from "./proto-text.ts";
import { group, wireMessage } from "./wire-message.ts";

/** A method of a gRPC service that is not made from a contract. */
export interface PlainMethod {
  readonly name: string;
  readonly request: MessageDescriptor;
  readonly response: MessageDescriptor;
  readonly requestStream?: boolean;
  readonly responseStream?: boolean;
  readonly readOnly?: boolean;
}

/** What a `.proto` file says, as far as reflection tells it. */
export interface PlainFile {
  readonly file: string;
  readonly package: string;
  readonly service: string;
  readonly methods: readonly PlainMethod[];
  readonly messages: readonly MessageDescriptor[];
}

export function fileOf(contract: ContractDescriptor): PlainFile {
  return {
    ...contract,
    methods: contract.methods.map(({ kind, ...method }) => ({
      ...method,
      readOnly: kind !== "command",
      responseStream: kind === "stream",
    })),
  };
}

// google/protobuf/descriptor.proto, as far as it is used: https://protobuf.com/docs/descriptors
const enumValue = wireMessage("EnumValueDescriptorProto", { name: [1, "string"], number: [2, "int64"] });
const enumType = wireMessage("EnumDescriptorProto", { name: [1, "string"], value: [2, [enumValue]] });
const fieldProto = wireMessage("FieldDescriptorProto", {
  name: [1, "string"],
  number: [3, "int64"],
  label: [4, "int64"],
  type: [5, "int64"],
  type_name: [6, "string"],
  oneof_index: [9, "optional int64"],
  json_name: [10, "string"],
  proto3_optional: [17, "bool"],
});
const oneof = wireMessage("OneofDescriptorProto", { name: [1, "string"] });
const messageOptions = wireMessage("MessageOptions", { map_entry: [7, "bool"] });
const reservedRange = wireMessage("ReservedRange", { start: [1, "int64"], end: [2, "int64"] });
const message = wireMessage("DescriptorProto", {
  name: [1, "string"],
  field: [2, [fieldProto]],
  // Messages are nested in bytes, not in types, which would have no end.
  nested_type: [3, ["bytes"]],
  enum_type: [4, [enumType]],
  options: [7, messageOptions],
  oneof_decl: [8, [oneof]],
  reserved_range: [9, [reservedRange]],
  reserved_name: [10, ["string"]],
});
const methodOptions = wireMessage("MethodOptions", { idempotency_level: [34, "int64"] });
const method = wireMessage("MethodDescriptorProto", {
  name: [1, "string"],
  input_type: [2, "string"],
  output_type: [3, "string"],
  options: [4, methodOptions],
  client_streaming: [5, "bool"],
  server_streaming: [6, "bool"],
});
const service = wireMessage("ServiceDescriptorProto", { name: [1, "string"], method: [2, [method]] });
const file = wireMessage("FileDescriptorProto", {
  name: [1, "string"],
  package: [2, "string"],
  message_type: [4, ["bytes"]],
  service: [6, [service]],
  syntax: [12, "string"],
});

const codecs = compile([group([file, message])]);
const NO_SIDE_EFFECTS = 1;
const LABEL_OPTIONAL = 1;
const LABEL_REPEATED = 3;
const types = { double: 1, int64: 3, bool: 8, string: 9, bytes: 12, enum: 14 } as const satisfies Record<
  ScalarType,
  number
>;
const TYPE_MESSAGE = 11;

/** The file as `google.protobuf.FileDescriptorProto`, encoded. */
export function fileDescriptor(plain: PlainFile): Buffer {
  const typeName = ({ path }: MessageDescriptor): string => `.${plain.package}.${path}`;
  return codecs(file).encode({
    name: plain.file,
    package: plain.package,
    message_type: plain.messages.map((top) => messageProto(plain.package, top)),
    service: [
      {
        name: plain.service,
        method: plain.methods.map((one) => ({
          name: one.name,
          input_type: typeName(one.request),
          output_type: typeName(one.response),
          ...(one.readOnly && { options: { idempotency_level: NO_SIDE_EFFECTS } }),
          client_streaming: one.requestStream ?? false,
          server_streaming: one.responseStream ?? false,
        })),
      },
    ],
    syntax: "proto3",
  });
}

/** The full names of a file's service, methods and messages. */
export function symbolsOf(plain: PlainFile): readonly string[] {
  const serviceName = `${plain.package}.${plain.service}`;
  return [
    serviceName,
    ...plain.methods.map(({ name }) => `${serviceName}.${name}`),
    ...[...everyMessage(plain.messages)].map(({ path }) => `${plain.package}.${path}`),
  ];
}

function messageProto(packageName: string, plain: MessageDescriptor): Buffer {
  const isUnion = plain.form === "union";
  // The oneofs that stand for `optional` come after the real ones.
  const optional = isUnion ? [] : plain.fields.filter(isOptional);
  const oneofs = isUnion ? [oneofNameOf(plain)] : optional.map(({ name }) => `_${name}`);
  const field = plain.fields.map((one) => ({
    ...fieldEntry(packageName, plain, one),
    ...(isUnion && { oneof_index: 0 }),
    ...(optional.includes(one) && { oneof_index: optional.indexOf(one), proto3_optional: true }),
  }));
  const maps = plain.fields.filter(({ label }) => label === "map");
  const live = new Set(plain.fields.map(({ name }) => name));
  return codecs(message).encode({
    name: plain.name,
    field,
    nested_type: [
      ...maps.map((map) => mapEntry(packageName, map)),
      ...plain.messages
        .filter(({ path }) => path.startsWith(`${plain.path}.`))
        .map((inner) => messageProto(packageName, inner)),
    ],
    enum_type: plain.fields.flatMap(({ enumeration }) =>
      enumeration
        ? [{ name: enumeration.name, value: enumeration.values.map((name, number) => ({ name, number })) }]
        : [],
    ),
    oneof_decl: oneofs.map((name) => ({ name })),
    reserved_range: plain.reserved.map(({ number }) => ({ start: number, end: number + 1 })),
    reserved_name: [...new Set(plain.reserved.map(({ name }) => name))].filter((name) => !live.has(name)),
  });
}

function fieldEntry(packageName: string, owner: MessageDescriptor, field: FieldDescriptor): object {
  const { name, number, label, type, enumeration } = field;
  const entry = {
    name,
    number,
    label: label === "repeated" || label === "map" ? LABEL_REPEATED : LABEL_OPTIONAL,
    json_name: jsonNameOf(name) === field.key ? jsonNameOf(name) : field.key,
  };
  const path = `.${packageName}.${owner.path}`;
  if (label === "map") return { ...entry, type: TYPE_MESSAGE, type_name: `${path}.${entryNameOf(name)}` };
  if (enumeration) return { ...entry, type: types.enum, type_name: `${path}.${enumeration.name}` };
  if (typeof type === "string") return { ...entry, type: types[type] };
  return { ...entry, type: TYPE_MESSAGE, type_name: `.${packageName}.${type.path}` };
}

/** A map is a repeated field of a message that protobuf makes by itself. */
function mapEntry(packageName: string, { name, type }: FieldDescriptor): Buffer {
  const one = { label: LABEL_OPTIONAL };
  const value = { ...one, name: "value", number: 2, json_name: "value" };
  return codecs(message).encode({
    name: entryNameOf(name),
    field: [
      { ...one, name: "key", number: 1, json_name: "key", type: types.string },
      typeof type === "string"
        ? { ...value, type: types[type] }
        : { ...value, type: TYPE_MESSAGE, type_name: `.${packageName}.${type.path}` },
    ],
    options: { map_entry: true },
  });
}

/** By protoc's rule: camel case of the field's name, then `Entry`. */
function entryNameOf(fieldName: string): string {
  const camel = jsonNameOf(fieldName);
  return `${camel[0]?.toUpperCase()}${camel.slice(1)}Entry`;
}

function isOptional({ label }: FieldDescriptor): boolean {
  return label === "optional" || label === "default";
}
