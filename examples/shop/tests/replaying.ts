import { createReadStream, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openClient, type Client } from "../replay/client.ts";
import { contracts, orders } from "../replay/contracts.ts";
import { drive } from "../replay/drive.ts";
import { columns, parseRows } from "../replay/parse.ts";
import { planOf, type Plan } from "../replay/plan.ts";
import { register } from "../replay/register.ts";

/** Real orders of a retailer, where they are at hand; made up ones otherwise. */
const given = new URL("../../../../shared/data/online-retail-2010-12.csv", import.meta.url);

/** A replay that goes on beside a test. */
export interface Replaying extends AsyncDisposable {
  /** When each order was placed so far, in Unix ms. */
  readonly placedAt: readonly number[];
  /** What the shop did wrong, if anything. */
  failure(): string | undefined;
}

/** Registers what the replay needs, then places `perSecond` orders a second until it is disposed of. */
export async function replayInto(gateway: string, perSecond: number): Promise<Replaying> {
  const over = new AbortController();
  const { signal } = over;
  const plan = await somePlan();
  const client = openClient({ origin: gateway, contracts, connections: 8, signal });
  await register(client, plan);
  const placedAt: number[] = [];
  let nextAt = Date.now();
  const paced: Client = {
    ...client,
    async ask(member, input, options) {
      if (member.id !== orders.place.id) return await client.ask(member, input, options);
      nextAt = Math.max(Date.now(), nextAt + 1_000 / perSecond);
      await sleep(nextAt - Date.now(), undefined, { signal });
      const answer = await client.ask(member, input, options);
      placedAt.push(Date.now());
      return answer;
    },
  };
  let failure: string | undefined;
  const driven = drive(plan, { client: paced, concurrency: 4, signal, advanced: () => {} }).then(
    ({ failures: [first] }) => {
      if (first) failure = `${first.invoice}: ${first.why}`;
    },
    (error: unknown) => {
      if (!signal.aborted) failure = String(error);
    },
  );
  return {
    placedAt,
    failure: () => failure,
    async [Symbol.asyncDispose]() {
      over.abort();
      await driven;
      await client.close();
    },
  };
}

/** Enough for some minutes. */
async function somePlan(): Promise<Plan> {
  if (!existsSync(given)) return await planOf(parseRows([csvOf(madeUp())]));
  return await planOf(parseRows(createReadStream(given, { encoding: "utf8" }) as AsyncIterable<string>));
}

function madeUp(): string[] {
  return Array.from({ length: 400 }, (_, i) => {
    const [customer, minute] = [`${(i % 9) + 1}.0`, String(i % 60).padStart(2, "0")];
    // The bank declines 36 pence.
    const price = i % 12 === 5 ? "0.36" : "1.00";
    return `${200 + i},A${i % 40},lamp ${i % 40},1,2010-12-02 08:${minute}:00,${price},${customer},United Kingdom`;
  });
}

const csvOf = (rows: readonly string[]): string => `${[columns.join(","), ...rows].join("\r\n")}\r\n`;
