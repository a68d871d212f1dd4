/**
 * What the types of Kerf cost the compiler: `node bench/types.ts`.
 *
 * 30 contracts of 20 members each (8 queries, 8 commands, 4 events), every one with a service that handles them all,
 * calls and reacts to its neighbour. The trial of the design came to 816,000 instantiations and 0.8 to 1.5 s on one
 * checker; `--check` fails above a million.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const contracts = 30;
const limit = 1_000_000;
const root = join(import.meta.dirname, "..");

function contractText(i: number): string {
  const members: string[] = [];
  for (let m = 0; m < 8; m++) {
    members.push(`  find${m}: query({
    http: "GET /s${i}/things${m}/:id",
    access: "user",
    input: z.object({ id: z.string(), page: z.int().default(1) }),
    output: z.object({ items: z.array(Thing), next: z.string().optional() }),
    errors: { Gone: z.object({ id: z.string() }) },
  }),
  change${m}: command({
    input: z.object({ id: z.string(), things: z.array(Thing), note: z.string().max(${100 + m}).nullable() }),
    output: z.object({ changed: z.int() }),
    errors: { Missing: z.object({ id: z.string(), left: z.int() }), Closed: z.object({}) },
  }),`);
  }
  for (let m = 0; m < 4; m++)
    members.push(
      `  changed${m}: event({ data: z.object({ id: z.string(), by: z.string().optional(), thing: Thing }), key: "id" }),`,
    );
  return `import { command, contract, event, query } from "kerf";
import { z } from "zod";

const Thing = z.object({ sku: z.string(), quantity: z.int().min(1).default(1), state: z.enum(["new", "old", "unknown"]) });

export const s${i} = contract("s${i}", {
  version: 1,
${members.join("\n")}
});
`;
}

function serviceText(i: number): string {
  const other = (i + 1) % contracts;
  const handlers: string[] = [];
  for (let m = 0; m < 8; m++) {
    handlers.push(`    async find${m}({ id, page }, { sql, fail }) {
      const items = await sql<{ sku: string; quantity: number; state: "new" | "old" }>\`select \${id}, \${page}\`;
      if (items.length === 0) throw fail("Gone", { id });
      return { items };
    },
    async change${m}({ id, things }, { call, emit, send, fail }) {
      const { items } = await call(s${other}.find${m}, { id });
      if (items.length < things.length) throw fail("Missing", { id, left: items.length });
      emit(s${i}.changed${m % 4}, { id, thing: things[0]! });
      send(s${other}.change${m}, { id, things, note: null });
      return { changed: things.length };
    },`);
  }
  return `import { on, service } from "kerf";
import { s${i} } from "./contract${i}.ts";
import { s${other} } from "./contract${other}.ts";

export default service(s${i}, { database: { migrations: new URL("./", import.meta.url) }, uses: [s${other}] }, {
  handle: {
${handlers.join("\n")}
  },
  react: [
    on(s${other}.changed0, async ({ id, thing }, { sql, emit }) => {
      await sql\`update things set state = \${thing.state} where id = \${id}\`;
      emit(s${i}.changed1, { id, thing });
    }),
  ],
});
`;
}

interface Cost {
  readonly instantiations: number;
  readonly seconds: number;
  readonly megabytes: number;
}

function compile(files: readonly string[]): Cost {
  const folder = mkdtempSync(join(root, "bench", ".types-"));
  try {
    mkdirSync(join(folder, "src"));
    for (let i = 0; i < contracts; i++) {
      if (files.includes("contracts")) writeFileSync(join(folder, "src", `contract${i}.ts`), contractText(i));
      if (files.includes("services")) writeFileSync(join(folder, "src", `service${i}.ts`), serviceText(i));
    }
    // What there is to pay without any contract: Kerf and Zod themselves.
    writeFileSync(join(folder, "src", "empty.ts"), `import "kerf";\nimport "zod";\n`);
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.json"), include: ["src"], exclude: [] }),
    );
    const args = ["tsc", "--extendedDiagnostics", "--checkers", "1", "-p", folder];
    const text = execFileSync("npx", args, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const number = (label: string) => Number(new RegExp(`^${label}:\\s+([\\d.]+)`, "m").exec(text)?.[1]);
    return {
      instantiations: number("Instantiations"),
      seconds: number("Total time"),
      megabytes: number("Memory used") / 1024,
    };
  } catch (error) {
    throw new Error(`tsc failed:\n${(error as { stdout?: string }).stdout ?? String(error)}`, {
      cause: error,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let whole: Cost | undefined;
for (const [name, files] of [
  ["Kerf and Zod alone", []],
  ["and 30 contracts of 20 members", ["contracts"]],
  ["and 30 services with 480 handlers", ["contracts", "services"]],
] as const) {
  whole = compile(files);
  console.log(
    `${name.padEnd(36)} ${String(whole.instantiations).padStart(9)} instantiations ${whole.seconds.toFixed(2).padStart(6)} s ${whole.megabytes.toFixed(0).padStart(5)} MB`,
  );
}
if (process.argv.includes("--check") && !(whole!.instantiations <= limit)) {
  console.error(`More than ${limit} instantiations: the types of Kerf have become dear.`);
  process.exitCode = 1;
}
