import { createServer } from "node:net";
import { type AnyContract, type Log, outcome } from "kerf";
import { afterEach, describe, expect, it, vi } from "vitest";
import { callTokens } from "../authority/call-token.ts";
import { type GrpcServer, serveGrpc } from "./grpc-server.ts";
import { grpcTransport } from "./grpc.ts";
import { probe, probeServer } from "./probe.ts";
import { plainHeader, transportSuite } from "./suite.ts";
import type { CallHeader, Dispatch, Transport } from "./transport.ts";

const log: Log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const tokens = callTokens("s".repeat(32), "probe");
const contracts = [probe as unknown as AnyContract];

const serve = (dispatch: Dispatch, port = 0): Promise<GrpcServer> =>
  serveGrpc({ host: "127.0.0.1", port, contracts, dispatch, log, tokens });

transportSuite("grpc", async (dispatch) => {
  const server = await serve(dispatch);
  const transport = grpcTransport({ contracts, tokens });
  return {
    transport,
    address: server.address,
    async close() {
      await transport.close();
      await server.drain(1_000);
    },
  };
});

describe("grpc between processes", () => {
  const opened: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
  });

  function client(): Transport {
    const transport = grpcTransport({ contracts, tokens });
    opened.push(() => transport.close());
    return transport;
  }

  async function server(dispatch: Dispatch, port = 0): Promise<GrpcServer> {
    const made = await serve(dispatch, port);
    opened.push(() => made.drain(0));
    return made;
  }

  const echo = (transport: Transport, address: string, header: Partial<CallHeader> = {}): Promise<unknown> =>
    transport.call(
      address,
      { member: "probe@2.echo", input: { text: "x" }, header: { ...plainHeader(), ...header } },
      new AbortController().signal,
    );

  it("says which address it could not reach, at once", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await new Promise((ready) => listener.once("listening", ready));
    const { port } = listener.address() as { port: number };
    await new Promise((closed) => listener.close(closed));
    const start = Date.now();
    const result = await outcome(echo(client(), `127.0.0.1:${port}`));
    expect(!result.ok && result.error).toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining(`127.0.0.1:${port} could not be reached for probe@2.echo`) as string,
    });
    expect(Date.now() - start).toBeLessThan(2_000);
  });

  it("ends at the deadline where the other side accepts and never speaks", async () => {
    const sockets = new Set<{ destroy(): void }>();
    const silent = createServer((socket) => sockets.add(socket)).listen(0, "127.0.0.1");
    await new Promise((ready) => silent.once("listening", ready));
    opened.push(async () => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const { port } = silent.address() as { port: number };
    const start = Date.now();
    const result = await outcome(echo(client(), `127.0.0.1:${port}`, { deadlineAt: start + 200 }));
    expect(!result.ok && result.code).toBe("DEADLINE_EXCEEDED");
    expect(Date.now() - start).toBeLessThan(1_000);
  });

  it("reaches a server again that was restarted on its address", async () => {
    const transport = client();
    const first = await server(probeServer().dispatch);
    await echo(transport, first.address);
    await first.drain(0);
    expect(await outcome(echo(transport, first.address))).toMatchObject({ ok: false, code: "UNAVAILABLE" });
    await server(probeServer().dispatch, Number(first.address.split(":")[1]));
    await vi.waitFor(() => echo(transport, first.address), { timeout: 3_000, interval: 50 });
  });

  it("drains: what is in flight ends, what is new is refused", async () => {
    let finish = (): void => {};
    const blocked = new Promise<void>((resolve) => (finish = resolve));
    let arrived = (): void => {};
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const made = await server(async () => {
      arrived();
      await blocked;
      return { text: "finished" };
    });
    const inFlight = echo(client(), made.address);
    await arrival;
    const drained = made.drain(5_000);
    const late = await outcome(echo(client(), made.address));
    expect(late).toMatchObject({ ok: false, code: "UNAVAILABLE" });
    finish();
    expect(await inFlight).toEqual({ text: "finished" });
    await drained;
  });

  it("drains no longer than its grace", async () => {
    const { dispatch, hasStarted } = probeServer();
    const made = await server(dispatch);
    const request = { member: "probe@2.wait", input: { key: "stuck" }, header: plainHeader() };
    const stuck = outcome(client().call(made.address, request, new AbortController().signal));
    await hasStarted("stuck");
    const start = Date.now();
    await made.drain(200);
    expect(Date.now() - start).toBeLessThan(1_500);
    expect(await stuck).toMatchObject({ ok: false });
  });

  it("refuses a port that is in use", async () => {
    const made = await server(probeServer().dispatch);
    await expect(serve(probeServer().dispatch, Number(made.address.split(":")[1]))).rejects.toThrow(
      /another process has it/,
    );
  });

  it("tells its log of a reply that does not fit, and the caller only that", async () => {
    const made = await server(async () => ({ text: 7 }));
    const result = await outcome(echo(client(), made.address));
    expect(!result.ok && result.error).toMatchObject({
      code: "INTERNAL",
      message: "the reply of probe@2.echo does not fit its contract",
    });
    expect(log.error).toHaveBeenCalled();
  });

  it("calls nobody once it is closed", async () => {
    const made = await server(probeServer().dispatch);
    const transport = client();
    await transport.close();
    expect(await outcome(echo(transport, made.address))).toMatchObject({ ok: false, code: "UNAVAILABLE" });
  });
});
