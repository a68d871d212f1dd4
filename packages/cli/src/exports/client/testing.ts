import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect as dial, createServer, type AddressInfo } from "node:net";
import { dirname } from "node:path";
import type { Gateway } from "@kerf/gateway";

/** Passes everything on to the gateway, but cuts the first connections instead of bringing back what it answers. */
export async function losingAnswers(gateway: Gateway, times: number) {
  let lost = 0;
  const server = createServer((from) => {
    const [host, port] = gateway.address.split(":");
    const to = dial(Number(port), host);
    from.on("error", () => to.destroy());
    to.on("error", () => from.destroy());
    from.pipe(to);
    to.on("data", (data) => {
      if (lost++ < times) from.destroy();
      else from.write(data);
    });
    from.on("close", () => to.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      await Promise.resolve();
    },
  };
}

/** Writes a file and the folders that it needs. */
export function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
