import type { Shape } from "./shape.ts";

/** What a form begins with: what is required, by the schema's examples where it has some. */
export function initialOf(shape: Shape): unknown {
  if (shape.example !== undefined) return shape.example;
  switch (shape.kind) {
    case "text":
      return "";
    case "number":
      return shape.least;
    case "boolean":
      return false;
    case "choice":
      return shape.values[0];
    case "list":
      // One shows what they look like.
      return Array.from({ length: Math.max(1, shape.least) }, () => initialOf(shape.item));
    case "object":
      return Object.fromEntries(
        shape.fields.filter(({ required }) => required).map((field) => [field.name, initialOf(field.shape)]),
      );
    case "map":
    case "json":
      return {};
    case "cases": {
      const [first] = shape.cases;
      return first ? initialOfCase(shape.tag, first) : {};
    }
    case "nullable":
      return null;
  }
}

export function initialOfCase(tag: string, { value, shape }: { value: unknown; shape: Shape }): object {
  return { [tag]: value, ...(initialOf(shape) as object) };
}

/** Whether a form of this shape can show the value: what was typed as JSON may be anything. */
export function fits(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case "list":
      return Array.isArray(value) && value.every((one) => fits(shape.item, one));
    case "object":
      return (
        isObject(value) &&
        shape.fields.every(
          ({ name, shape: field }) => value[name] === undefined || fits(field, value[name]),
        ) &&
        Object.keys(value).every((name) => shape.fields.some((field) => field.name === name))
      );
    case "map":
      return isObject(value) && Object.values(value).every((one) => fits(shape.value, one));
    case "cases": {
      if (!isObject(value)) return false;
      const { [shape.tag]: tag, ...rest } = value;
      const chosen = shape.cases.find((one) => one.value === tag);
      return chosen !== undefined && fits(chosen.shape, rest);
    }
    case "nullable":
      return value === null || fits(shape.inner, value);
    case "choice":
      return shape.values.includes(value);
    case "boolean":
      return typeof value === "boolean";
    case "text":
      return typeof value === "string";
    // A number that is none yet is what was typed: the server says what is wrong with it.
    case "number":
      return typeof value === "number" || typeof value === "string";
    case "json":
      return true;
  }
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
