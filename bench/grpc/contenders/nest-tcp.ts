import "reflect-metadata";
import { Controller, Module, type INestMicroservice } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ClientTCP, MessagePattern, Transport, type MicroserviceOptions } from "@nestjs/microservices";
import { firstValueFrom } from "rxjs";
import type { Contender } from "../contender.ts";
import { answer, type Reply, type Request } from "../payload.ts";

/** Decorators by hand: Node runs TypeScript as it is, without their syntax. */
class BenchController {
  get(asked: Request): Reply {
    return answer(asked);
  }
}
Controller()(BenchController);
MessagePattern("get")(
  BenchController.prototype,
  "get",
  Object.getOwnPropertyDescriptor(BenchController.prototype, "get")!,
);
Reflect.defineMetadata("design:paramtypes", [Object], BenchController.prototype, "get");

class BenchModule {
  readonly name = "bench";
}
Module({ controllers: [BenchController] })(BenchModule);

export const nestTcp: Contender = {
  serve: async () => {
    // Nest does not tell a port that the system chose, so that one is asked for first.
    const port = await freePort();
    const application: INestMicroservice = await NestFactory.createMicroservice<MicroserviceOptions>(
      BenchModule,
      {
        transport: Transport.TCP,
        options: { host: "127.0.0.1", port },
        logger: false,
      },
    );
    await application.listen();
    return { address: String(port), close: () => application.close() };
  },
  connect: async (address) => {
    const client = new ClientTCP({ host: "127.0.0.1", port: Number(address) });
    await client.connect();
    return {
      call: (asked) => firstValueFrom(client.send<Reply>("get", asked)),
      close: () => void client.close(),
    };
  },
};

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
