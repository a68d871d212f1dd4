/** The commands that end by themselves, and `kerf start`, as real processes. */
import { execFile } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { attachEmbedded, type EmbeddedServer } from "@kerf/runtime/embedded";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyApp, kerf, KerfProcess } from "./kerf-process.ts";

const app = copyApp();
afterAll(() => app.remove());

describe("as a process", () => {
  test("wrong usage is one line of standard error and exit code 2", async () => {
    const { code, err, out } = await kerf(["dev", "--topology", "splt"], app.folder);
    expect(err).toBe('There is no topology "splt". Did you mean "split"? There are: monolith, split.\n');
    expect(out).toBe("");
    expect(code).toBe(2);
  });

  test("without an application, it says so", async () => {
    const { code, err } = await kerf(["topology"], "/");
    expect(err).toBe("There is no kerf.config.ts in / or above it. Name one with --config FILE.\n");
    expect(code).toBe(2);
  });

  test("an older Node hands over to the one of the project, or says what to do", async () => {
    const bin = readFileSync(new URL("../bin/kerf.js", import.meta.url), "utf8");
    // The only thing that cannot be had here is another version of Node: it is told that this one is old.
    const old = bin.replace(
      "process.versions.node.split",
      '(process.env.KERF_NODE_FOUND && !process.env.ALONE ? process.versions.node : "20.20.0").split',
    );
    expect(old).not.toBe(bin);
    mkdirSync(join(app.folder, "old/bin"), { recursive: true });
    symlinkSync(new URL("../src", import.meta.url), join(app.folder, "old/src"));
    writeFileSync(join(app.folder, "old/package.json"), '{ "type": "module" }');
    writeFileSync(join(app.folder, "old/bin/kerf.js"), old);
    const run = (environment: NodeJS.ProcessEnv) =>
      promisify(execFile)(process.execPath, [join(app.folder, "old/bin/kerf.js"), "topology", "--json"], {
        cwd: app.folder,
        env: { ...process.env, ...environment },
      }).catch((error: { code: number; stdout: string; stderr: string }) => error);
    expect(JSON.parse((await run({})).stdout)).toMatchObject({ app: "tiny" });
    const alone = await run({ KERF_NODE_FOUND: "1", ALONE: "1" });
    expect(alone.stderr).toContain("kerf needs Node 22.22 or newer");
    expect(alone).toMatchObject({ code: 1 });
  });
});

describe("kerf topology", () => {
  test("shows what crosses a process, and the connections", async () => {
    const { out, code } = await kerf(["topology", "--topology", "split"], app.folder);
    expect(out).toBe(
      [
        'tiny, topology "split" (others: monolith)',
        "  front  gateway, hello",
        "  back   names",
        "  side   clock",
        "",
        "calls: 1 of 1 ways cross a process",
        "  hello  ->  names  (front -> back)",
        "",
        "At most 24 database connections: 24 for each unit that has a database (20 for its services, 3 for events, 1 that listens).",
        "",
      ].join("\n"),
    );
    expect(code).toBe(0);
    expect((await kerf(["topology"], app.folder)).out).toContain("calls: 0 of 1 ways cross a process");
  });

  test("as JSON", async () => {
    const { out } = await kerf(["topology", "--topology", "split", "--json"], app.folder);
    expect(JSON.parse(out)).toMatchObject({
      topology: "split",
      units: [{ name: "front", gateway: true }, { name: "back" }, { name: "side" }],
      edges: [{ from: "hello", to: "names", kind: "call", crosses: true }],
      connections: 24,
    });
  });
});

test("what modules print while they are loaded is not in the result of a command", async () => {
  const talkative = copyApp("counter");
  const { out, err } = await kerf(["topology", "--json"], talkative.folder);
  talkative.remove();
  expect(err).toBe("the mail service was loaded\n");
  expect(JSON.parse(out)).toMatchObject({ topology: expect.any(String) });
});

describe("contracts and their lock file", () => {
  const changed = copyApp();
  afterAll(() => changed.remove());

  test("are exported, locked, checked, and refused when they change incompatibly", async () => {
    const missing = await kerf(["check"], changed.folder);
    expect(missing.out).toContain("contracts.lock.json: the lock file is missing.");
    expect(missing.code).toBe(1);

    expect((await kerf(["export", "proto", "--write-lock", "--out", "proto"], changed.folder)).code).toBe(0);
    expect(readFileSync(join(changed.folder, "proto/names_v1.proto"), "utf8")).toContain(
      "package kerf.names.v1;",
    );
    expect(existsSync(join(changed.folder, "proto/hello_v1.proto"))).toBe(true);
    expect((await kerf(["check"], changed.folder)).code).toBe(0);

    const file = join(changed.folder, "services/names/contract.ts");
    const sound = readFileSync(file, "utf8");
    writeFileSync(
      file,
      sound.replace("output: z.object({ name: z.string() })", "output: z.object({ name: z.int() })"),
    );
    const check = await kerf(["check", "--json"], changed.folder);
    expect(JSON.parse(check.out)).toMatchObject({
      ok: false,
      problems: [{ place: expect.stringContaining("names@1") }],
    });
    expect(check.code).toBe(1);
    expect((await kerf(["check", "contracts"], changed.folder)).out).toContain(
      "names@1:NameResponse.name: was a string and is an int64; it breaks old callers.\n  To mend it: put it back",
    );
    const start = await kerf(["start"], changed.folder);
    expect(start.err).toMatch(
      /^contracts\.lock\.json and the contracts do not agree:\n.*names@1.*\n.*To mend it:/,
    );
    expect(start.err).not.toContain("    at ");
    expect(start.code).toBe(1);

    const lock = ["export", "proto", "--write-lock", "--out", "proto"];
    const refused = await kerf([...lock, "--accept", "names@1:NameResponse.other"], changed.folder);
    expect(refused.code).toBe(1);
    const places = [...refused.err.matchAll(/--accept (\S+?)\.?$/gm)].flatMap(([, place]) => [
      "--accept",
      place!,
    ]);
    expect(places.length).toBeGreaterThan(0);
    expect((await kerf([...lock, ...places], changed.folder)).code).toBe(0);
    expect((await kerf(["check"], changed.folder)).code).toBe(0);
    const alone = await kerf(["export", "proto", ...places], changed.folder);
    expect(alone).toMatchObject({ code: 2, err: "--accept goes with: kerf export proto --write-lock.\n" });
  });

  test("OpenAPI goes to standard output, or to a file", async () => {
    const { out } = await kerf(["export", "openapi"], app.folder);
    expect(Object.keys((JSON.parse(out) as { paths: object }).paths)).toContain("/v1/hello/{id}");
    await kerf(["export", "openapi", "--out", "api"], app.folder);
    expect(readFileSync(join(app.folder, "api/openapi.json"), "utf8")).toBe(out);
  });

  test("a declaration that is wrong is one of the problems", async () => {
    const file = join(changed.folder, "services/clock/service.ts");
    writeFileSync(file, "export const clock = 1;");
    const { out, code } = await kerf(["check"], changed.folder);
    expect(out).toMatch(/^services\.clock: .*has no default export\.\n {2}To mend it: /);
    expect(code).toBe(1);
  });
});

describe("kerf start", () => {
  const data = copyApp();
  let server: EmbeddedServer;
  let database: { KERF_DATABASE_URL: string };

  beforeAll(async () => {
    for (const file of ["kerf.config.ts", "services/clock/service.ts"])
      appendFileSync(join(data.folder, file), `console.log("printed by ${file}");\n`);
    mkdirSync(join(data.folder, "pg"));
    server = await attachEmbedded({ dataDir: join(data.folder, "pg") });
    database = { KERF_DATABASE_URL: server.url };
  });
  afterAll(async () => {
    await server.release({ now: true });
    data.remove();
  });

  async function started(environment: NodeJS.ProcessEnv = {}, ...args: string[]) {
    const unit = new KerfProcess(["start", ...args], data.folder, {
      ...database,
      KERF_PORT: "0",
      ...environment,
    });
    const line = await unit.until(() => unit.out.split("\n").find((text) => text.includes('"msg":"ready"')));
    const { gateway, health } = JSON.parse(line) as { gateway: string; health: string };
    return { unit, gateway, health };
  }

  test("runs a unit; SIGTERM lets what is in flight finish, and the exit code is 0", async () => {
    const { unit, gateway, health } = await started({}, "--json");
    expect(await (await fetch(`${health}/status`)).json()).toMatchObject({
      unit: "all",
      outbox: 0,
      sagas: 0,
    });
    const slow = fetch(`${gateway}/v1/pause`);
    await new Promise((resolve) => setTimeout(resolve, 150));
    unit.child.kill("SIGTERM");
    expect((await slow).status).toBe(200);
    expect(await unit.exited).toEqual({ code: 0, signal: null });
    onlyLog(unit);
  });

  /** Prints go elsewhere, and each line is one of the log. */
  function onlyLog({ out, err }: KerfProcess): void {
    for (const line of out.trimEnd().split("\n"))
      expect(JSON.parse(line), line).toMatchObject({ unit: "all", level: expect.any(String) });
    expect(err.match(/^printed by .*$/gm)).toEqual([
      "printed by kerf.config.ts",
      "printed by services/clock/service.ts",
    ]);
  }

  test("a second signal ends it at once", async () => {
    const { unit, gateway } = await started();
    const hanging = fetch(`${gateway}/v1/wait`).catch(() => "cut");
    await new Promise((resolve) => setTimeout(resolve, 150));
    unit.child.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(unit.child.exitCode).toBeNull();
    unit.child.kill("SIGTERM");
    expect(await unit.exited).toEqual({ code: 1, signal: null });
    expect(await hanging).toBe("cut");
    onlyLog(unit);
  });

  test("a unit whose database is gone ends on SIGTERM, and at once on a second one", async () => {
    const gone = copyApp();
    mkdirSync(join(gone.folder, "pg"));
    const stopped = await attachEmbedded({ dataDir: join(gone.folder, "pg") });
    const { unit } = await started({ KERF_DATABASE_URL: stopped.url });
    await stopped.release({ now: true });
    unit.child.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 700));
    // It still tries to give its leases back.
    expect(unit.child.exitCode).toBeNull();
    const since = performance.now();
    unit.child.kill("SIGTERM");
    expect(await unit.exited).toEqual({ code: 1, signal: null });
    expect(performance.now() - since).toBeLessThan(1_000);
    gone.remove();
  });

  test("whoever says who they are is believed only where the environment says so", async () => {
    const { unit, gateway } = await started({ KERF_IDENTITY: "development" });
    const headers = { authorization: "Bearer nonsense" };
    expect((await fetch(`${gateway}/v1/now`)).status).toBe(200);
    expect((await fetch(`${gateway}/v1/mine`, { headers })).status).toBe(401);
    expect((await fetch(`${gateway}/v1/mine`, { headers: { authorization: "Bearer dev:ada" } })).status).toBe(
      200,
    );
    unit.child.kill("SIGTERM");
    await unit.exited;
    const plain = await started();
    expect(
      (await fetch(`${plain.gateway}/v1/mine`, { headers: { authorization: "Bearer dev:ada" } })).status,
    ).toBe(401);
    plain.unit.child.kill("SIGTERM");
    await plain.unit.exited;
  });

  test.each([
    [{ KERF_LISTEN: "5000" }, 'KERF_LISTEN is "5000", which is no address.'],
    [
      { KERF_DATABASE_URL: "postgres://a:secret-word@127.0.0.1:1/x" },
      "PostgreSQL at 127.0.0.1:1 is unavailable",
    ],
    [{ KERF_HOST: "0.0.0.0", KERF_IDENTITY: "development" }, "developmentIdentity() believes anybody"],
  ])("%j is refused with a clear word", async (environment, message) => {
    const { code, err, out } = await kerf(["start"], data.folder, {
      ...database,
      KERF_PORT: "0",
      ...environment,
    });
    expect(err).toContain(message);
    expect(err).not.toContain("    at ");
    expect(err + out).not.toContain("secret-word");
    expect(code).toBe(1);
  });

  test("a unit that calls others needs to know where they are", async () => {
    const { code, err } = await kerf(
      ["start", "--topology", "split", "--unit", "front"],
      data.folder,
      database,
    );
    expect(err).toContain(`Set it to '{"back":"host:port","side":"host:port"}'`);
    expect(code).toBe(1);
  });
});
