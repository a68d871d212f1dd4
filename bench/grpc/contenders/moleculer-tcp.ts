import { createServer } from "node:net";
import { ServiceBroker } from "moleculer";
import type { Contender } from "../contender.ts";
import { answer, type Reply, type Request } from "../payload.ts";

/** Both ends know each other's address, so that nothing is broadcast on the network. */
function broker(nodeID: string, serverPort: number, clientPort: number): ServiceBroker {
  const urls = [`tcp://127.0.0.1:${serverPort}/server`, `tcp://127.0.0.1:${clientPort}/client`];
  return new ServiceBroker({
    nodeID,
    logger: false,
    transporter: {
      type: "TCP",
      options: { udpDiscovery: false, port: nodeID === "server" ? serverPort : clientPort, urls },
    } as never,
  });
}

export const moleculerTcp: Contender = {
  serve: async () => {
    const [serverPort, clientPort] = [await freePort(), await freePort()];
    const node = broker("server", serverPort, clientPort);
    node.createService({
      name: "bench",
      actions: { get: (context: { params: unknown }) => answer(context.params as Request) },
    });
    await node.start();
    return { address: `${serverPort}:${clientPort}`, close: () => node.stop() };
  },
  connect: async (address) => {
    const [serverPort, clientPort] = address.split(":").map(Number);
    const node = broker("client", serverPort!, clientPort!);
    await node.start();
    await node.waitForServices("bench");
    return { call: (asked) => node.call<Reply, Request>("bench.get", asked), close: () => node.stop() };
  },
};

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
