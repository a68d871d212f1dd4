import { DeclarationError, describe, type AnyContract, type AnyMember, type Schema } from "kerf";
import { z } from "zod";
import { compileValidator } from "./compile.ts";

type Io = "input" | "output";

/**
 * Checks that the examples of a contract (`.meta({ examples: […] })` on a schema or on a part of one) fit what they are
 * examples of: a reader copies them.
 * @throws DeclarationError at a place such as `inventory@1.reserve.input.lines[].sku`
 */
export function checkExamples(contract: AnyContract): void {
  for (const member of describe(contract).members.values())
    for (const [place, schema, io] of schemasOf(member)) checkIn(schema, io, `${member.id}.${place}`);
}

function schemasOf(member: AnyMember): readonly (readonly [place: string, Schema, Io])[] {
  if (member.kind === "event") return [["data", member.data, "output"]];
  const errors = Object.entries(member.errors) as [string, Schema][];
  return [
    ["input", member.input, "input"],
    ["output", member.output, "output"],
    ...errors.map(([code, schema]) => [`errors.${code}`, schema, "output"] as const),
  ];
}

function checkIn(schema: Schema, io: Io, place: string): void {
  z.toJSONSchema(schema as z.ZodType, {
    io,
    override({ zodSchema, jsonSchema, path }) {
      const { examples } = jsonSchema as { readonly examples?: unknown };
      // What wraps a schema (optional, default) shows the examples of what it wraps.
      if (examples === undefined || z.globalRegistry.get(zodSchema)?.["examples"] !== examples) return;
      const at = placeOf(place, path);
      if (!Array.isArray(examples) || examples.length === 0)
        throw new DeclarationError(at, "its examples are no list", "write .meta({ examples: […] })");
      const validate = compileValidator(zodSchema, { unknownFields: "reject", enums: "exact" });
      for (const example of examples) {
        const found = validate(example);
        if (found.ok) continue;
        const told = found.violations.map((each) => `${each.path} ${each.message}`.trim()).join("; ");
        throw new DeclarationError(
          at,
          `its example ${short(example)} does not fit: ${told}`,
          "give one that a caller could send or be sent",
        );
      }
    },
  });
}

/** `properties` and `items` are words of JSON Schema, not of the contract. */
function placeOf(place: string, path: readonly (string | number)[]): string {
  let at = place;
  for (let i = 0; i < path.length; i++) {
    const word = path[i];
    if (word === "properties") at += `.${String(path[++i])}`;
    else if (word === "items") at += "[]";
    else if (word === "additionalProperties") at += "{}";
    else at += `(case ${Number(path[++i]) + 1})`;
  }
  return at;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
