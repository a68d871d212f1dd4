import { createServer } from "node:net";

/**
 * Finds `count` ports that are free on `host`. They are below the range from which the system takes ports for outgoing
 * connections: such a connection could hold one just when its unit restarts.
 */
export async function freePorts(host: string, count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries++) {
    if (tries > 500) throw new Error(`There are no ${count} free ports between 10000 and 32000 on ${host}.`);
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (!found.has(port) && (await isFree(host, port))) found.add(port);
  }
  return [...found];
}

/** Tells whether this process could listen there now. */
export async function isFree(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
