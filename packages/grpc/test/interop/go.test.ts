import { spawn, type ChildProcess } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, serve, type Channel, type Server } from "../../src/index.ts";
import { CASES } from "./cases.ts";
import { testServer } from "./test-service.ts";
import { freePort, run, tool } from "./tools.ts";

const goClient = tool("grpc-go-client");
const goServer = tool("grpc-go-server");

/** Its other cases need Google's credentials, xDS, ORCA or several addresses. */
const GO_CASES = Object.keys(CASES);

describe.runIf(goClient !== undefined)("the official client of grpc-go against our server", () => {
  let server: Server;
  beforeAll(async () => {
    server = await serve({ services: [testServer] });
  });
  afterAll(() => server.close());

  it.each(GO_CASES)("%s", async (name) => {
    const args = [
      `--server_host=127.0.0.1`,
      `--server_port=${server.port}`,
      "--use_tls=false",
      `--test_case=${name}`,
    ];
    const { code, output } = await run(goClient!, args);
    expect(code, output).toBe(0);
  });
});

describe.runIf(goServer !== undefined)("our client against the official server of grpc-go", () => {
  let go: ChildProcess;
  let channel: Channel;
  beforeAll(async () => {
    const port = await freePort();
    // It says nothing when it is ready: the channel tries until it answers.
    go = spawn(goServer!, [`--port=${port}`], { stdio: "ignore" });
    channel = connect(`127.0.0.1:${port}`, { backoff: { initialMs: 50, maxMs: 200 } });
    await channel.ready(10_000);
  });
  afterAll(async () => {
    await channel.close();
    go.kill();
  });

  it.each(Object.entries(CASES))("%s", (_, work) => work(channel));
});
