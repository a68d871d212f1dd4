import type { Schema } from "kerf";
import { globalRegistry } from "zod";
import { isSecretName, REDACTED } from "../log/secrets.ts";
import { definition } from "../validate/definition.ts";

/** What stands in the place of a value that its schema calls sensitive. */
export const SENSITIVE = "[sensitive]";

/** How much of a value is shown, in characters of JSON. */
const shownAtMost = 4_096;

type Show = (value: unknown) => unknown;

/**
 * Makes what shows values of a schema to people who look at traces: as JSON, without what the schema marks by
 * `.meta({ sensitive: true })`, on itself or on a part, and without fields whose names are those of secrets.
 */
export function shownBy(schema: Schema): (value: unknown) => string {
  const show = compile(schema, new Map());
  return (value) => {
    const text = JSON.stringify(show(value)) ?? "";
    return text.length > shownAtMost ? `${text.slice(0, shownAtMost)}…` : text;
  };
}

/** Schemas may hold themselves: each is made once. */
function compile(schema: Schema, known: Map<Schema, Show>): Show {
  const before = known.get(schema);
  if (before) return before;
  let show: Show = (value) => value;
  known.set(schema, (value) => show(value));
  show = globalRegistry.get(schema)?.["sensitive"] === true ? () => SENSITIVE : inside(schema, known);
  return show;
}

function inside(schema: Schema, known: Map<Schema, Show>): Show {
  const def = definition(schema);
  switch (def.type) {
    case "object":
      return fields(
        Object.fromEntries(Object.entries(def.shape).map(([name, field]) => [name, compile(field, known)])),
      );
    case "array":
      return items(compile(def.element, known));
    case "record":
      return values(compile(def.valueType, known));
    case "union": {
      // Whichever it is: what any of them hides is hidden.
      const options = def.options.map((option) => compile(option, known));
      return (value) => options.reduce((shown, show) => show(shown), value);
    }
    case "lazy":
      return compile(def.getter(), known);
    case "pipe":
      return compile(def.in, known);
    default:
      return "innerType" in def ? compile(def.innerType, known) : (value) => value;
  }
}

function fields(shows: Readonly<Record<string, Show>>): Show {
  return mapped((name, value) =>
    isSecretName(name) && value !== null
      ? REDACTED
      : Object.hasOwn(shows, name)
        ? shows[name]!(value)
        : value,
  );
}

function values(show: Show): Show {
  return mapped((name, value) => (isSecretName(name) && value !== null ? REDACTED : show(value)));
}

function mapped(show: (name: string, value: unknown) => unknown): Show {
  return (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, show(name, one)]))
      : value;
}

function items(show: Show): Show {
  return (value) => (Array.isArray(value) ? value.map(show) : value);
}
