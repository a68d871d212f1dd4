import { nearest, type Violation } from "kerf";
import { shorten } from "./messages.ts";
import { isPlainObject, own } from "./objects.ts";
import type { ValidatorOptions } from "./options.ts";
import type {
  Literal,
  NumberShape,
  ObjectShape,
  RecordShape,
  Shape,
  StringShape,
  UnionShape,
} from "./shape.ts";

/** A stranger learns this many faults of a value at once. */
const maxViolations = 20;

/** Says for people what is wrong with a value; nothing where it is right. Repeats no more of it than names of fields. */
export function explain(shape: Shape, value: unknown, options: ValidatorOptions): readonly Violation[] {
  const found = new Findings(options);
  found.visit(shape, value, "");
  return found.violations;
}

class Findings {
  readonly violations: Violation[] = [];
  readonly #options: ValidatorOptions;

  constructor(options: ValidatorOptions) {
    this.#options = options;
  }

  visit(shape: Shape, value: unknown, path: string): void {
    if (this.#full()) return;
    switch (shape.kind) {
      case "nullable":
        if (value !== null) this.visit(shape.inner, value, path);
        return;
      case "string":
        return this.#string(shape, value, path);
      case "number":
        return this.#number(shape, value, path);
      case "boolean":
        if (typeof value !== "boolean") this.#mustBe("true or false", value, path);
        return;
      case "literal":
        if (!shape.values.includes(value as Literal)) this.#mustBe(oneOf(shape.values), value, path);
        return;
      case "enum": {
        const open = this.#options.enums === "open" && shape.values.includes("unknown");
        if (!shape.values.includes(value as string) && !(open && typeof value === "string"))
          this.#mustBe(oneOf(shape.values), value, path);
        return;
      }
      case "array":
        if (!Array.isArray(value)) return this.#mustBe("a list", value, path);
        if (shape.max && value.length > shape.max.count) return this.#add(path, shape.max.message);
        if (shape.min && value.length < shape.min.count) this.#add(path, shape.min.message);
        for (let i = 0; i < value.length && !this.#full(); i++)
          this.visit(shape.element, value[i], join(path, String(i)));
        return;
      case "object":
        if (!isObject(value)) return this.#mustBe("an object", value, path);
        return this.#fields(shape, value, path);
      case "record":
        if (!isPlainObject(value)) return this.#mustBe("an object", value, path);
        return this.#entries(shape, value, path);
      case "union":
        if (!isObject(value)) return this.#mustBe("an object", value, path);
        return this.#case(shape, value, path);
    }
  }

  #full(): boolean {
    return this.violations.length >= maxViolations;
  }

  #add(path: string, message: string): void {
    if (!this.#full()) this.violations.push({ path, message });
  }

  #mustBe(what: string, value: unknown, path: string): void {
    if (value === undefined) this.#add(path, "is required");
    else this.#add(path, value === null ? `must be ${what}, not null` : `must be ${what}`);
  }

  #string(shape: StringShape, value: unknown, path: string): void {
    if (typeof value !== "string") return this.#mustBe("text", value, path);
    let text = value;
    for (const rule of shape.rules) {
      if (!rule.holds(text)) {
        this.#add(path, rule.message);
        // What is too long is not looked at any further: a pattern could take its time over it.
        if (rule.kind === "max") return;
      } else if (rule.kind === "url") text = rule.clean(text)!;
    }
  }

  #number(shape: NumberShape, value: unknown, path: string): void {
    if (typeof value !== "number" || !Number.isFinite(value) || (shape.integer && !Number.isInteger(value)))
      return this.#mustBe(shape.integer ? "a whole number" : "a number", value, path);
    if (shape.integer && !Number.isSafeInteger(value))
      return this.#add(path, `must be between -${Number.MAX_SAFE_INTEGER} and ${Number.MAX_SAFE_INTEGER}`);
    for (const rule of shape.rules) if (!rule.holds(value)) this.#add(path, rule.message);
  }

  #fields({ fields }: ObjectShape, value: object, path: string): void {
    if (this.#options.unknownFields === "reject") {
      const names = fields.map((field) => field.name);
      for (const key in value) {
        if (this.#full()) return;
        if (names.includes(key)) continue;
        const meant = nearest(key, names);
        this.#add(
          join(path, key),
          `is not a field${meant === undefined ? "" : `; did you mean "${meant}"?`}`,
        );
      }
    }
    for (const field of fields) {
      const inner = own(value, field.name);
      if (inner !== undefined) this.visit(field.shape, inner, join(path, field.name));
      else if (field.presence.kind === "required") this.#add(join(path, field.name), "is required");
    }
  }

  #entries(shape: RecordShape, value: object, path: string): void {
    for (const [key, inner] of Object.entries(value)) {
      if (this.#full()) return;
      const place = join(path, key);
      if (key === "__proto__") {
        if (this.#options.unknownFields === "reject") this.#add(place, "is not allowed as a key");
        continue;
      }
      for (const rule of shape.key.rules) {
        if (rule.holds(key)) continue;
        this.#add(place, `has a key that ${rule.message}`);
        if (rule.kind === "max") break;
      }
      this.visit(shape.value, inner, place);
    }
  }

  #case(shape: UnionShape, value: object, path: string): void {
    const tag = own(value, shape.discriminator);
    const option = shape.options.find(({ tags }) => tags.includes(tag as Literal));
    if (option) return this.#fields(option.shape, value, path);
    const tags = shape.options.flatMap((each) => each.tags);
    this.#mustBe(oneOf(tags), tag, join(path, shape.discriminator));
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Names of fields come from strangers too: they are cut. */
const join = (path: string, key: string) => (path === "" ? shorten(key) : `${path}.${shorten(key)}`);

function oneOf(values: readonly Literal[]): string {
  const shown = values.slice(0, 10).map((value) => shorten(JSON.stringify(value), 40));
  const more = values.length - shown.length;
  if (shown.length === 1) return shown[0]!;
  return `one of ${shown.join(", ")}${more > 0 ? ` or ${more} more` : ""}`;
}
