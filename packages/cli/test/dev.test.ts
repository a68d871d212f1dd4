/** `kerf dev` as people meet it: real processes, a real database, real files that change. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { attachEmbedded, type EmbeddedServer } from "@kerf/runtime/embedded";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { copyApp, kerf, KerfProcess, processesNaming } from "./kerf-process.ts";

const data = copyApp();
let server: EmbeddedServer;

beforeAll(async () => {
  mkdirSync(join(data.folder, "pg"));
  server = await attachEmbedded({ dataDir: join(data.folder, "pg") });
});

afterAll(async () => {
  await server.release({ now: true });
  data.remove();
});

const withDatabase = () => ({ KERF_DATABASE_URL: server.url });

/** A caller in another unit finds a unit that came back within its pause between two attempts to connect. */
async function works(url: string): Promise<void> {
  // Not expect.poll: that one belongs to whichever test began last, and those of other units run meanwhile.
  await vi.waitFor(async () => expect((await fetch(url)).status).toBe(200), { timeout: 5_000, interval: 50 });
}

async function get(url: string): Promise<{ text: string; process: number }> {
  return (await (await fetch(url)).json()) as { text: string; process: number };
}

describe.concurrent("a topology of three units", () => {
  const app = copyApp();
  let dev: KerfProcess;
  let gateway: string;

  beforeAll(async () => {
    const print = (file: string, what: string): void =>
      appendFileSync(join(app.folder, file), `console.log(${what});\n`);
    print("kerf.config.ts", '"printed by the configuration"');
    print("services/clock/service.ts", '{ printed: "by a service" }');
    dev = new KerfProcess(
      ["dev", "--topology", "split", "--port", "0", "--json"],
      app.folder,
      withDatabase(),
    );
    gateway = (await dev.event("ready")).gateway!;
  });

  afterAll(async () => {
    await dev.destroy();
    app.remove();
  });

  /** Changes a file and tells what the supervisor did, until `about` is ready again. */
  async function change(file: string, from: string, to: string, about: string) {
    const path = join(app.folder, file);
    const { length } = dev.said;
    writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
    const since = performance.now();
    await dev.event("ready-again", about, length);
    return {
      ms: performance.now() - since,
      restarted: dev.said
        .slice(length)
        .filter((said) => said.event === "restarting")
        .map((said) => said.about)
        .toSorted(),
    };
  }

  test.sequential("answers a call that crosses two processes", async () => {
    expect(await get(`${gateway}/v1/hello/ada`)).toMatchObject({ text: "Hello, stranger" });
  });

  test.sequential("says where each unit tells its health", async () => {
    const { units } = dev.said.find((said) => said.event === "ready")!;
    expect(Object.keys(units!).toSorted()).toEqual(["back", "front", "side"]);
    for (const { health } of Object.values(units!)) {
      expect((await fetch(`${health}/livez`)).status).toBe(200);
      expect((await fetch(`${health}/readyz`)).status).toBe(200);
    }
    expect(await (await fetch(`${units!["back"]!.health}/status`)).json()).toMatchObject({
      unit: "back",
      ready: true,
    });
    expect((await fetch(`${units!["back"]!.health}/other`)).status).toBe(404);
  });

  test.sequential("passes the lines of its units on, without their secrets", async () => {
    await dev.until(() => dev.out.includes('"greeting"'));
    const line = dev.out.split("\n").find((text) => text.includes('"greeting"'))!;
    expect(JSON.parse(line)).toMatchObject({ unit: "front", service: "hello", id: "ada", level: "info" });
    expect(dev.out).not.toContain("never-to-be-seen");
  });

  test.sequential("what code prints is a line of JSON too, or goes to standard error", async () => {
    // All units load all services.
    const printed = () =>
      dev.out
        .split("\n")
        .filter((line) => line.includes("by a service"))
        .map((line) => JSON.parse(line) as { unit: string });
    const ofSide = await dev.until(() => printed().find(({ unit }) => unit === "side"));
    expect(ofSide).toMatchObject({ msg: "{ printed: 'by a service' }" });
    expect(dev.err).toContain("printed by the configuration");
    // It is loaded by units too, whose lines these are.
    const units = dev.out.split("\n").filter((line) => line.includes("printed by the configuration"));
    expect(units.map((line) => (JSON.parse(line) as { unit: string }).unit)).toContain("front");
  });

  test.sequential("a change restarts the unit of that service and no other", async () => {
    const before = await get(`${gateway}/v1/hello/ada`);
    const { restarted, ms } = await change("services/names/fallback.ts", "stranger", "visitor", "back");
    expect(restarted).toEqual(["back"]);
    expect(await get(`${gateway}/v1/hello/ada`)).toEqual({ text: "Hello, visitor", process: before.process });
    // Generous: the machine of the tests has other things to do.
    expect(ms).toBeLessThan(5_000);
  });

  test.sequential("a change of a contract also restarts who imports it, and the gateway's unit", async () => {
    const { restarted } = await change("services/names/contract.ts", "rename:", "/* */ rename:", "front");
    expect(restarted).toEqual(["back", "front"]);
  });

  test.sequential("a unit that dies is started again, and it is said how it died and what it wrote", async () => {
    await dev.event("ready-again", "front");
    await fetch(`${gateway}/v1/crash`).catch(() => undefined);
    const { msg } = await dev.event("died", "side");
    expect(msg).toMatch(
      /^side ended with exit code 7\. It last wrote:\n(?: .*\n)* {2}the mainspring broke\nStarting it again in 0\.5 s\.$/,
    );
    await dev.event("ready-again", "side");
    await works(`${gateway}/v1/now`);
  });

  test.sequential("a service that cannot be loaded says so once, without a stack, and starts when it is mended", async () => {
    const { length } = dev.said;
    const path = join(app.folder, "services/clock/service.ts");
    const sound = readFileSync(path, "utf8");
    writeFileSync(path, `${sound}\nthrow new Error("the spring is missing");\n`);
    const { msg } = await dev.event("failed", "side", length);
    expect(msg).toContain("side cannot start: ");
    expect(msg).toContain("the spring is missing");
    expect(msg).not.toMatch(/\n\s+at .*node:internal|node_modules/);
    expect(dev.out).not.toContain("    at file:");
    expect(dev.said.filter((said) => said.msg.includes("the spring is missing"))).toHaveLength(1);
    writeFileSync(path, sound);
    await dev.event("ready-again", "side", length);
  });

  test.sequential("a configuration that is wrong is refused, and everything goes on", async () => {
    const { length } = dev.said;
    const path = join(app.folder, "kerf.config.ts");
    const sound = readFileSync(path, "utf8");
    writeFileSync(path, sound.replace('back: ["names"]', 'back: ["nmes"]'));
    const { msg } = await dev.event("refused", undefined, length);
    expect(msg).toContain('did you mean "names"?');
    await works(`${gateway}/v1/now`);
    writeFileSync(path, sound);
    await dev.event("restarting", undefined, length);
  });

  test.sequential("another configuration restarts everything in the new shape", async () => {
    await dev.until(() => dev.said.filter((said) => said.event === "ready").length >= 2);
    const { length } = dev.said;
    const path = join(app.folder, "kerf.config.ts");
    writeFileSync(path, readFileSync(path, "utf8").replace('back: ["names"], side: "*"', 'rest: "*"'));
    const { units } = await dev.event("ready", undefined, length);
    expect(Object.keys(units!).toSorted()).toEqual(["front", "rest"]);
    await works(`${gateway}/v1/now`);
  });

  test.sequential("ends with all its processes when the supervisor is killed", async () => {
    // Itself, two units, the process that stands by for the next change, and the dashboard.
    await dev.until(() => dev.descendants().length === 5);
    process.kill(dev.child.pid!, "SIGKILL");
    await dev.until(() => dev.descendants().length === 0);
  });
});

describe.concurrent("the monolith on its own database", () => {
  const app = copyApp();
  let dev: KerfProcess | undefined;

  afterEach(async () => {
    await dev?.destroy();
  });
  afterAll(() => app.remove());

  test.sequential("tells people what runs where and what to try; Ctrl-C ends everything, the database included", async () => {
    dev = new KerfProcess(["dev", "--port", "0"], app.folder);
    await dev.until(() => dev!.out.includes("Ctrl-C ends everything."));
    expect(dev.out).toMatch(/^kerf \| tiny runs as "monolith": 1 unit, ready in \d+ ms$/m);
    expect(dev.out).toMatch(/^kerf \| {3}gateway +http:\/\/127\.0\.0\.1:\d+$/m);
    expect(dev.out).toMatch(/^kerf \| {3}all +gateway, hello, names, clock$/m);
    expect(dev.out).toMatch(/^kerf \| {3}curl http:\/\/127\.0\.0\.1:\d+\/v1\/now$/m);
    expect(dev.out).toMatch(/^kerf \| {3}curl http:\/\/127\.0\.0\.1:\d+\/v1\/hello\/ada$/m);
    const gateway = /http:\/\/127\.0\.0\.1:\d+/.exec(dev.out)![0];
    await get(`${gateway}/v1/hello/ada`);
    await dev.until(() =>
      /^all {2}\| \d\d:\d\d:\d\d\.\d{3} info {2}hello@1\.greet greeting .*id=ada/m.test(dev!.out),
    );
    expect(dev.out).not.toContain("\u001b");
    expect(processesNaming(join(app.folder, ".kerf")).length).toBeGreaterThan(0);

    dev.interrupt();
    expect(await dev.exited).toEqual({ code: 130, signal: null });
    expect(dev.descendants()).toEqual([]);
    expect(processesNaming(join(app.folder, ".kerf"))).toEqual([]);
  });

  test.sequential("SIGKILL of the supervisor ends its units at once, and the database after its last client", async () => {
    dev = new KerfProcess(["dev", "--port", "0"], app.folder);
    await dev.until(() => dev!.out.includes("Ctrl-C ends everything."));
    process.kill(dev.child.pid!, "SIGKILL");
    await dev.until(() => dev!.descendants().length === 0, 5_000);
    await dev.until(() => processesNaming(join(app.folder, ".kerf")).length === 0);
  });

  test.sequential("a second Ctrl-C does not wait for what cannot finish", async () => {
    dev = new KerfProcess(["dev", "--port", "0", "--json"], app.folder, withDatabase());
    const { gateway } = await dev.event("ready");
    const hanging = fetch(`${gateway}/v1/wait`).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const since = performance.now();
    dev.interrupt();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(dev.child.exitCode).toBeNull();
    dev.interrupt();
    expect(await dev.exited).toEqual({ code: 130, signal: null });
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(dev.descendants()).toEqual([]);
    await hanging;
  });

  test.sequential("SIGTERM ends everything and is no failure", async () => {
    dev = new KerfProcess(["dev", "--port", "0", "--json"], app.folder, withDatabase());
    await dev.event("ready");
    dev.child.kill("SIGTERM");
    expect(await dev.exited).toEqual({ code: 0, signal: null });
    expect(dev.descendants()).toEqual([]);
  });
});

describe.concurrent("what cannot be run", () => {
  const app = copyApp();
  afterAll(() => app.remove());

  test.sequential("a port in use is named with who uses it", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const { code, err } = await kerf(["dev", "--port", String(port)], app.folder, withDatabase());
    other.close();
    expect(code).toBe(1);
    const owner = process.platform === "linux" ? ` by node.* \\(process ${process.pid}\\)` : "";
    expect(err).toMatch(
      new RegExp(
        `^Port ${port} is in use${owner}\\. Stop that, or choose another port: kerf dev --port ${port + 1}\\.\n$`,
      ),
    );
  });

  test.sequential("a database that does not answer is said, tried again, and not waited for at the end", async () => {
    const dev = new KerfProcess(["dev", "--port", "0", "--json"], app.folder, {
      KERF_DATABASE_URL: "postgres://kerf:secret-word@127.0.0.1:1/postgres",
    });
    const { msg } = await dev.event("failed", "all");
    expect(msg).toContain("PostgreSQL at 127.0.0.1:1 is unavailable");
    expect(msg).toContain("Trying again in 0.5 s.");
    dev.interrupt();
    expect((await dev.exited).code).toBe(130);
    expect(dev.out + dev.err).not.toContain("secret-word");
  });

  test.sequential("one reason that keeps all units from starting is told once, and all start when it is mended", async () => {
    const broken = copyApp();
    const path = join(broken.folder, "services/clock/service.ts");
    const sound = readFileSync(path, "utf8");
    writeFileSync(path, "export default 1;");
    const dev = new KerfProcess(
      ["dev", "--port", "0", "--topology", "split", "--json"],
      broken.folder,
      withDatabase(),
    );
    await dev.until(() => dev.said.filter((said) => said.event === "failed").length === 3);
    expect(dev.said.filter((said) => said.msg.includes("is not a service"))).toHaveLength(1);
    expect(
      dev.said.filter((said) => /cannot start, for the same reason as \w+\./.test(said.msg)),
    ).toHaveLength(2);
    writeFileSync(path, sound);
    await dev.event("ready");
    dev.interrupt();
    await dev.exited;
    broken.remove();
  });

  test.sequential("without a watch, a service that cannot start ends everything", async () => {
    const broken = copyApp();
    writeFileSync(join(broken.folder, "services/clock/service.ts"), "export default 1;");
    const { code, out } = await kerf(
      ["dev", "--port", "0", "--topology", "split", "--no-watch"],
      broken.folder,
      withDatabase(),
    );
    broken.remove();
    expect(code).toBe(1);
    expect(out.match(/is not a service/g)).toHaveLength(1);
  });
});
