import { jsonSchema } from "@kerf/runtime";
import { expect, test } from "vitest";
import { z } from "zod";
import { hidden, SENSITIVE, UNKNOWN, type JsonSchema } from "./hide.ts";

const secret = z.string().meta({ sensitive: true });
const schema = (of: z.ZodObject) => jsonSchema(of as never, "output") as JsonSchema;

test("what a contract calls sensitive is hidden wherever it stands", () => {
  const of = schema(
    z.object({
      card: secret,
      maybe: secret.optional(),
      lines: z.array(z.object({ note: secret, sku: z.string() })),
      byName: z.record(z.string(), secret),
      either: z.union([z.string(), z.object({ pin: secret })]),
      whole: z.object({ street: z.string() }).meta({ sensitive: true }),
    }),
  );
  const value = {
    card: "4111",
    lines: [{ note: "ring", sku: "horse" }],
    byName: { ann: "x" },
    either: { pin: "1234" },
    whole: { street: "Main" },
    more: 7,
  };
  expect(hidden(of, value)).toEqual({
    card: SENSITIVE,
    lines: [{ note: SENSITIVE, sku: "horse" }],
    byName: { ann: SENSITIVE },
    either: { pin: SENSITIVE },
    whole: SENSITIVE,
    more: 7,
  });
});

test("a schema that holds itself is followed", () => {
  const node: z.ZodObject = z.object({
    pin: secret,
    get inside(): z.ZodType {
      return node.optional();
    },
  });
  expect(hidden(schema(node), { pin: "1", inside: { pin: "2", inside: { pin: "3" } } })).toEqual({
    pin: SENSITIVE,
    inside: { pin: SENSITIVE, inside: { pin: SENSITIVE } },
  });
});

test("names of secrets are hidden as well, and what no contract tells of", () => {
  expect(hidden(schema(z.object({ accessToken: z.string() })), { accessToken: "x", id: 1 })).toEqual({
    accessToken: "[redacted]",
    id: 1,
  });
  expect(hidden(undefined, { id: 1 })).toBe(UNKNOWN);
  expect(hidden(undefined, null)).toBeNull();
});
