// Memory of a server for idle connections, above what the bare sockets cost: `memory.ts`. Three processes of each.
import { fork } from "node:child_process";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { connect, implement, raw, serve, service, unary, type Channel } from "@kerf/grpc";

const CONNECTIONS = 1000;
const echo = service("bench.Echo", { Echo: unary(raw, raw) });

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 500));
}

async function used(): Promise<number> {
  for (let n = 0; n < 4; n++) {
    globalThis.gc!();
    await settle();
  }
  return process.memoryUsage().rss;
}

async function server(kind: string): Promise<void> {
  let port: number;
  if (kind === "sockets") {
    const listener = createServer((socket) => {
      socket.on("data", () => undefined);
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    port = (listener.address() as { port: number }).port;
  } else {
    port = (await serve({ services: [implement(echo, { Echo: (request) => request })] })).port;
  }
  let before = 0;
  process.on("message", async () => {
    const now = await used();
    process.send!({ bytes: now - before });
    before = now;
  });
  process.send!({ port });
}

async function warmUp(kind: string, port: number): Promise<void> {
  const channel = connect(`127.0.0.1:${port}`);
  const socket = connectTcp(port, "127.0.0.1");
  for (let n = 0; n < 20_000; n++) {
    if (kind === "grpc") await channel.unary(echo.methods.Echo, Buffer.from("x"));
    else socket.write("x");
  }
  socket.destroy();
  await channel.close();
}

async function measure(kind: string): Promise<number> {
  const child = fork(new URL(import.meta.url), [kind], { execArgv: ["--expose-gc"] });
  const message = (): Promise<any> => new Promise((resolve) => child.once("message", resolve));
  const { port } = await message();
  const sockets: Socket[] = [];
  const channels: Channel[] = [];
  // What the process itself needs, compiled code and a heap that has grown to its working size, is not the connections'.
  await warmUp(kind, port);
  child.send("measure");
  await message();
  for (let n = 0; n < CONNECTIONS; n++) {
    if (kind === "sockets") {
      const socket = connectTcp(port, "127.0.0.1");
      await new Promise((resolve) => socket.once("connect", resolve));
      socket.write("x");
      sockets.push(socket);
    } else {
      const channel = connect(`127.0.0.1:${port}`);
      // One call each, so that what the first call makes is counted too.
      await channel.unary(echo.methods.Echo, Buffer.from("x"));
      channels.push(channel);
    }
  }
  child.send("measure");
  const { bytes } = await message();
  for (const socket of sockets) socket.destroy();
  child.kill();
  await Promise.all(channels.map((channel) => channel.close({ graceMs: 100 })));
  return bytes / 1e6;
}

export async function idleConnections(): Promise<{ sockets: number[]; grpc: number[] }> {
  const result = { sockets: [] as number[], grpc: [] as number[] };
  for (let n = 0; n < 3; n++) {
    result.sockets.push(await measure("sockets"));
    result.grpc.push(await measure("grpc"));
  }
  return result;
}

function show(list: readonly number[]): string {
  return list.map((mb) => mb.toFixed(1)).join(", ");
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  if (process.argv[2] !== undefined) await server(process.argv[2]);
  else {
    const { sockets, grpc } = await idleConnections();
    console.log(
      `${CONNECTIONS} idle connections, MB of the server: sockets ${show(sockets)}; gRPC ${show(grpc)}`,
    );
  }
}
