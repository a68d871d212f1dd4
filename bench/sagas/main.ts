/**
 * Business transactions of four durable steps per second, in one process, on one PostgreSQL with `fsync` on, round by
 * round in turn; and how long one takes when nothing else happens.
 *
 * npx node bench/sagas/main.ts [--rounds 5] [--sagas 1000] [--at-once 32]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { freshName, testServer } from "@kerf/runtime/testing";
import { spread } from "../measure.ts";
import { contenders, STEPS, type ContenderName } from "./contender.ts";
import type { Measured } from "./worker.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    sagas: { type: "string", default: "1000" },
    "at-once": { type: "string", default: "32" },
  },
});

async function measure(contender: ContenderName): Promise<Measured> {
  const server = await testServer();
  const name = freshName("b");
  const database = await server.freshDatabase("b");
  const databases = { url: database.url, adminUrl: server.adminUrl, name };
  const worker = fork(new URL("./worker.ts", import.meta.url), {
    execArgv: [],
    env: {
      ...process.env,
      BENCH: JSON.stringify({
        contender,
        databases,
        count: Number(values.sagas),
        atOnce: Number(values["at-once"]),
      }),
    },
  });
  const [[measured]] = (await Promise.all([once(worker, "message"), once(worker, "exit")])) as [
    [Measured],
    unknown,
  ];
  await database.drop();
  await server.dropAll(name.replaceAll("-", "_"));
  return measured;
}

const all = new Map<ContenderName, Measured[]>(contenders.map((name) => [name, []]));
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const name of contenders) {
    process.stderr.write(`round ${round} of ${values.rounds}: ${name}\n`);
    all.get(name)!.push(await measure(name));
  }
}
await (await testServer()).close();
console.log(
  `Sagas of ${STEPS} steps: median (min to max) of ${values.rounds} rounds of ${values.sagas}, ${values["at-once"]} at once`,
);
for (const [name, measured] of all) {
  const column = (key: keyof Measured, digits: number): string =>
    spread(
      measured.map((m) => m[key]),
      digits,
    );
  console.log(
    `  ${name.padEnd(8)}${column("perSecond", 0)}/s  ${column("cpu", 2)} ms CPU each  alone p50 ${column("p50", 1)} ms`,
  );
}
