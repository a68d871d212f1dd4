import { randomUUID } from "node:crypto";
import { Pool } from "undici";

/** What came of requests that were sent without pause. */
export interface Load {
  readonly answered: number;
  readonly failed: readonly string[];
  /** Who answered the route that changes hands, in the order of its answers. */
  readonly byApplication: number;
  readonly byService: number;
}

const isbn = "9780141439600";
const known = { authorization: "Bearer bookshop-key", "content-type": "application/json" };

/** Keeps `connections` connections busy, with what people do in a bookshop, until `stop` is called. */
export function keepBusy(url: string, connections: number) {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const counts = { answered: 0, byApplication: 0, byService: 0 };
  const failed: string[] = [];
  let stopped = false;

  async function book(): Promise<number> {
    const { statusCode, headers, body } = await pool.request({ method: "GET", path: `/api/books/${isbn}` });
    const { title } = (await body.json()) as { title: string };
    if (title !== "A Tale of Two Cities") throw new Error(`another book: ${title}`);
    counts[headers["x-powered-by"] === "Express" ? "byApplication" : "byService"]++;
    return statusCode;
  }
  async function page(): Promise<number> {
    const { statusCode, body } = await pool.request({ method: "GET", path: "/" });
    if (!(await body.text()).includes("Crime and Punishment")) throw new Error("half a page");
    return statusCode;
  }
  async function order(): Promise<number> {
    const { statusCode, body } = await pool.request({
      method: "POST",
      path: "/api/orders",
      headers: { ...known, "idempotency-key": randomUUID() },
      body: JSON.stringify({ isbn, copies: 1 }),
    });
    const { copies } = (await body.json()) as { copies: number };
    if (copies !== 1) throw new Error("another order");
    return statusCode - 1;
  }
  async function client(): Promise<void> {
    for (let i = 0; !stopped; i++) {
      const what = [book, page, book, order][i % 4]!;
      try {
        const status = await what();
        if (status !== 200) failed.push(`${what.name}: ${status}`);
      } catch (error) {
        failed.push(`${what.name}: ${(error as { code?: string }).code ?? ""} ${String(error)}`);
      }
      counts.answered++;
    }
  }

  const clients = Promise.all(Array.from({ length: connections }, client));
  return {
    counts,
    async stop(): Promise<Load> {
      stopped = true;
      await clients;
      await pool.close();
      return { ...counts, failed };
    },
  };
}
