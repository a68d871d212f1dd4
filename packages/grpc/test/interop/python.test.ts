import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, serve, type Channel } from "../../src/index.ts";
import { certificate } from "../certificate.ts";
import { echoTests } from "./echo-client.ts";
import { echoServer } from "./echo-service.ts";
import { file, run, start, tool } from "./tools.ts";

const python = tool("python");

describe.runIf(python !== undefined)("Python's grpcio as the client of our server", () => {
  it("calls every kind of method", async () => {
    await using server = await serve({ services: [echoServer], compression: "gzip" });
    const { code, output } = await run(python!, [file("python/client.py"), String(server.port)]);
    expect(code, output).toBe(0);
    expect(output.trim().split("\n")).toHaveLength(10);
  });

  it("calls them over TLS", async () => {
    const { key, cert, certPath } = await certificate();
    await using server = await serve({ services: [echoServer], tls: { key, cert } });
    const { code, output } = await run(python!, [file("python/client.py"), String(server.port), certPath]);
    expect(code, output).toBe(0);
  });
});

describe.runIf(python !== undefined)("our client of a server of Python's grpcio", () => {
  let child: ChildProcess;
  let channel: Channel;
  beforeAll(async () => {
    const started = await start(python!, [file("python/server.py")], /^port (\d+)$/);
    child = started.child;
    channel = connect(`127.0.0.1:${started.match[1]}`);
  });
  afterAll(async () => {
    await channel.close();
    child.kill();
  });

  echoTests(() => channel);
});
