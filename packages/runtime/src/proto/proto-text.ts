import type {
  ContractDescriptor,
  FieldDescriptor,
  MessageDescriptor,
  MethodDescriptor,
} from "./descriptor.ts";
import { jsonNameOf } from "./names.ts";

/** The `.proto` file of a contract (proto3). The same contract and lock give the same text. */
export function protoText(contract: ContractDescriptor): string {
  const lines = [
    `// The contract ${contract.contract}, made by \`kerf export proto\`. Change the contract, not this file.`,
    'syntax = "proto3";',
    "",
    `package ${contract.package};`,
    "",
    ...serviceLines(contract),
    ...contract.messages.flatMap((message) => ["", ...messageLines(contract, message)]),
  ];
  return `${lines.join("\n")}\n`;
}

function serviceLines(contract: ContractDescriptor): string[] {
  const methods = contract.methods.map((method) => indent(methodLines(method)));
  return [`service ${contract.service} {`, ...separate(methods), "}"];
}

function methodLines(method: MethodDescriptor): string[] {
  const errors = [...method.errors].map(
    ([code, message]) => `Fails with ${code}, whose data is ${message.path}.`,
  );
  const signature = `rpc ${method.name}(${method.request.name}) returns (${method.kind === "stream" ? "stream " : ""}${method.response.name})`;
  return [
    ...comment(method.description),
    ...comment(errors.join("\n")),
    ...(method.kind !== "command"
      ? [`${signature} {`, "  option idempotency_level = NO_SIDE_EFFECTS;", "}"]
      : [`${signature};`]),
  ];
}

function messageLines(contract: ContractDescriptor, message: MessageDescriptor): string[] {
  const event = contract.events.find(({ data }) => data === message);
  const parts = [
    ...reservedLines(message),
    message.form === "union" ? oneofLines(message) : undefined,
    ...(message.form === "union" ? [] : message.fields.map(fieldLines)),
    ...message.messages.map((inner) => ["", ...messageLines(contract, inner)]),
  ].filter((part) => part !== undefined);
  const head = [
    ...comment(event?.description),
    ...comment(event && `An event, in order per ${event.key}.`),
    ...comment(message.description),
    ...comment(formNote(message)),
  ];
  if (parts.length === 0) return [...head, `message ${message.name} {}`];
  const body = parts.flat();
  return [...head, `message ${message.name} {`, ...indent(body[0] === "" ? body.slice(1) : body), "}"];
}

function formNote(message: MessageDescriptor): string | undefined {
  if (message.form === "nullable") return "Null where it has no value.";
  return message.form === "null" ? "Always null." : undefined;
}

function reservedLines(message: MessageDescriptor): string[][] {
  if (message.reserved.length === 0) return [];
  const numbers = message.reserved.map(({ number }) => number).toSorted((a, b) => a - b);
  const live = new Set(message.fields.map(({ name }) => name));
  const names = [...new Set(message.reserved.map(({ name }) => name))].filter((name) => !live.has(name));
  const lines = [`reserved ${numbers.join(", ")};`];
  if (names.length > 0)
    lines.push(
      `reserved ${names
        .toSorted()
        .map((name) => `"${name}"`)
        .join(", ")};`,
    );
  return [lines];
}

function oneofLines(message: MessageDescriptor): string[] {
  const fields = message.fields.flatMap((field) => fieldLines({ ...field, label: "required" }));
  return [`oneof ${oneofNameOf(message)} {`, ...indent(fields), "}"];
}

/** The name of a union's `oneof`: its discriminator, unless an option has that name. */
export function oneofNameOf(message: MessageDescriptor): string {
  const name = (message.discriminator ?? "").replace(/[^A-Za-z0-9_]/g, "_").toLowerCase() || "option";
  const usable = /^[a-z]/.test(name) ? name : `of_${name}`;
  return message.fields.some((field) => field.name === usable) ? `which_${usable}` : usable;
}

function fieldLines(field: FieldDescriptor): string[] {
  const type = typeof field.type === "string" ? field.type : field.type.name;
  const typed = {
    required: type,
    optional: `optional ${type}`,
    default: `optional ${type}`,
    repeated: `repeated ${type}`,
    map: `map<string, ${type}>`,
  }[field.label];
  const json = jsonNameOf(field.name) === field.key ? "" : ` [json_name = ${quoted(field.key)}]`;
  const values = field.values?.map((value) => JSON.stringify(value)).join(", ");
  return [
    ...comment(field.description),
    ...comment(values && `${field.values?.length === 1 ? "Always" : "One of"} ${values}.`),
    `${typed} ${field.name} = ${field.number}${json};`,
  ];
}

function quoted(key: string): string {
  return `"${key.replace(/["\\]/g, "\\$&").replace(/\p{Cc}/gu, "?")}"`;
}

function comment(text: string | undefined): string[] {
  return text
    ? text
        .trim()
        .split(/[\r\n\u2028\u2029]+/)
        .map((line) => `// ${line.trim()}`)
    : [];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

function separate(blocks: readonly string[][]): string[] {
  return blocks.flatMap((block, at) => (at === 0 ? block : ["", ...block]));
}
