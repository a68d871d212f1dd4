import type { Service } from "../call/service.ts";
import type { Codec } from "../codec/codec.ts";
import {
  enumeration,
  message,
  typeOf,
  type EnumType,
  type Field,
  type MessageType,
} from "../codec/descriptor.ts";
import { protobuf } from "../codec/protobuf.ts";
import { Output } from "../http2/output.ts";

// The part of google/protobuf/descriptor.proto that describes what `message`, `enumeration` and `service` can say.
const fieldType = enumeration("google.protobuf.FieldDescriptorProto.Type", {
  TYPE_NONE: 0,
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  message: 11,
  bytes: 12,
  uint32: 13,
  enum: 14,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
});
const OPTIONAL = 1;
const REPEATED = 3;

const fieldProto = message("google.protobuf.FieldDescriptorProto", [
  { name: "name", number: 1, type: "string" },
  { name: "number", number: 3, type: "int32" },
  { name: "label", number: 4, type: "int32" },
  { name: "type", number: 5, type: fieldType },
  { name: "type_name", number: 6, type: "string" },
  { name: "oneof_index", number: 9, type: "int32", optional: true },
  { name: "json_name", number: 10, type: "string" },
  { name: "proto3_optional", number: 17, type: "bool" },
]);
const named = message("google.protobuf.OneofDescriptorProto", [{ name: "name", number: 1, type: "string" }]);
const messageOptions = message("google.protobuf.MessageOptions", [
  { name: "map_entry", number: 7, type: "bool" },
]);
const enumValueProto = message("google.protobuf.EnumValueDescriptorProto", [
  { name: "name", number: 1, type: "string" },
  { name: "number", number: 2, type: "int32", optional: true },
]);
const enumProto = message("google.protobuf.EnumDescriptorProto", [
  { name: "name", number: 1, type: "string" },
  { name: "value", number: 2, type: enumValueProto, repeated: true },
]);
const messageProto: MessageType = message("google.protobuf.DescriptorProto", [
  { name: "name", number: 1, type: "string" },
  { name: "field", number: 2, type: fieldProto, repeated: true },
  { name: "nested_type", number: 3, type: () => messageProto, repeated: true },
  { name: "enum_type", number: 4, type: enumProto, repeated: true },
  { name: "options", number: 7, type: messageOptions },
  { name: "oneof_decl", number: 8, type: named, repeated: true },
]);
const methodProto = message("google.protobuf.MethodDescriptorProto", [
  { name: "name", number: 1, type: "string" },
  { name: "input_type", number: 2, type: "string" },
  { name: "output_type", number: 3, type: "string" },
  { name: "client_streaming", number: 5, type: "bool" },
  { name: "server_streaming", number: 6, type: "bool" },
]);
const serviceProto = message("google.protobuf.ServiceDescriptorProto", [
  { name: "name", number: 1, type: "string" },
  { name: "method", number: 2, type: methodProto, repeated: true },
]);
const fileProto = message("google.protobuf.FileDescriptorProto", [
  { name: "name", number: 1, type: "string" },
  { name: "package", number: 2, type: "string" },
  { name: "dependency", number: 3, type: "string", repeated: true },
  { name: "message_type", number: 4, type: messageProto, repeated: true },
  { name: "enum_type", number: 5, type: enumProto, repeated: true },
  { name: "service", number: 6, type: serviceProto, repeated: true },
  { name: "syntax", number: 12, type: "string" },
]);
const fileCodec: Codec<unknown> = protobuf(fileProto);

interface MessageNode {
  name: string;
  field: unknown[];
  nested_type: MessageNode[];
  enum_type: unknown[];
  oneof_decl: { name: string }[];
  options?: { map_entry: boolean };
}

/** A `.proto` file as reflection gives it. */
export interface DescribedFile {
  readonly name: string;
  readonly dependencies: readonly string[];
  /** A google.protobuf.FileDescriptorProto. */
  readonly bytes: Uint8Array;
  /** Full names of its services, methods, messages and enumerations. */
  readonly symbols: readonly string[];
}

interface FileNode {
  readonly name: string;
  readonly package: string;
  readonly dependencies: Set<string>;
  readonly messages: Map<string, MessageNode>;
  readonly message_type: MessageNode[];
  readonly enum_type: unknown[];
  readonly service: unknown[];
  readonly symbols: string[];
}

/** Describes services as `.proto` files, one for each package. Methods whose codec has no `type` are left out. */
export function describe(services: readonly Service<any>[]): DescribedFile[] {
  const files = new Files();
  for (const one of services) files.addService(one);
  return files.finish();
}

class Files {
  readonly #files = new Map<string, FileNode>();
  readonly #seen = new Set<string>();

  addService(described: Service<any>): void {
    const file = this.#file(packageOf(described.name));
    const method: unknown[] = [];
    for (const [name, { kind, input, output }] of Object.entries(described.methods as Service["methods"])) {
      if (input.type === undefined || output.type === undefined) continue;
      method.push({
        name,
        input_type: this.#reference(file, input.type),
        output_type: this.#reference(file, output.type),
        client_streaming: kind === "clientStream" || kind === "bidi",
        server_streaming: kind === "serverStream" || kind === "bidi",
      });
      file.symbols.push(`${described.name}.${name}`);
    }
    file.service.push({ name: baseName(described.name), method });
    file.symbols.push(described.name);
  }

  finish(): DescribedFile[] {
    return [...this.#files.values()].map((file) => {
      const out = new Output();
      const dependencies = [...file.dependencies];
      fileCodec.encode({ ...file, dependency: dependencies, syntax: "proto3" }, out);
      return {
        name: file.name,
        dependencies,
        bytes: new Uint8Array(out.buf.subarray(0, out.pos)),
        symbols: file.symbols,
      };
    });
  }

  #file(packageName: string): FileNode {
    let file = this.#files.get(packageName);
    if (file === undefined) {
      const name = `${packageName === "" ? "default" : packageName.replaceAll(".", "/")}.proto`;
      const lists = { messages: new Map(), message_type: [], enum_type: [], service: [], symbols: [] };
      file = { name, package: packageName, dependencies: new Set(), ...lists };
      this.#files.set(packageName, file);
    }
    return file;
  }

  /** The full name of a type, with a dot in front; adds it to its file, and that to the imports of `user`. */
  #reference(user: FileNode, type: MessageType | EnumType): string {
    const file = this.#file(packageOf(type.name));
    if (file !== user) user.dependencies.add(file.name);
    if (!this.#seen.has(type.name)) {
      this.#seen.add(type.name);
      file.symbols.push(type.name);
      if (type.kind === "enum") this.#place(file, type.name).enum_type.push(enumNode(type));
      else this.#addMessage(file, type);
    }
    return `.${type.name}`;
  }

  #addMessage(file: FileNode, type: MessageType): void {
    const node = this.#node(file, type.name);
    const oneofs = [...new Set(type.fields.flatMap((field) => field.oneof ?? []))];
    node.oneof_decl.push(...oneofs.map((name) => ({ name })));
    for (const field of type.fields) {
      const described =
        field.map === undefined ? this.#field(file, field) : this.#map(file, type, node, field, field.map);
      if (field.oneof !== undefined) Object.assign(described, { oneof_index: oneofs.indexOf(field.oneof) });
      if (field.optional === true) {
        // proto3 keeps presence by a oneof of one field, behind the real ones.
        Object.assign(described, { oneof_index: node.oneof_decl.length, proto3_optional: true });
        node.oneof_decl.push({ name: `_${field.name}` });
      }
      node.field.push(described);
    }
  }

  #field(file: FileNode, field: Field): Record<string, unknown> {
    const type = typeOf(field);
    return {
      name: field.name,
      number: field.number,
      label: field.repeated === true ? REPEATED : OPTIONAL,
      type: type === undefined ? field.type : type.kind,
      type_name: type === undefined ? "" : this.#reference(file, type),
      json_name: jsonName(field.name),
    };
  }

  #map(
    file: FileNode,
    owner: MessageType,
    node: MessageNode,
    field: Field,
    key: string,
  ): Record<string, unknown> {
    const name = `${field.name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Entry`;
    const { map: _, ...value } = field;
    node.nested_type.push({
      ...emptyMessage(name),
      field: [
        { name: "key", number: 1, label: OPTIONAL, type: key, type_name: "", json_name: "key" },
        this.#field(file, { ...value, name: "value", number: 2 }),
      ],
      options: { map_entry: true },
    });
    const entry = { label: REPEATED, type: "message", type_name: `.${owner.name}.${name}` };
    return { name: field.name, number: field.number, json_name: jsonName(field.name), ...entry };
  }

  /** Where a type belongs: its file, or the message whose name it has in front. */
  #place(file: FileNode, name: string): { enum_type: unknown[]; nested: MessageNode[] } {
    const outer = name.slice(0, name.lastIndexOf("."));
    if (outer === file.package || !name.includes("."))
      return { enum_type: file.enum_type, nested: file.message_type };
    const node = this.#node(file, outer);
    return { enum_type: node.enum_type, nested: node.nested_type };
  }

  #node(file: FileNode, name: string): MessageNode {
    let node = file.messages.get(name);
    if (node === undefined) {
      node = emptyMessage(baseName(name));
      file.messages.set(name, node);
      this.#place(file, name).nested.push(node);
    }
    return node;
  }
}

function emptyMessage(name: string): MessageNode {
  return { name, field: [], nested_type: [], enum_type: [], oneof_decl: [] };
}

function enumNode(type: EnumType): unknown {
  // The default comes first in proto3.
  const value = Object.entries(type.values).map(([name, number]) => ({ name, number }));
  return {
    name: baseName(type.name),
    value: value.toSorted((a, b) => Number(b.number === 0) - Number(a.number === 0)),
  };
}

/** The name that protoc gives a field in JSON. */
function jsonName(name: string): string {
  return name.replace(/_+(.)?/g, (_, next: string | undefined) => next?.toUpperCase() ?? "");
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** The package of a full name: what stands before the first part with a capital, which is a type or a service. */
function packageOf(name: string): string {
  const parts = name.split(".");
  const capital = parts.findIndex((part) => /^[A-Z]/.test(part));
  return parts.slice(0, capital === -1 ? parts.length - 1 : capital).join(".");
}
