/** The rules of `npm run check` are tested too: each has to catch a violation that is planted for it. */
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

/** Rule, file, what it imports. */
const violations: readonly [rule: string, from: string, specifier: string][] = [
  ["arrows-of-kerf", "packages/kerf/src/one.ts", "@kerf/runtime"],
  ["arrows-of-grpc", "packages/grpc/src/one.ts", "kerf"],
  ["arrows-of-runtime", "packages/runtime/src/one.ts", "@kerf/gateway"],
  ["arrows-of-gateway", "packages/gateway/src/one.ts", "@kerf/testing"],
  ["arrows-of-identity", "packages/identity/src/one.ts", "kerf"],
  ["arrows-of-telemetry", "packages/telemetry/src/one.ts", "@kerf/gateway"],
  ["arrows-of-dashboard", "packages/dashboard/src/one.ts", "@kerf/gateway"],
  ["arrows-of-testing", "packages/testing/src/one.ts", "@kerf/grpc"],
  ["arrows-of-cli", "packages/cli/src/one.ts", "../../../examples/shop/services/a/contract.ts"],
  ["arrows-of-the-unnamed", "packages/surprise/src/one.ts", "kerf"],
  ["cli-is-the-end", "packages/testing/src/two.ts", "@kerf/cli"],
  ["packages-by-name", "packages/runtime/src/two.ts", "../../kerf/src/index.ts"],
  ["no-cycles", "packages/runtime/src/ring-a.ts", "./ring-b.ts"],
  ["services-by-contract", "examples/shop/services/a/service.ts", "../b/service.ts"],
  ["contracts-are-light", "examples/shop/services/b/contract.ts", "./service.ts"],
  ["resolvable", "packages/runtime/src/three.ts", "./missing.ts"],
  ["declared", "packages/runtime/src/four.ts", "undeclared"],
  ["shipped", "packages/runtime/src/five.ts", "for-tests"],
];

/** What must be allowed. */
const fine: readonly [from: string, specifier: string][] = [
  ["packages/runtime/src/six.ts", "kerf"],
  ["packages/gateway/src/two.ts", "@kerf/runtime"],
  ["packages/cli/src/two.ts", "@kerf/gateway"],
  ["packages/runtime/src/one.test.ts", "for-tests"],
  ["examples/shop/services/c/service.ts", "../b/contract.ts"],
  ["examples/shop/services/c/service.ts", "./inner.ts"],
];

const others: Readonly<Record<string, string>> = {
  "packages/runtime/src/ring-b.ts": 'import type { x } from "./ring-a.ts";\nexport type y = typeof x;\n',
  "examples/shop/services/b/service.ts": "export const b = 1;\n",
  "examples/shop/services/a/contract.ts": "export const a = 1;\n",
  "examples/shop/services/c/inner.ts": "export const secret = process.env.SECRET;\n",
  "examples/shop/services/c/inner.test.ts": "export const secret = process.env.SECRET;\n",
  "packages/runtime/src/settings.ts": "export const home = process.env.HOME;\n",
  "package.json": '{ "type": "module" }',
};

let folder: string;
let found: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kerf-architecture-"));
  for (const [file, text] of Object.entries(others)) write(file, text);
  const imports = Map.groupBy(
    [...violations.map(([, from, to]) => [from, to] as const), ...fine],
    ([from]) => from,
  );
  for (const [file, entries] of imports) {
    const lines = entries.map(([, to], i) => `import * as x${i} from "${to}";\nexport { x${i} };\n`);
    // A statement that the parser does not know would hide all that the file imports.
    write(file, `${lines.join("")}await using y = await import("kerf");\n`);
  }
  for (const name of readdirSync(join(folder, "packages"))) {
    write(`packages/${name}/src/index.ts`, "export const x = 1;\n");
    const id = name === "kerf" ? "kerf" : `@kerf/${name}`;
    const text = {
      name: id,
      type: "module",
      exports: { ".": "./src/index.ts" },
      devDependencies: { "for-tests": "1" },
    };
    write(`packages/${name}/package.json`, JSON.stringify(text));
    mkdirSync(join(folder, "node_modules/@kerf"), { recursive: true });
    symlinkSync(join(folder, "packages", name), join(folder, "node_modules", id));
  }
  for (const name of ["undeclared", "for-tests"]) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js", license: "MIT" }));
    write(`node_modules/${name}/index.js`, "");
  }
  const text = await depcruise(folder);
  const { summary } = JSON.parse(text) as {
    summary: { violations: { from: string; to: string; rule: { name: string } }[] };
  };
  found = summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
});

afterAll(() => rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** It ends with the number of violations as its exit code. */
async function depcruise(cwd: string): Promise<string> {
  const program = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const args = [
    program,
    "--config",
    join(root, ".dependency-cruiser.mjs"),
    "-T",
    "json",
    "packages",
    "examples",
  ];
  return (
    await run(process.execPath, args, { cwd, maxBuffer: 1e8 }).catch((error: { stdout: string }) => error)
  ).stdout;
}

describe("the rules about imports", () => {
  test.each(violations)("%s catches %s importing %s", (rule, from) => {
    expect(found).toContain(`${rule}: ${from}`);
  });

  test("each rule of the configuration has a violation here", async () => {
    const { default: config } = (await import(join(root, ".dependency-cruiser.mjs"))) as {
      default: { forbidden: { name: string }[] };
    };
    expect(new Set(violations.map(([rule]) => rule))).toEqual(
      new Set(config.forbidden.map(({ name }) => name)),
    );
  });

  test.each(fine)("let %s import %s", (from) => {
    expect(found.filter((violation) => violation.endsWith(` ${from}`))).toEqual([]);
  });
});

test("a service may not read the environment; its tests and the packages may", async () => {
  cpSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
  const program = join(root, "node_modules/oxlint/bin/oxlint");
  const { stdout } = await run(process.execPath, [program, "--format=unix"], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  );
  const places = stdout.split("\n").filter((line) => line.includes("no-process-env"));
  expect(places).toHaveLength(1);
  expect(places[0]).toContain("services/c/inner.ts");
});

/** dependency-cruiser follows the links of a workspace, and so cannot tell whether a package declares another. */
test("each package declares the packages of ours that it imports", () => {
  const missing: string[] = [];
  for (const workspace of ["packages", "examples"].flatMap((kind) =>
    readdirSync(join(root, kind)).map((name) => `${kind}/${name}`),
  )) {
    const manifest = JSON.parse(readFileSync(join(root, workspace, "package.json"), "utf8")) as Record<
      string,
      object
    >;
    const declared = {
      ...manifest["dependencies"],
      ...manifest["devDependencies"],
      [String(manifest["name"])]: "",
    };
    for (const file of readdirSync(join(root, workspace), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts") || /(?:^|\/)(?:node_modules|\.kerf)\//.test(file)) continue;
      const text = readFileSync(join(root, workspace, file), "utf8");
      for (const [, name = ""] of text.matchAll(/\bfrom "(kerf|@kerf\/[\w-]+)(?:\/[^"]*)?"/g))
        if (!(name in declared)) missing.push(`${workspace}/${file}: ${name}`);
    }
  }
  expect(missing).toEqual([]);
});
