import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";

/** Where a channel connects to. */
export type Target = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Reads `host:port`, `[::1]:port`, `dns:host:port`, `unix:/path`. Throws TypeError for anything else: a port is never guessed.
 */
export function parseTarget(text: string): Target {
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(text);
  if (unix !== null) return { path: unix[1]! };
  const match = /^(?:dns:(?:\/\/\/)?)?(?:\[([^\]]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) {
    throw new TypeError(
      `cannot connect to ${JSON.stringify(text)}: write "host:port", "[ipv6]:port" or "unix:/path"`,
    );
  }
  return { host: match[1] ?? match[2]!, port };
}

export function authorityOf(target: Target): string {
  if ("path" in target) return "localhost";
  return target.host.includes(":") ? `[${target.host}]:${target.port}` : `${target.host}:${target.port}`;
}

/** TLS options of Node; ALPN is set by us, TLS 1.3 is the least unless `minVersion` says otherwise. */
export type ClientTls = Omit<ConnectionOptions, "host" | "port" | "path" | "socket" | "ALPNProtocols">;

/** Opens a socket; `done` hears once that it is usable, or why not. */
export function openSocket(
  target: Target,
  tls: ClientTls | undefined,
  done: (error: Error | undefined) => void,
): Socket {
  let settled = false;
  const settle = (error: Error | undefined): void => {
    if (settled) return;
    settled = true;
    socket.off("error", settle);
    socket.off("close", onClose);
    done(error);
  };
  const onClose = (): void => settle(new Error("the connection was closed before it was usable"));
  let socket: Socket;
  if (tls === undefined) {
    socket = connectTcp({ ...target, noDelay: true } as Parameters<typeof connectTcp>[0] & object);
    socket.once("connect", () => settle(undefined));
  } else {
    const secure = connectTls({
      minVersion: "TLSv1.3",
      ...tls,
      ...target,
      ALPNProtocols: ["h2"],
    } as ConnectionOptions);
    secure.setNoDelay(true);
    secure.once("secureConnect", () => {
      settle(
        secure.alpnProtocol === "h2" ? undefined : new Error("the server does not offer HTTP/2 by ALPN"),
      );
    });
    socket = secure;
  }
  // A socket that was given up may still report an error, which must not end the process.
  socket.on("error", () => undefined);
  socket.on("error", settle);
  socket.on("close", onClose);
  return socket;
}
