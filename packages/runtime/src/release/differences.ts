import { isDeepStrictEqual } from "node:util";
import type { Shape } from "../validate/shape.ts";

/** As many are told of one answer. */
const most = 10;

/**
 * Where two answers of one shape differ, as paths of its declared fields: `["lines[].price", "names.*"]`. Neither values nor
 * keys that are data are in it.
 */
export function differences(shape: Shape, a: unknown, b: unknown): readonly string[] {
  const found = new Set<string>();
  collect(shape, a, b, "", found);
  return [...found].slice(0, most);
}

function collect(shape: Shape, a: unknown, b: unknown, path: string, found: Set<string>): void {
  if (found.size >= most || isDeepStrictEqual(a, b)) return;
  const tell = (): void => void found.add(path === "" ? "(all)" : path);
  if (shape.kind === "nullable") return collect(shape.inner, a, b, path, found);
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return tell();
  switch (shape.kind) {
    case "object":
      for (const field of shape.fields) {
        const [x, y] = [(a as Values)[field.name], (b as Values)[field.name]];
        collect(field.shape, x, y, path === "" ? field.name : `${path}.${field.name}`, found);
      }
      return;
    case "array": {
      const [xs, ys] = [a as readonly unknown[], b as readonly unknown[]];
      if (xs.length !== ys.length) found.add(`${path}.length`);
      for (let i = 0; i < Math.min(xs.length, ys.length); i++)
        collect(shape.element, xs[i], ys[i], `${path}[]`, found);
      return;
    }
    case "record":
      return void found.add(`${path}.*`);
    default:
      return tell();
  }
}

type Values = Readonly<Record<string, unknown>>;
