import { routeParts } from "kerf";
import type { MemberFacts } from "../api/index.ts";
import { Refusal } from "../server/refusal.ts";

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string | undefined;
}

type Input = Readonly<Record<string, unknown>>;

/** Puts each field of an input where the member's route has it: path, query or body. @throws Refusal for one that cannot stand there */
export function httpRequestOf(
  gateway: string,
  { id, http }: MemberFacts & { readonly http: string },
  input: Input,
): HttpRequest {
  const { method, path, parameters } = routeParts(http, id);
  const version = /@(\d+)\./.exec(id)![1]!;
  const inPath = new Set(parameters);
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => segmentOf(name, input[name]));
  const url = `${gateway}/v${version}${filled === "/" ? "" : filled}`;
  const rest = Object.entries(input).filter(([name]) => !inPath.has(name));
  if (method !== "GET" && method !== "DELETE")
    return { method, url, body: JSON.stringify(Object.fromEntries(rest)) };
  const query = new URLSearchParams();
  for (const [name, value] of rest)
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
      query.append(name, textOf(name, each));
  return { method, url: query.size > 0 ? `${url}?${query}` : url, body: undefined };
}

function segmentOf(name: string, value: unknown): string {
  const text = textOf(name, value);
  // `.` and `..` would lead elsewhere, and nothing at all to another route.
  if (text === "" || text === "." || text === "..")
    throw new Refusal(400, `${name} is a part of the path, and cannot be "${text}" there`, name);
  return encodeURIComponent(text);
}

function textOf(name: string, value: unknown): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  if (value === undefined) throw new Refusal(400, `${name} is a part of the path, and is not given`, name);
  throw new Refusal(
    400,
    `${name} is ${value === null ? "null" : "an object or a list"}, which no path or query can say`,
    name,
  );
}
