import type { Schema } from "kerf";
import { z } from "zod";
import { definition } from "./definition.ts";
import { portablePattern } from "./portable-pattern.ts";

/**
 * JSON Schema 2020-12 of a schema of the allowed subset, for OpenAPI 3.1 and AsyncAPI 3. An input is closed, since the
 * gateway rejects unknown fields; an output is open, since later versions may add some.
 */
export function jsonSchema(schema: Schema, io: "input" | "output"): object {
  const { $schema: _, ...result } = z.toJSONSchema(schema as z.ZodType, {
    target: "draft-2020-12",
    io,
    metadata: withoutIds,
    override({ zodSchema, jsonSchema: made }) {
      const { type } = definition(zodSchema);
      if (type === "string") return makePortable(made);
      if (type !== "object") return;
      if (io === "input") made.additionalProperties = false;
      else delete made.additionalProperties;
    },
  }) as { readonly $schema?: string };
  return result;
}

function makePortable(made: { pattern?: string; format?: string; allOf?: unknown[] }): void {
  // What Zod takes for an address is more than RFC 5321 does, which the format stands for. The pattern is exact.
  if (made.format === "email" && made.pattern !== undefined) delete made.format;
  if (made.pattern !== undefined) made.pattern = portablePattern(made.pattern);
  for (const part of (made.allOf ?? []) as { pattern?: string }[]) makePortable(part);
}

/** Descriptions without ids: an id makes a reference into a document of its own, and these are parts of a larger one. */
const withoutIds = {
  get(schema: z.core.$ZodType) {
    const meta = z.globalRegistry.get(schema);
    if (meta === undefined) return undefined;
    const { id: _, ...rest } = meta;
    return rest;
  },
  has: (schema: z.core.$ZodType) => z.globalRegistry.has(schema),
} as unknown as typeof z.globalRegistry;
