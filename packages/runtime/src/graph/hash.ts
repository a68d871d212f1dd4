import { createHash } from "node:crypto";
import { describe, type AnyContract, type AnyMember } from "kerf";
import { jsonSchema } from "../validate/index.ts";

/** 32 hexadecimal digits of the SHA-256 of a contract's JSON form, in which the order of fields does not count. */
export function contractHash(contract: AnyContract): string {
  const { id, members } = describe(contract);
  const form = {
    id,
    members: Object.fromEntries([...members].map(([name, member]) => [name, formOf(member)])),
  };
  return createHash("sha256")
    .update(JSON.stringify(sorted(form)))
    .digest("hex")
    .slice(0, 32);
}

function formOf(member: AnyMember): object {
  if (member.kind === "event")
    return { kind: member.kind, key: member.key, data: jsonSchema(member.data, "output") };
  const { kind, http, access, input, output, errors } = member;
  return {
    kind,
    http,
    access: typeof access === "function" ? "a function" : access,
    input: jsonSchema(input, "input"),
    output: jsonSchema(output, "output"),
    errors: Object.fromEntries(
      Object.entries(errors).map(([code, schema]) => [code, jsonSchema(schema, "output")]),
    ),
  };
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
