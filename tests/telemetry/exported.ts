import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { rig } from "@kerf/testing";
import { openTelemetry } from "@kerf/telemetry";
import { pino } from "pino";
import { parse, stringify } from "yaml";
import { accounts } from "../fixture/accounts/contract.ts";
import app from "../fixture/app.ts";
import { teller } from "../fixture/teller/contract.ts";
import { transfers } from "../fixture/transfers/contract.ts";

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The bank at work, whose metrics are served as a unit serves them; what waits is measured often. */
export async function watchedBank() {
  const opened = await openTelemetry({
    app: "fixture",
    unit: "all",
    topology: "monolith",
    replica: "1",
    environment: {},
    log: pino({ level: "silent" }),
  });
  const bank = await rig(app, { telemetry: opened!.telemetry, timing: { measureMs: 50, pollMs: 50 } });
  const server = createServer((request, response) => {
    const { type, body } = opened!.metrics(request.headers.accept);
    response.setHeader("content-type", type).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  let n = 0;
  const work = async () => {
    n++;
    await bank.call(accounts.deposit, { account: "a", pence: 5_000 }, { id: `d${n}` });
    await bank.call(teller.overview, { account: "a" });
    await bank.call(accounts.balance, { account: "nobody" }).catch(() => {});
    await bank.call(transfers.state, { id: "none" }).catch(() => {});
    for await (const _ of bank.watch(accounts.watch, { account: "a" })) break;
    await bank.call(accounts.fail, { how: "throw" }, { id: `f${n}` }).catch(() => {});
    await read(bank.watch(accounts.watch, { account: "nobody" })).catch(() => {});
    // It has no fewer bytes than none: an error that nobody declared.
    await read(bank.watch(accounts.numbers, { upTo: 1, bytes: -1 })).catch(() => {});
  };
  await work();
  const working = setInterval(() => void work().catch(() => {}), 300);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
    async [Symbol.asyncDispose]() {
      clearInterval(working);
      server.closeAllConnections();
      server.close();
      await bank.stop();
      await opened!.close();
    },
  };
}

async function read(answers: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of answers);
}

/** The exported files, but for this process in place of all, looked at each second. */
export function faster(files: ReadonlyMap<string, string>, target: string): ReadonlyMap<string, string> {
  const { alerting: _alerting, ...configuration } = parse(files.get("prometheus.yml")!);
  const text = stringify({
    ...configuration,
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    scrape_configs: configuration.scrape_configs.map((job: any) => ({
      ...job,
      static_configs: [{ ...job.static_configs[0], targets: [new URL(target).host] }],
    })),
  });
  return new Map([...files, ["prometheus.yml", text]]);
}

/** Of a dashboard, or of one of its variables: what it asks, as Grafana asks it where all is chosen. */
export interface Asked {
  /** `"fixture-edges.json: Errors"`; of a variable its label. */
  readonly place: string;
  readonly query: string;
}

export function queriesOf(files: ReadonlyMap<string, string>): readonly Asked[] {
  return [...files]
    .filter(([name]) => name.endsWith(".json"))
    .flatMap(([name, text]) => {
      const { panels, templating } = JSON.parse(text);
      const asked = (title: string, query: string): Asked => ({ place: `${name}: ${title}`, query });
      return [
        ...panels.flatMap(({ title, targets }: any) =>
          targets.map(({ expr }: any) => asked(title, filledIn(expr))),
        ),
        ...templating.list.flatMap(({ type, label, query }: any) =>
          type === "query" ? [asked(label, asQuery(filledIn(query.query)))] : [],
        ),
      ];
    });
}

function filledIn(query: string): string {
  return query.replaceAll("$__rate_interval", "1m").replaceAll(/\$\w+/g, ".+");
}

/** `label_values(series, label)` is Grafana's own: the series that have the label. */
function asQuery(query: string): string {
  const [, series, label] = /^label_values\((.*), (\w+)\)$/.exec(query)!;
  return `count by (${label}) (${series})`;
}
