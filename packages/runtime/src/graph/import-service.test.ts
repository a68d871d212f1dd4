import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kerf-graph-"));
  symlinkSync(join(import.meta.dirname, "../../../../node_modules"), join(folder, "node_modules"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What an app says, in a process of its own, whose service is this file: Node's own loader, not the test runner's. */
function refusalOf(
  name: string,
  file: string,
): { place: string; problem: string; mend: string; cause: boolean } {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, "service.ts"), file);
  writeFileSync(
    join(folder, name, "main.mts"),
    `import { app, DeclarationError } from "kerf";
    import { loadGraph } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, "index.ts")).href)};
    const shop = app("shop", { services: { orders: () => import("./service.ts") }, topologies: { all: { shop: "*" } } });
    const error = await loadGraph(shop).catch((reason) => reason);
    if (!(error instanceof DeclarationError)) throw error;
    const { place, problem, mend, cause } = error;
    console.log(JSON.stringify({ place, problem, mend, cause: cause instanceof Error }));`,
  );
  const said = execFileSync(process.execPath, [join(folder, name, "main.mts")], { encoding: "utf8" });
  return JSON.parse(said) as ReturnType<typeof refusalOf>;
}

describe("a service file", () => {
  test.each([
    [
      "a syntax error",
      `export default {\n  a: 1;\n};\n`,
      /^\.\/service\.ts cannot be imported: SyntaxError.*\(.*service\.ts:2\)$/,
      /mend that file/,
    ],
    [
      "an import that is not there",
      `import "./missing.ts";\n`,
      /^\.\/service\.ts cannot be imported: Error: Cannot find module .*missing\.ts/,
      /what it imports/,
    ],
    [
      "a throw",
      `throw new Error("no licence\\nat all");\n`,
      /^\.\/service\.ts cannot be imported: Error: no licence$/,
      /mend that file/,
    ],
    ["a throw of text", `throw "nothing";\n`, /cannot be imported: nothing$/, /mend that file/],
    [
      "no default export",
      `export const a = 1;\n`,
      /^\.\/service\.ts has no default export$/,
      /export default service/,
    ],
    [
      "another default export",
      `export default { name: "orders" };\n`,
      /^what \.\/service\.ts exports is not a service$/,
      /export default service/,
    ],
    [
      "a service by name",
      `import { contract, service } from "kerf";
       export const orders = service(contract("orders", { version: 1 }), {}, { handle: {} });\n`,
      /no default export/,
      /export default orders/,
    ],
  ])("with %s is refused with its file and the reason", (name, file, problem, mend) => {
    const refusal = refusalOf(name.replaceAll(" ", "-"), file);
    expect(refusal.place).toBe("services.orders");
    expect(refusal.problem).toMatch(problem);
    expect(refusal.problem).not.toContain("\n");
    expect(refusal.mend).toMatch(mend);
    expect(refusal.cause).toBe(/cannot be imported/.test(refusal.problem) && name !== "a throw of text");
  });

  test("with a wrong declaration is refused as that says", () => {
    const refusal = refusalOf(
      "declaration",
      `import { contract } from "kerf";\nexport default contract("orders", { version: 0 });\n`,
    );
    expect(refusal.place).toBe('contract("orders")');
    expect(refusal.problem).toMatch(/version 0/);
  });
});
