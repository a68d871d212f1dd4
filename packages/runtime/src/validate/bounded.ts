import { codePoints } from "./code-points.ts";
import { counted } from "./messages.ts";
import type { ObjectShape, Shape, StringShape } from "./shape.ts";

/** What a value may hold where its schema sets no upper limit. */
export interface Bounds {
  /** Of a string. */
  readonly characters: number;
  /** Of a list. */
  readonly items: number;
}

/** The same shape, with an upper limit on every string and list that has none of its own. */
export function bounded(shape: Shape, bounds: Bounds): Shape {
  switch (shape.kind) {
    case "string":
      return boundedString(shape, bounds.characters);
    case "array": {
      const message = `must have at most ${counted(bounds.items, "entry", "entries")}`;
      const max = shape.max ?? { count: bounds.items, message };
      return { ...shape, max, element: bounded(shape.element, bounds) };
    }
    case "nullable":
      return { ...shape, inner: bounded(shape.inner, bounds) };
    case "record":
      return {
        ...shape,
        key: boundedString(shape.key, bounds.characters),
        value: bounded(shape.value, bounds),
      };
    case "object":
      return boundedObject(shape, bounds);
    case "union":
      return {
        ...shape,
        options: shape.options.map((each) => ({ ...each, shape: boundedObject(each.shape, bounds) })),
      };
    case "number":
    case "boolean":
    case "literal":
    case "enum":
      return shape;
  }
}

function boundedObject(shape: ObjectShape, bounds: Bounds): ObjectShape {
  const fields = shape.fields.map((field) => ({ ...field, shape: bounded(field.shape, bounds) }));
  return { ...shape, fields };
}

/** The limit comes first, so that no pattern is tried on what is too long. */
function boundedString(shape: StringShape, count: number): StringShape {
  const own = shape.rules.filter((rule) => rule.kind === "max");
  if (own.length > 0)
    return { ...shape, rules: [...own, ...shape.rules.filter((rule) => !own.includes(rule))] };
  const message = `must have at most ${counted(count, "character", "characters")}`;
  const holds = (value: string) => codePoints(value) <= count;
  return { ...shape, rules: [{ kind: "max", count, message, holds }, ...shape.rules] };
}
