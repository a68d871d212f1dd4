import type { Literal, ObjectShape, Shape } from "@kerf/runtime/validate";

/** What a field may hold, as far as text in a path or query is concerned. */
export interface FieldForm {
  readonly name: string;
  readonly number: boolean;
  readonly boolean: boolean;
  /** May be given several times; `number` and `boolean` are then those of its items. */
  readonly list: boolean;
  /** Is something that no text in a path or query stands for: an object, or a list of lists. */
  readonly nested: boolean;
}

/** The forms of an input's fields, by name. */
export function formsOf(shape: ObjectShape): ReadonlyMap<string, FieldForm> {
  return new Map(shape.fields.map((field) => [field.name, { name: field.name, ...formOf(field.shape) }]));
}

const text = { number: false, boolean: false, list: false, nested: false };

function formOf(shape: Shape): Omit<FieldForm, "name"> {
  switch (shape.kind) {
    case "string":
    case "enum":
      return text;
    case "number":
      return { ...text, number: true };
    case "boolean":
      return { ...text, boolean: true };
    case "literal":
      return { ...text, number: some(shape.values, "number"), boolean: some(shape.values, "boolean") };
    case "nullable":
      return formOf(shape.inner);
    case "array": {
      const element = formOf(shape.element);
      return { ...element, list: true, nested: element.nested || element.list };
    }
    case "object":
    case "record":
    case "union":
      return { ...text, nested: true };
  }
}

function some(values: readonly Literal[], type: "number" | "boolean"): boolean {
  return values.some((value) => typeof value === type);
}
