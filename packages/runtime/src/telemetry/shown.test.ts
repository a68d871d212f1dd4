import { expect, test } from "vitest";
import { z } from "zod";
import { SENSITIVE, shownBy } from "./shown.ts";

const Card = z.object({ number: z.string().meta({ sensitive: true }), holder: z.string() });
const secret = "4111111111111111";

test.each([
  ["a field", Card, { number: secret, holder: "Ada" }],
  ["a whole object", Card.meta({ sensitive: true }), { number: secret, holder: secret }],
  ["in a list", z.object({ cards: z.array(Card) }), { cards: [{ number: secret, holder: "Ada" }] }],
  ["in a record", z.object({ cards: z.record(z.string(), Card) }), { cards: { a: { number: secret } } }],
  ["optional", z.object({ card: Card.optional() }), { card: { number: secret } }],
  [
    "of an optional field itself",
    z.object({ n: z.string().optional().meta({ sensitive: true }) }),
    { n: secret },
  ],
  [
    "nullable, with a default",
    z.object({ n: z.string().meta({ sensitive: true }).nullable().default("") }),
    { n: secret },
  ],
  [
    "in one of several",
    z.discriminatedUnion("by", [
      z.object({ by: z.literal("card"), card: Card }),
      z.object({ by: z.literal("invoice"), card: z.string().optional() }),
    ]),
    { by: "card", card: { number: secret } },
  ],
  [
    "by its name",
    z.object({ password: z.string(), apiKey: z.string() }),
    { password: secret, apiKey: secret },
  ],
])("what is sensitive is not shown: %s", (_, schema, value) => {
  expect(shownBy(schema)(value)).not.toContain(secret);
});

test("the rest is shown as JSON, and not much of it", () => {
  const show = shownBy(Card);
  expect(JSON.parse(show({ number: secret, holder: "Ada" }))).toEqual({ number: SENSITIVE, holder: "Ada" });
  expect(show({ number: "", holder: "x".repeat(10_000) })).toHaveLength(4_097);
});

test("a schema that holds itself ends", () => {
  const Tree: z.ZodType = z.object({
    secret: z.string().meta({ sensitive: true }),
    get children() {
      return z.array(Tree).optional();
    },
  });
  const value = { secret, children: [{ secret, children: [] }] };
  expect(shownBy(Tree)(value)).not.toContain(secret);
});
