/** The example of `docs/callers.md`: checked with a client that was made for it, and run against a real gateway. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { developmentIdentity, startGateway } from "@kerf/gateway";
import { contractsOf, loadGraph } from "@kerf/runtime";
import { DeclaredError } from "kerf";
import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import boxOffice from "../../../docs/examples/kerf.config.ts";
import { shows } from "../../../docs/examples/contracts/contract.ts";
import { clientText } from "../src/exports/client/client.ts";

const folder = mkdtempSync(join(tmpdir(), "kerf-callers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("what the page shows is accepted by the compiler, and works", { timeout: 60_000 }, async () => {
  const contracts = contractsOf(await loadGraph(boxOffice));
  writeFileSync(join(folder, "client.ts"), clientText("box-office", contracts));
  const example = fileURLToPath(new URL("../../../docs/examples/callers/visit.ts.txt", import.meta.url));
  copyFileSync(example, join(folder, "visit.ts"));
  const compilerOptions = {
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    module: "esnext",
    moduleResolution: "bundler",
    target: "es2022",
    lib: ["es2024", "dom"],
    types: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["visit.ts"] }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", folder], { stdio: "inherit" });

  const announced = new Map<string, string>();
  const gateway = await startGateway({
    contracts,
    async invoke({ member, input, id }) {
      const { show, title } = input as { show: string; title: string };
      if (member.id === shows.announce.id) announced.set(show, `${title} by ${id}`);
      else if (!announced.has(show)) throw new DeclaredError(member.id, "NoSuchShow", { show });
      return { title: announced.get(show), left: 7, sale: "open" };
    },
    async *watch() {
      for (const pence of [900, 1_000, 1_100]) yield { number: pence, pence };
    },
    identify: developmentIdentity(),
    app: "box-office",
    host: "127.0.0.1",
    port: 0,
    log: pino({ level: "silent" }),
    ready: () => true,
  });
  try {
    const { visit } = await import(pathToFileURL(join(folder, "visit.ts")).href);
    expect(await visit(gateway.url, "dev:olga:staff")).toEqual([
      "announced hamlet",
      "900 pence",
      "1000 pence",
    ]);
    expect(await visit(gateway.url, "dev:olga:staff")).toEqual([
      "Hamlet by announce-hamlet: 7 seats left",
      "900 pence",
      "1000 pence",
    ]);
  } finally {
    await gateway.drain(0);
  }
});
