import { FAULTS, LONGEST_MS, type Fault, type Request } from "./protocol.ts";

type Fields = Readonly<Record<string, unknown>>;

/** @throws Error that says what is wrong with the line */
export function readRequest(line: string): Request {
  const value = parse(line);
  const { id } = value;
  if (typeof id !== "number" || !Number.isSafeInteger(id)) throw new Error("a request needs an id");
  switch (value["do"]) {
    case "describe":
    case "begin":
    case "heal":
      return { id, do: value["do"] };
    case "fault":
      return { id, do: "fault", fault: readFault(value["fault"]) };
    default:
      throw new Error("a request is describe, begin, fault or heal");
  }
}

function parse(line: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error("a request is a JSON object in a line");
  }
  return object(value);
}

function readFault(value: unknown): Fault {
  const fault = object(value);
  const ms = () => number(fault, "ms", LONGEST_MS);
  const name = () => text(fault, "process");
  const link = () => text(fault, "link");
  const way = () => oneOf(fault, "way", ["to-server", "to-client"] as const);
  const kind = oneOf(fault, "kind", FAULTS);
  switch (kind) {
    case "kill":
    case "restart":
      return { kind, process: name() };
    case "pause":
      return { kind, process: name(), ms: ms() };
    case "database":
      return { kind, how: oneOf(fault, "how", ["restart", "crash"] as const) };
    case "backends":
    case "duplicate":
      return { kind, most: number(fault, "most", 10_000) };
    case "exhaust": {
      const how = oneOf(fault, "how", ["server", "pool"] as const);
      return how === "server"
        ? { kind, how, ms: ms() }
        : { kind, how, service: text(fault, "service"), ms: ms() };
    }
    case "latency":
      return { kind, link: link(), delayMs: number(fault, "delayMs", LONGEST_MS), ms: ms() };
    case "loss":
      return { kind, link: link(), way: way(), ms: ms() };
    case "reset":
      return { kind, link: link() };
    case "cut":
      return { kind, link: link(), way: way() };
  }
}

function object(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error("a request is a JSON object in a line");
  return value as Fields;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value.length > 200) throw new Error(`${name} is no name`);
  return value;
}

function number(fields: Fields, name: string, most: number): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0 || value > most)
    throw new Error(`${name} is no number from 0 to ${most}`);
  return Math.round(value);
}

function oneOf<T extends string>(fields: Fields, name: string, all: readonly T[]): T {
  const found = all.find((one) => one === fields[name]);
  if (found === undefined) throw new Error(`${name} is none of ${all.join(", ")}`);
  return found;
}
