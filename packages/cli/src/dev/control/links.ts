import { tcpProxy, type TcpProxy } from "@kerf/runtime/faults";

type Environment = NodeJS.ProcessEnv;

/** The ways between the processes of a session, and from each to the database, as proxies. */
export interface Links {
  readonly names: readonly string[];
  /** @throws Error where there is none of that name */
  get(name: string): TcpProxy;
  /** What a process is started with, so that it goes through the proxies. */
  environment(process: string, direct: Environment): Environment;
  heal(): void;
  close(): Promise<void>;
}

export interface LinksOptions {
  /** By process, as it would be started without proxies. */
  readonly environments: ReadonlyMap<string, Environment>;
  /** Undefined where the way to the database is not to be broken. */
  readonly databaseUrl: string | undefined;
  readonly usesDatabase: (process: string) => boolean;
}

export async function openLinks(options: LinksOptions): Promise<Links> {
  const { environments, databaseUrl, usesDatabase } = options;
  const proxies = new Map<string, TcpProxy>();
  /** Address to the one of its proxy. */
  const instead = new Map<string, string>();
  const open = async (name: string, host: string, port: number) => {
    const proxy = await tcpProxy({ host, port });
    proxies.set(name, proxy);
    return proxy;
  };
  for (const [process, { KERF_LISTEN: address }] of environments) {
    if (address) {
      const { hostname, port } = new URL(`tcp://${address}`);
      const proxy = await open(process, hostname, Number(port));
      instead.set(address, `${hostname}:${proxy.port}`);
    }
    if (databaseUrl !== undefined && usesDatabase(process)) {
      const { hostname, port } = new URL(databaseUrl);
      await open(`${process}>database`, hostname, Number(port));
    }
  }
  const through = (addresses: string) =>
    addresses
      .split(",")
      .map((address) => instead.get(address) ?? address)
      .join(",");

  return {
    names: [...proxies.keys()],
    get(name) {
      const proxy = proxies.get(name);
      if (!proxy) throw new Error(`there is no link "${name}"`);
      return proxy;
    },
    environment(process, direct) {
      const endpoints = JSON.parse(direct["KERF_ENDPOINTS"] || "{}") as Record<string, string>;
      const database = proxies.get(`${process}>database`);
      return {
        ...direct,
        KERF_ENDPOINTS: JSON.stringify(
          Object.fromEntries(Object.entries(endpoints).map(([unit, at]) => [unit, through(at)])),
        ),
        ...(database ? { KERF_DATABASE_URL: database.through(databaseUrl!) } : {}),
      };
    },
    heal() {
      for (const proxy of proxies.values()) proxy.heal();
    },
    async close() {
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    },
  };
}
