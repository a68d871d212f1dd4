import { describe, expect, it } from "vitest";
import { z } from "zod";
import { jsonSchema } from "./json-schema.ts";
import { portablePattern } from "./portable-pattern.ts";

describe("a pattern for other languages", () => {
  it.each([
    ["^\\P{Cc}+$", "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"],
    ["^(?:\\P{Cc}|[\\n\\r\\t])*$", "^(?:[^\\u0000-\\u001f\\u007f-\\u009f]|[\\n\\r\\t])*$"],
    ["[\\p{Control}\\s]", "[\\u0000-\\u001f\\u007f-\\u009f\\s]"],
    ["[\\[\\]]\\p{gc=Cc}", "[\\[\\]][\\u0000-\\u001f\\u007f-\\u009f]"],
    ["[\\P{Cc}a]", "[\\P{Cc}a]"],
    ["\\\\p{Cc}", "\\\\p{Cc}"],
    ["^[A-Z]{2}\\d$", "^[A-Z]{2}\\d$"],
    ["^\\p{L}$", "^\\p{L}$"],
  ])("%s is %s", (pattern, portable) => {
    expect(portablePattern(pattern)).toBe(portable);
  });

  it("means the same for every character", () => {
    for (const source of ["^\\P{Cc}$", "^\\p{Cc}$", "^[\\p{Cc}a]$"]) {
      const was = new RegExp(source, "u");
      const is = new RegExp(portablePattern(source));
      for (let code = 0; code < 0xd800; code++) {
        const character = String.fromCharCode(code);
        if (was.test(character) !== is.test(character))
          throw new Error(`${source} differs for U+${code.toString(16)}`);
      }
    }
  });

  it("stands in JSON Schema, alone and with others", () => {
    const schema = z.object({
      one: z.string().regex(/^\P{Cc}$/u),
      two: z
        .string()
        .regex(/a/)
        .regex(/^\P{Cc}$/u),
    });
    const text = JSON.stringify(jsonSchema(schema, "input"));
    expect(text).not.toContain("Cc");
    expect(text.match(/u001f/g)).toHaveLength(2);
  });
});
