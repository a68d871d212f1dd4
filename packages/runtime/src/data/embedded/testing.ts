import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { attachEmbedded, type EmbeddedServer } from "../embedded.ts";

/** A data folder of a test's own. What was attached there is released with it, and ends. */
export interface Place extends AsyncDisposable {
  readonly dataDir: string;
  attach(): Promise<EmbeddedServer>;
  postmasterPid(): Promise<number>;
  keeperPid(): Promise<number>;
}

export async function freshPlace(): Promise<Place> {
  const dataDir = await mkdtemp(join(tmpdir(), "kerf-embedded-"));
  const attached: EmbeddedServer[] = [];
  return {
    dataDir,
    async attach() {
      const server = await attachEmbedded({ dataDir });
      attached.push(server);
      return server;
    },
    postmasterPid: async () =>
      Number((await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n")[0]),
    keeperPid: async () =>
      (JSON.parse(await readFile(join(dataDir, "keeper.json"), "utf8")) as { pid: number }).pid,
    async [Symbol.asyncDispose]() {
      for (const server of attached) await server.release({ now: true });
      if (existsSync(join(dataDir, "keeper.json"))) {
        const last = await attachEmbedded({ dataDir }).catch(() => undefined);
        await last?.release({ now: true });
      }
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function query<T>(server: EmbeddedServer, text: string): Promise<T[]> {
  const sql = postgres(server.url, { max: 1, fetch_types: false, onnotice: () => {}, connect_timeout: 5 });
  try {
    return [...(await sql.unsafe(text))] as unknown as T[];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
