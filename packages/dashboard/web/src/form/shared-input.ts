import type { Shape } from "./shape.ts";
import { setQuery } from "../route.ts";

/** What is longer would make an address that chats and mails break; it then holds the rest. */
const MOST_CHARACTERS = 1_200;

/** The input that the address holds, if any. */
export function inputOf(search: URLSearchParams): unknown {
  try {
    return JSON.parse(search.get("input") ?? "") as unknown;
  } catch {
    return undefined;
  }
}

/** Puts an input into the address, so that it can be sent to somebody, without its secrets; false where it is too long. */
export function shareInput(shape: Shape, value: unknown): boolean {
  const text = JSON.stringify(withoutSecrets(shape, value) ?? null);
  const fit = encodeURIComponent(text).length <= MOST_CHARACTERS;
  setQuery({ input: fit ? text : null });
  return fit;
}

/** What is left of a value when all that its schema marks as sensitive is taken out. */
export function withoutSecrets(shape: Shape, value: unknown): unknown {
  if (shape.sensitive) return undefined;
  switch (shape.kind) {
    case "nullable":
      return value === null ? null : withoutSecrets(shape.inner, value);
    case "list":
      return Array.isArray(value) ? value.map((one) => withoutSecrets(shape.item, one)) : undefined;
    case "object":
      return mapped(value, (name, one) => {
        const field = shape.fields.find((each) => each.name === name);
        return field && withoutSecrets(field.shape, one);
      });
    case "map":
      return mapped(value, (_, one) => withoutSecrets(shape.value, one));
    case "cases": {
      const tag = (value as { readonly [name: string]: unknown } | null)?.[shape.tag];
      const chosen = shape.cases.find((one) => one.value === tag);
      return chosen && { ...(withoutSecrets(chosen.shape, value) as object), [shape.tag]: tag };
    }
    default:
      return value;
  }
}

function mapped(value: unknown, each: (name: string, one: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, each(name, one)]));
}
