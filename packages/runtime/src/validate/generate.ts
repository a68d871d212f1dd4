import { codePoints } from "./code-points.ts";
import { copyJson, inherited, isPlainObject } from "./objects.ts";
import type { ValidatorOptions } from "./options.ts";
import type {
  ArrayShape,
  EnumShape,
  Field,
  Literal,
  NumberShape,
  ObjectShape,
  RecordShape,
  Shape,
  StringShape,
  UnionShape,
} from "./shape.ts";

/** What a generated function returns for a value that does not fit. */
export const unfit: unique symbol = Symbol("unfit");

/** Copies a value that fits, or returns {@link unfit}. */
export type Copy = (value: unknown) => unknown;

/**
 * Makes the function that checks and copies values of a shape. It stops at the first fault: what is wrong is for
 * `explain` to say, away from the hot path.
 *
 * The text of the function holds no name or value of the author's except as JSON string literals; patterns, sets and
 * defaults are handed over as constants.
 */
export function generate(shape: Shape, options: ValidatorOptions): Copy {
  const writer = new Writer(options);
  const body: string[] = [];
  const result = writer.value(shape, "value", body);
  const source = [
    `"use strict";`,
    ...writer.constants.map((_, i) => `const c${i} = constants[${i}];`),
    ...writer.functions,
    `return function copy(value) {`,
    ...body,
    `return ${result};`,
    `};`,
  ].join("\n");
  // oxlint-disable-next-line no-implied-eval -- compiled validators are what makes a call cheap; see above for what goes in
  const make = new Function("constants", "unfit", "codePoints", "isPlainObject", "copyJson", source);
  return make(writer.constants, unfit, codePoints, isPlainObject, copyJson) as Copy;
}

/** Each method adds statements to `out` that check the expression `input`, and returns the expression of its copy. */
class Writer {
  readonly constants: unknown[] = [];
  readonly functions: string[] = [];
  readonly #options: ValidatorOptions;
  readonly #objects = new Map<ObjectShape, string>();
  #names = 0;

  constructor(options: ValidatorOptions) {
    this.#options = options;
  }

  value(shape: Shape, input: string, out: string[]): string {
    switch (shape.kind) {
      case "nullable": {
        const copy = this.#name();
        const inner: string[] = [];
        const result = this.value(shape.inner, input, inner);
        out.push(`let ${copy} = null;`, `if (${input} !== null) {`, ...inner, `${copy} = ${result};`, `}`);
        return copy;
      }
      case "string":
        return this.#string(shape, input, out);
      case "number":
        return this.#number(shape, input, out);
      case "boolean":
        out.push(`if (typeof ${input} !== "boolean") return unfit;`);
        return input;
      case "literal":
        out.push(`if (!(${this.#oneOf(shape.values, input)})) return unfit;`);
        return input;
      case "enum":
        return this.#enum(shape, input, out);
      case "array":
        return this.#array(shape, input, out);
      case "object":
        return this.#copied(`${this.#object(shape)}(${input})`, out);
      case "record":
        return this.#record(shape, input, out);
      case "union":
        return this.#union(shape, input, out);
    }
  }

  #name(): string {
    return `v${this.#names++}`;
  }

  #constant(value: unknown): string {
    return `c${this.constants.push(value) - 1}`;
  }

  #copied(call: string, out: string[]): string {
    const copy = this.#name();
    out.push(`const ${copy} = ${call};`, `if (${copy} === unfit) return unfit;`);
    return copy;
  }

  #oneOf(values: readonly Literal[], input: string): string {
    return values.length <= 8
      ? values.map((value) => `${input} === ${JSON.stringify(value)}`).join(" || ")
      : `${this.#constant(new Set(values))}.has(${input})`;
  }

  #string({ rules }: StringShape, input: string, out: string[]): string {
    out.push(`if (typeof ${input} !== "string") return unfit;`);
    let text = input;
    for (const rule of rules) {
      const length: string = `${text}.length`;
      switch (rule.kind) {
        // A code point is one or two units of a string: most strings need no counting.
        case "min":
          out.push(
            `if (${length} < ${rule.count * 2} && (${length} < ${rule.count} || codePoints(${text}) < ${rule.count})) return unfit;`,
          );
          break;
        case "max":
          out.push(
            `if (${length} > ${rule.count} && (${length} > ${rule.count * 2} || codePoints(${text}) > ${rule.count})) return unfit;`,
          );
          break;
        case "pattern":
          out.push(`if (!${this.#constant(rule.pattern)}.test(${text})) return unfit;`);
          break;
        case "other":
          out.push(`if (!${this.#constant(rule)}.holds(${text})) return unfit;`);
          break;
        case "url": {
          const clean = this.#name();
          out.push(
            `const ${clean} = ${this.#constant(rule)}.clean(${text});`,
            `if (${clean} === undefined) return unfit;`,
          );
          text = clean;
        }
      }
    }
    return text;
  }

  #number({ integer, rules }: NumberShape, input: string, out: string[]): string {
    out.push(`if (!Number.${integer ? "isSafeInteger" : "isFinite"}(${input})) return unfit;`);
    for (const rule of rules)
      out.push(
        rule.kind === "other"
          ? `if (!${this.#constant(rule)}.holds(${input})) return unfit;`
          : `if (!(${input} ${rule.kind} ${Number(rule.bound)})) return unfit;`,
      );
    return input;
  }

  #enum({ values }: EnumShape, input: string, out: string[]): string {
    const listed = this.#oneOf(values, input);
    if (this.#options.enums === "exact" || !values.includes("unknown")) {
      out.push(`if (!(${listed})) return unfit;`);
      return input;
    }
    const copy = this.#name();
    out.push(
      `let ${copy} = ${input};`,
      `if (!(${listed})) {`,
      `if (typeof ${input} !== "string") return unfit;`,
      `${copy} = "unknown";`,
      `}`,
    );
    return copy;
  }

  #array({ element, min, max }: ArrayShape, input: string, out: string[]): string {
    const [copy, length, index, entry] = [this.#name(), this.#name(), this.#name(), this.#name()];
    out.push(`if (!Array.isArray(${input})) return unfit;`, `const ${length} = ${input}.length;`);
    if (max) out.push(`if (${length} > ${Number(max.count)}) return unfit;`);
    if (min) out.push(`if (${length} < ${Number(min.count)}) return unfit;`);
    const inner: string[] = [];
    const result = this.value(element, entry, inner);
    out.push(
      `const ${copy} = [];`,
      `for (let ${index} = 0; ${index} < ${length}; ${index}++) {`,
      `const ${entry} = ${input}[${index}];`,
      ...inner,
      `${copy}.push(${result});`,
      `}`,
    );
    return copy;
  }

  #record({ key, value }: RecordShape, input: string, out: string[]): string {
    const [copy, name, entry] = [this.#name(), this.#name(), this.#name()];
    const inner: string[] = [];
    this.#string(key, name, inner);
    const result = this.value(value, entry, inner);
    out.push(
      `if (!isPlainObject(${input})) return unfit;`,
      `const ${copy} = {};`,
      `for (const ${name} of Object.keys(${input})) {`,
      // Assigning it would change the prototype of the copy.
      `if (${name} === "__proto__") ${this.#options.unknownFields === "reject" ? "return unfit" : "continue"};`,
      `const ${entry} = ${input}[${name}];`,
      ...inner,
      `${copy}[${name}] = ${result};`,
      `}`,
    );
    return copy;
  }

  #union({ discriminator, options }: UnionShape, input: string, out: string[]): string {
    const copy = this.#name();
    out.push(
      isNoObject(input),
      `let ${copy};`,
      `switch (${field(input, discriminator)}) {`,
      ...options.flatMap(({ tags, shape }) => [
        ...tags.map((tag) => `case ${JSON.stringify(tag)}:`),
        `${copy} = ${this.#object(shape)}(${input});`,
        `break;`,
      ]),
      `default: return unfit;`,
      `}`,
      `if (${copy} === unfit) return unfit;`,
    );
    return copy;
  }

  /** The name of the function for an object: one each keeps them small enough to be optimized. */
  #object(shape: ObjectShape): string {
    const known = this.#objects.get(shape);
    if (known) return known;
    const own = `o${this.#objects.size}`;
    this.#objects.set(shape, own);
    const body = [isNoObject("o")];
    const always: string[] = [];
    const maybe: string[] = [];
    const present: string[] = [];
    for (const { name, shape: inner, presence } of shape.fields) {
      const input = this.#name();
      body.push(`const ${input} = ${field("o", name)};`);
      if (presence.kind === "required") {
        always.push(`${JSON.stringify(name)}: ${this.value(inner, input, body)}`);
        continue;
      }
      present.push(`(${input} === undefined ? 0 : 1)`);
      const copy = this.#name();
      const checks: string[] = [];
      const result = this.value(inner, input, checks);
      body.push(`let ${copy};`, `if (${input} !== undefined) {`, ...checks, `${copy} = ${result};`, `}`);
      if (presence.kind === "default") {
        body.push(`else ${copy} = ${this.#default(presence.value)};`);
        always.push(`${JSON.stringify(name)}: ${copy}`);
      } else maybe.push(`if (${copy} !== undefined) r[${JSON.stringify(name)}] = ${copy};`);
    }
    if (this.#options.unknownFields === "reject") body.push(...this.#known(shape.fields, present));
    // Absent fields stay absent: `r` is made with those that are always there, the others are added.
    this.functions.push(
      `function ${own}(o) {`,
      ...body,
      `const r = { ${always.join(", ")} };`,
      ...maybe,
      `return r;`,
      `}`,
    );
    return own;
  }

  /** Refuses fields that are not in the shape. Counting comes first: it is faster than comparing names. */
  #known(fields: readonly Field[], present: readonly string[]): string[] {
    const required = fields.length - present.length;
    const names = this.#constant(new Set(fields.map((each) => each.name)));
    return [
      `let n = ${[String(required), ...present].join(" + ")};`,
      `for (const k in o) n--;`,
      `if (n !== 0) for (const k in o) if (!${names}.has(k)) return unfit;`,
    ];
  }

  #default(value: unknown): string {
    if (typeof value === "object" && value !== null) return `copyJson(${this.#constant(copyJson(value))})`;
    return JSON.stringify(value);
  }
}

const isNoObject = (input: string) =>
  `if (typeof ${input} !== "object" || ${input} === null || Array.isArray(${input})) return unfit;`;

/** Reads a field, and never what an object inherits from Object.prototype. */
function field(input: string, name: string): string {
  const literal = JSON.stringify(name);
  return inherited.has(name)
    ? `(Object.hasOwn(${input}, ${literal}) ? ${input}[${literal}] : undefined)`
    : `${input}[${literal}]`;
}
