import { nearest } from "kerf";
import { parseArgs } from "node:util";

/** What the command line asks for. */
export type Asked =
  | { readonly what: "help" }
  | { readonly what: "compare"; readonly left: string; readonly right: string }
  | {
      readonly what: "replay";
      readonly file: string;
      readonly topology: string;
      readonly concurrency: number;
      readonly json: boolean;
      /** Where to write the books. */
      readonly books: string | undefined;
      /** Undefined where nothing is broken on purpose. */
      readonly chaos: ChaosAsked | undefined;
    };

/** How the shop is broken meanwhile; `kerf chaos` checks what it is given. */
export interface ChaosAsked {
  /** Processes of each unit. */
  readonly replicas: string;
  /** Options of `kerf chaos`, with their values. */
  readonly options: readonly string[];
}

/** The command line is wrong: what, and how it is written. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const most = 256;

export const help = `npm run replay -- --file FILE [options]

Starts the shop on fresh data, plays a file of the Online Retail format through its gateway, and audits the books.

  --file FILE        CSV: InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
  --topology NAME    which topology of kerf.config.ts; default: the first
  --concurrency N    how many invoices are in flight, 1 to ${most}; default: 1
  --json             the report as JSON
  --books FILE       writes the books, so that two runs can be compared
  --chaos            breaks the shop meanwhile with kerf chaos, until the file is played
  --for TIME         of --chaos: for no longer than this, such as 60s or 5m
  --seed N           of --chaos: the plan of an earlier run
  --only KINDS       of --chaos: some kinds of faults; kerf chaos --help lists them
  --replicas N       of --chaos: processes of each unit; default: 2
  --compare A B      compares two files of --books, and plays nothing
  --help             this help

Exit codes: 0 everything holds (or the books are the same), 1 it does not, 2 wrong usage or input, 130 Ctrl-C.`;

const options = {
  file: { type: "string" },
  topology: { type: "string" },
  concurrency: { type: "string" },
  json: { type: "boolean" },
  books: { type: "string" },
  chaos: { type: "boolean" },
  for: { type: "string" },
  seed: { type: "string" },
  only: { type: "string" },
  replicas: { type: "string" },
  compare: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** @throws UsageError */
export function readArguments(argv: readonly string[], topologies: readonly string[]): Asked {
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    if (!Object.hasOwn(options, token.name))
      throw new UsageError(
        `there is no option ${token.rawName}${meant(token.name, Object.keys(options), "--")}`,
      );
    const takes = options[token.name as keyof typeof options].type === "string";
    if (takes && (token.value === undefined || (!token.inlineValue && token.value.startsWith("--"))))
      throw new UsageError(`${token.rawName} needs a value`);
    if (!takes && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
  }
  if (values.help) return { what: "help" };
  if (typeof values.compare === "string") {
    const [right, ...more] = positionals;
    if (right === undefined || more.length > 0)
      throw new UsageError("--compare needs two files: --compare A B");
    return { what: "compare", left: values.compare, right };
  }
  if (positionals[0] !== undefined)
    throw new UsageError(`"${positionals[0]}" is no option; a file is given by --file`);
  if (typeof values.file !== "string" || values.file === "")
    throw new UsageError("--file is missing: name the file to play");
  return {
    what: "replay",
    file: values.file,
    topology: topologyOf(values.topology as string | undefined, topologies),
    concurrency: concurrencyOf(values.concurrency as string | undefined),
    json: values.json === true,
    books: values.books as string | undefined,
    chaos: chaosOf(values as Readonly<Record<string, string | boolean | undefined>>),
  };
}

function topologyOf(name: string | undefined, all: readonly string[]): string {
  if (name === undefined) return all[0]!;
  if (all.includes(name)) return name;
  throw new UsageError(`there is no topology "${name}"${meant(name, all)}; there are: ${all.join(", ")}`);
}

const ofChaos = ["for", "seed", "only"] as const;

function chaosOf(values: Readonly<Record<string, string | boolean | undefined>>): ChaosAsked | undefined {
  if (values["chaos"]) {
    const words = ofChaos.flatMap((name) =>
      values[name] === undefined ? [] : [`--${name}`, String(values[name])],
    );
    return { replicas: String(values["replicas"] ?? "2"), options: words };
  }
  const alone = [...ofChaos, "replicas"].find((name) => values[name] !== undefined);
  if (alone !== undefined) throw new UsageError(`--${alone} goes with --chaos`);
  return undefined;
}

function concurrencyOf(text: string | undefined): number {
  const value = Number(text ?? "1");
  if (/^\d+$/.test(text ?? "1") && value >= 1 && value <= most) return value;
  throw new UsageError(`--concurrency ${text} is not a whole number from 1 to ${most}`);
}

function meant(word: string, all: readonly string[], prefix = ""): string {
  const close = nearest(word, all);
  return close === undefined ? "" : `; did you mean ${prefix}${close}?`;
}
