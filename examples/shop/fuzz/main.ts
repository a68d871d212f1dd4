/** `npm run fuzz:edge -- --seconds 600 --seed 7`: asks a shop of its own for everything, until the time is over. */
import { parseArgs } from "node:util";
import { startShop } from "../replay/running-shop.ts";
import { fuzz, installSchemathesis, people } from "./fuzz.ts";

const { values } = parseArgs({ options: { seconds: { type: "string" }, seed: { type: "string" } } });
const seconds = Number(values.seconds ?? 300);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
if (!Number.isInteger(seconds) || seconds < 1 || !Number.isInteger(seed))
  throw new Error("Write: npm run fuzz:edge -- --seconds 600 --seed 7");

await installSchemathesis();
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
await using shop = await startShop({ topology: "monolith", signal: stop.signal, say: console.error });
console.log(`seed ${seed}, ${seconds} s, ${shop.gateway}`);
const found = await Promise.all(
  (Object.keys(people) as (keyof typeof people)[]).map((who) =>
    fuzz({ gateway: shop.gateway, who, seconds, seed }),
  ),
);
for (const { who, clean, report } of found) console.log(`== ${who}: ${clean ? "clean" : `\n${report}`}`);
process.exitCode = found.every(({ clean }) => clean) && shop.deaths.length === 0 ? 0 : 1;
