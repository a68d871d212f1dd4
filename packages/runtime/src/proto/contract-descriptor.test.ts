import { type AnyContract, command, contract, DeclarationError, query } from "kerf";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeProto } from "./contract-descriptor.ts";
import { protoText } from "./proto-text.ts";

function textOf(input: z.ZodType, errors: Record<string, z.ZodType> = {}): string {
  const made = contract("shop", { version: 3, buy: command({ input, errors }) });
  return protoText(describeProto(made as unknown as AnyContract));
}

describe("the .proto of a contract", () => {
  it("reads as if written by hand", () => {
    const made = contract("shop", {
      version: 3,
      find: query({
        description: "Finds articles.\nAt most 20.",
        input: z.object({ words: z.string().describe("What to look for"), inStock: z.boolean().optional() }),
        output: z.object({ articles: z.array(z.object({ sku: z.string(), pence: z.int() })) }),
        errors: { TooShort: z.object({ least: z.int() }) },
      }),
    });
    expect(protoText(describeProto(made as unknown as AnyContract)))
      .toBe(`// The contract shop@3, made by \`kerf export proto\`. Change the contract, not this file.
syntax = "proto3";

package kerf.shop.v3;

service Shop {
  // Finds articles.
  // At most 20.
  // Fails with TooShort, whose data is FindErrors.TooShort.
  rpc Find(FindRequest) returns (FindResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
}

message FindRequest {
  // What to look for
  string words = 1;
  optional bool in_stock = 2;
}

message FindResponse {
  repeated Articles articles = 1;

  message Articles {
    string sku = 1;
    int64 pence = 2;
  }
}

message FindErrors {
  message TooShort {
    int64 least = 1;
  }
}
`);
  });

  it("keeps a description within its comment", () => {
    expect(textOf(z.object({ a: z.string().describe("x\n} message Evil {") }))).toContain(
      "  // x\n  // } message Evil {\n  string a = 1;",
    );
  });

  it("has no word for what is only read, wherever that stands", () => {
    const plain = z.object({
      lines: z.array(z.object({ sku: z.string() })),
      note: z.string().optional(),
      by: z.discriminatedUnion("kind", [z.object({ kind: z.literal("card"), last: z.int() })]),
    });
    const readonly = z.object({
      lines: z.array(z.object({ sku: z.string().readonly() }).readonly()).readonly(),
      note: z.string().optional().readonly(),
      by: z
        .discriminatedUnion("kind", [
          z.object({ kind: z.literal("card").readonly(), last: z.int() }).readonly() as never,
        ])
        .readonly(),
    });
    expect(textOf(readonly)).toBe(textOf(plain));
  });

  it.each<[string, z.ZodType, string]>([
    ["keys that become one", z.object({ aB: z.string(), a_b: z.string() }), '"aB" and "a_b"'],
    ["a date", z.object({ at: z.date() }), 'shop@3.buy input.at: is of the kind "date"'],
    ["a plain union", z.object({ a: z.union([z.string(), z.int()]) }), 'of the kind "union"'],
    ["mixed literals", z.object({ a: z.literal(["a", 1]) }), "literals of several types"],
    ["absent elements", z.object({ a: z.array(z.string().optional()) }), "input.a[]: may be absent"],
  ])("refuses %s, with the place", (_, schema, problem) => {
    expect(() => textOf(schema)).toThrow(DeclarationError);
    expect(() => textOf(schema)).toThrow(problem);
  });

  it("refuses a schema that contains itself", () => {
    const tree: z.ZodType = z.object({
      get children() {
        return z.array(tree);
      },
    });
    expect(() => textOf(tree)).toThrow("contains itself");
  });

  it("refuses errors that become one", () => {
    const none = z.object({});
    expect(() => textOf(none, { outOfStock: none, OutOfStock: none })).toThrow("have the same name");
  });
});
