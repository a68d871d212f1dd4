import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { app, type App } from "kerf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unitsOf } from "./reach.ts";

const files = {
  "kerf.config.ts":
    'import { x } from "./names.ts";\nexport default app({ a: () => import("./services/a/service.ts") });',
  "names.ts": "export const x = 1;",
  "shapes/money.ts": "",
  "shapes/only-types.ts": "",
  "lib/round.ts": "",
  "services/a/contract.ts": 'import { money } from "../../shapes/money.ts";',
  "services/a/service.ts":
    'import { a } from "./contract.ts";\nimport {\n  round,\n} from "../../lib/round.ts";',
  "services/b/contract.ts": "",
  "services/b/service.ts": [
    'import { b } from "./contract.ts";\nimport { a } from "../a/contract.ts";',
    'import type { T } from "../../shapes/only-types.ts";',
    '// import { c } from "../c/contract.ts";',
    'const later = () => import("./later.ts");',
  ].join("\n"),
  "services/b/later.ts": "",
  "services/c/contract.ts": "",
  "services/c/service.ts": "this does not compile {{{",
  "services/c/migrations/0001_c.sql": "",
};

let folder: string;
let shop: App;
const never = () => Promise.reject(new Error("is never loaded"));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kerf-reach-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  // Only their text is read.
  const loads = ["a", "b", "c"].map((s) => [
    s,
    Object.assign(() => never(), { toString: () => `() => import("./services/${s}/service.ts")` }),
  ]);
  shop = app("shop", {
    services: Object.fromEntries(loads) as Record<"a" | "b" | "c", typeof never>,
    topologies: { micro: "each", split: { front: ["a", "gateway"], back: "*" } },
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

function units(file: string, topology = "micro") {
  const found = unitsOf(
    join(folder, file),
    { file: join(folder, "kerf.config.ts"), folder, app: shop },
    shop.topologies.get(topology)!,
  );
  return found === "all" ? "all" : [...found].toSorted();
}

describe("who restarts when a file changes", () => {
  test.each([
    ["the unit of the service whose folder holds it", "services/c/service.ts", ["c"]],
    ["also for what is no code, such as a migration", "services/c/migrations/0001_c.sql", ["c"]],
    ["also for what is imported later", "services/b/later.ts", ["b"]],
    [
      "a contract: also those who import it, and the gateway",
      "services/a/contract.ts",
      ["a", "b", "gateway"],
    ],
    ["a contract that nobody imports: also the gateway", "services/b/contract.ts", ["b", "gateway"]],
    ["a shape of a contract: as the contract", "shapes/money.ts", ["a", "b", "gateway"]],
    ["a shared file: those who import it", "lib/round.ts", ["a"]],
    ["a file of which only types are imported: nobody", "shapes/only-types.ts", []],
    ["a file that nobody imports: nobody", "scripts/seed.ts", []],
    ["the configuration: all", "kerf.config.ts", "all"],
    ["what the configuration imports: all", "names.ts", "all"],
  ])("%s", (_, file, expected) => {
    expect(units(file)).toEqual(expected);
  });

  test("where several services share a unit, it is that unit", () => {
    expect(units("services/c/service.ts", "split")).toEqual(["back"]);
    expect(units("services/a/contract.ts", "split")).toEqual(["back", "front"]);
    expect(units("services/b/service.ts", "split")).toEqual(["back"]);
  });
});
