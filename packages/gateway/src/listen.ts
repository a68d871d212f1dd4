import type { FastifyInstance } from "fastify";

/** The gateway cannot listen where it was told to. The message says where, why, and what to do. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  /** Of the system: EADDRINUSE, EACCES… */
  readonly code: string;

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
    // Where in the gateway it was thrown helps nobody.
    this.stack = `${this.name}: ${message}`;
  }
}

/** Starts listening. @throws ListenError */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host: host === "localhost" ? "127.0.0.1" : host, port });
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    const explain = explanations[code];
    if (explain === undefined) throw error;
    throw new ListenError(
      code,
      `The gateway cannot listen on ${host}:${port}: ${explain(host, port)}`,
      error,
    );
  }
}

const explanations: { readonly [code: string]: (host: string, port: number) => string } = {
  EADDRINUSE: (_host, port) => `port ${port} is in use. Stop what runs there, or choose another port.`,
  EACCES: (_host, port) => `this user may not use port ${port}. Choose a port from 1024 up.`,
  EADDRNOTAVAIL: (host) =>
    `${host} is not an address of this machine. Use 127.0.0.1, or 0.0.0.0 for all of them.`,
  ENOTFOUND: (host) =>
    `there is no host "${host}". Use 127.0.0.1, or 0.0.0.0 for all addresses of this machine.`,
};
