import { parseArgs } from "node:util";
import { refuseWord, UsageError } from "./usage.ts";

/** One option of a command. `value` names what it takes; a flag where absent. */
export interface Option {
  readonly value?: string;
  /** May be given more than once. Only with `value`. */
  readonly many?: true;
  readonly text: string;
}

export type Options = { readonly [name: string]: Option };

/** What the command line gave: text for options with a value, a list where there may be many, true for flags. */
export type Given<O extends Options> = { readonly [N in keyof O]: GivenTo<O[N]> | undefined };

type GivenTo<O extends Option> = O extends { readonly many: true }
  ? readonly string[]
  : O extends { readonly value: string }
    ? string
    : true;

/** One command of `kerf`, as data: the help is made of it. */
export interface Command<O extends Options = Options> {
  readonly name: string;
  readonly summary: string;
  /** What stands after the name, other than options. */
  readonly operand?: {
    readonly name: string;
    /** Without these it may be any text, or none. */
    readonly oneOf?: readonly string[];
    /** Where none is given; without this one must be. */
    readonly fallback?: string;
    /** What may stand after it: `"ID"`, or several. */
    readonly subject?: string | readonly string[];
  };
  readonly options: O;
  /** More lines of help. */
  readonly notes?: readonly string[];
  /** Resolves to the exit code. */
  run(given: Given<O>, operand: string | undefined, ...subjects: (string | undefined)[]): Promise<number>;
}

/** Keeps the options' types, and forgets them for the table of commands. */
export function command<const O extends Options>(spec: Command<O>): Command {
  return spec as unknown as Command;
}

export const configOption = { value: "FILE", text: "the application; default: the nearest kerf.config.ts" };
export const topologyOption = { value: "NAME", text: "which topology; default: the first of kerf.config.ts" };
export const dataOption = {
  value: "DIR",
  text: "data of the embedded PostgreSQL; default: .kerf beside the config",
};

const help = { help: { text: "this help" } } as const;

interface Read {
  readonly given: Given<Options>;
  readonly operand: string | undefined;
  readonly subjects: readonly string[];
}

/**
 * Reads the arguments of a spec. `undefined` where help is asked for.
 * @throws UsageError for an unknown option (with the nearest one), a missing or superfluous value or operand
 */
export function readArguments(spec: Command, argv: readonly string[]): Read | undefined {
  const options: Options = { ...spec.options, ...help };
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, { value }]) => [name, { type: value ? "string" : "boolean" }]),
    ),
  });
  const given: Record<string, string | true | string[]> = {};
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    if (token.rawName === "-h") return undefined;
    const option = Object.hasOwn(options, token.name) ? options[token.name]! : undefined;
    if (!option || !token.rawName.startsWith("--"))
      refuseWord(
        "option",
        token.rawName,
        Object.keys(options).map((name) => `--${name}`),
      );
    if (option.value && (token.value === undefined || (!token.inlineValue && token.value.startsWith("--"))))
      throw new UsageError(`--${token.name} needs a value: --${token.name} ${option.value}.`);
    if (!option.value && token.value !== undefined) throw new UsageError(`--${token.name} takes no value.`);
    if (option.many) given[token.name] = [...((given[token.name] ?? []) as string[]), token.value!];
    else given[token.name] = token.value ?? true;
  }
  if (given["help"]) return undefined;
  const operand = readOperand(spec, operands);
  return { given: given as Given<Options>, operand, subjects: operands.slice(1) };
}

function readOperand(spec: Command, operands: readonly string[]): string | undefined {
  const [first] = operands;
  const surplus = operands[spec.operand ? 1 + subjectsOf(spec.operand).length : 0];
  if (surplus !== undefined) throw new UsageError(`kerf ${spec.name} does not take "${surplus}".`);
  if (!spec.operand) return undefined;
  const { oneOf, fallback } = spec.operand;
  if (!oneOf) return first;
  if (first === undefined && fallback !== undefined) return fallback;
  if (first === undefined) throw new UsageError(`kerf ${spec.name} needs one of: ${oneOf.join(", ")}.`);
  if (!oneOf.includes(first)) refuseWord(spec.operand.name, first, oneOf);
  return first;
}

/** A whole number within bounds. @throws UsageError */
export function readPort(name: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new UsageError(`--${name} ${text}: a port is a whole number from 0 to 65535.`);
  return port;
}

/** A whole number from 1. @throws UsageError */
export function readCount(name: string, text: string): number {
  const count = Number(text);
  if (!/^\d{1,9}$/.test(text) || count < 1)
    throw new UsageError(`--${name} ${text}: it takes a whole number from 1.`);
  return count;
}

/** The help of one spec. */
export function helpOf(spec: Command): string {
  const options = Object.entries({ ...spec.options, ...help });
  const left = options.map(([name, { value }]: [string, Option]) => `  --${name}${value ? ` ${value}` : ""}`);
  const width = Math.max(...left.map((text) => text.length)) + 3;
  return [
    `kerf ${spec.name}${usageOf(spec.operand)} [options]`,
    "",
    spec.summary,
    "",
    ...options.map(([, { text }], i) => `${left[i]!.padEnd(width)}${text}`),
    ...(spec.notes ? ["", ...spec.notes] : []),
  ].join("\n");
}

function subjectsOf({ subject = [] }: NonNullable<Command["operand"]>): readonly string[] {
  return [subject].flat();
}

function usageOf(operand: Command["operand"]): string {
  if (!operand) return "";
  if (!operand.oneOf) return ` [${operand.name}]`;
  const words = [operand.oneOf.join("|"), ...subjectsOf(operand).map((subject) => `[${subject}]`)].join(" ");
  return operand.fallback === undefined ? ` ${words}` : ` [${words}]`;
}
