/** What is exported to watch the shop by, as the programs that read it take it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadGraph } from "@kerf/runtime";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import shop from "../../../examples/shop/kerf.config.ts";
import { alertmanagerFiles } from "../src/exports/alertmanager/routes.ts";
import type { ExportedFile } from "../src/exports/file.ts";
import { fluentBitFiles } from "../src/exports/fluent-bit/pipeline.ts";
import { grafanaFiles } from "../src/exports/grafana/files.ts";
import { logstashFiles } from "../src/exports/logstash/pipeline.ts";
import { prometheusFiles } from "../src/exports/prometheus/files.ts";
import { watch } from "../src/exports/watched/watched.ts";
import { copyApp, kerf } from "./kerf-process.ts";
import {
  alertmanager,
  promtoolTests,
  runOn,
  up,
  withoutPrometheus,
  type AlertCase,
} from "./prometheus-tools.ts";

let files: readonly ExportedFile[];
beforeAll(async () => {
  files = prometheusFiles(watch(await loadGraph(shop), shop.topologies.get("micro")!), "docs/monitoring.md");
});
const file = (name: string): any => parse(files.find((each) => each.name === name)!.text);

const place = (metric: string, more = "") =>
  `${metric}{job="shop",kerf_caller="gateway",kerf_callee="orders",kerf_member="orders@1.place",kerf_local="true"${more}}`;
const calls = { [place("kerf_edge_calls_total")]: "0+1000x400" };
const failing = (type: string, values: string) => ({
  [place("kerf_edge_errors_total", `,error_type="${type}"`)]: values,
});
const within = (values: string) => ({
  [place("kerf_edge_duration_seconds_bucket", ',le="0.5"')]: values,
  [place("kerf_edge_duration_seconds_count")]: "0+1000x400",
});
const burn = (severity: string, objective: string) =>
  `{alertname="KerfErrorBudgetBurn",severity="${severity}",service="orders",kerf_member="orders@1.place",objective="${objective}"}`;
const lag = (metric: string) => `${metric}{job="shop",consumer="carts",channel="catalog@1"}`;
const ofOrders = (alert: string, severity: string) =>
  `{alertname="${alert}",severity="${severity}",service="orders"}`;

/** At half hours, since rules are evaluated then. */
const burning: readonly AlertCase[] = [
  {
    name: "a fifth of all calls fails by our fault: somebody is woken",
    scraped: { ...calls, ...failing("INTERNAL", "0+200x400") },
    at: "90m",
    fires: [burn("page", "availability"), burn("ticket", "availability")],
  },
  {
    name: "a few fail: somebody looks tomorrow",
    scraped: { ...calls, ...failing("UNAVAILABLE", "0+2x400") },
    at: "390m",
    fires: [burn("ticket", "availability")],
  },
  {
    name: "as few fail as may",
    scraped: { ...calls, ...failing("INTERNAL", "0+0x30 1+0.5x370") },
    at: "390m",
    fires: [],
  },
  {
    name: "nothing fails",
    scraped: calls,
    at: "90m",
    fires: [],
  },
  {
    name: "what the contract declares, and bad input, are nobody's fault",
    scraped: {
      ...calls,
      ...failing("UnknownOffer", "0+500x400"),
      ...failing("INVALID_ARGUMENT", "0+500x400"),
    },
    at: "90m",
    fires: [],
  },
  {
    name: "nobody is woken for what is over",
    scraped: { ...calls, ...failing("INTERNAL", "0+1000x20 20000+0x80") },
    at: "60m",
    fires: [burn("ticket", "availability")],
  },
  {
    name: "all are slow",
    scraped: within("0+0x400"),
    at: "90m",
    fires: [burn("page", "latency"), burn("ticket", "latency")],
  },
  {
    name: "one in twenty-five is slow, of the twenty that may be",
    scraped: within("0+960x400"),
    at: "390m",
    fires: [],
  },
];

const waiting: readonly AlertCase[] = [
  {
    name: "a subscriber is behind, for less than five minutes",
    scraped: { [lag("kerf_event_lag_age_seconds")]: "0+0x10 301+60x4" },
    at: "15m",
    fires: [],
  },
  {
    name: "a subscriber is behind",
    scraped: { [lag("kerf_event_lag_age_seconds")]: "0+0x10 301+60x10" },
    at: "18m",
    fires: ['{alertname="KerfEventLag",severity="ticket",service="carts",channel="catalog@1"}'],
  },
  {
    name: "a subscriber has many messages to go",
    scraped: { [lag("kerf_event_lag_messages")]: "10001x10" },
    at: "8m",
    fires: ['{alertname="KerfEventLag",severity="ticket",service="carts",channel="catalog@1"}'],
  },
  {
    name: "a subscriber is about to lose messages",
    scraped: { [lag("kerf_event_lag_age_seconds")]: "500000+60x10" },
    at: "8m",
    fires: [
      '{alertname="KerfEventLag",severity="ticket",service="carts",channel="catalog@1"}',
      '{alertname="KerfEventsNearLoss",severity="page",service="carts",channel="catalog@1"}',
    ],
  },
  {
    name: "the relay does not send",
    scraped: { 'kerf_outbox_oldest_age_seconds{job="shop",service="orders"}': "0+30x10" },
    at: "6m",
    fires: [ofOrders("KerfOutboxWaits", "page")],
  },
  {
    name: "two replicas tell of the same dead letters",
    scraped: {
      'kerf_dead_letters{job="shop",service="orders",instance="a"}': "2x5",
      'kerf_dead_letters{job="shop",service="orders",instance="b"}': "2x5",
      'kerf_dead_letters{job="shop",service="carts",instance="a"}': "0x5",
    },
    at: "2m",
    fires: [ofOrders("KerfDeadLetters", "ticket")],
  },
  {
    name: "many wait for another try",
    scraped: { 'kerf_retries{job="shop",service="orders"}': "1001x20" },
    at: "12m",
    fires: [ofOrders("KerfRetries", "ticket")],
  },
  {
    name: "a saga is parked, another one stuck, others run",
    scraped: {
      'kerf_saga_active{job="shop",service="orders",state="parked"}': "1x20",
      'kerf_saga_active{job="shop",service="orders",state="stuck"}': "1x20",
      'kerf_saga_active{job="shop",service="orders",state="running"}': "50x20",
    },
    at: "12m",
    fires: [ofOrders("KerfSagasParked", "ticket"), ofOrders("KerfSagasStuck", "ticket")],
  },
  {
    name: "a process is gone, another one is there",
    scraped: {
      'up{job="shop",instance="a",unit="orders"}': "1x2 0x8",
      'up{job="shop",instance="b",unit="carts"}': "1x10",
    },
    at: "6m",
    fires: ['{alertname="KerfTargetDown",severity="page",instance="a"}'],
  },
  {
    name: "nothing is scraped",
    scraped: { [up]: "_x10" },
    at: "6m",
    fires: ['{alertname="KerfNothingScraped",severity="page"}'],
  },
  {
    name: "a process dies again and again; one was deployed",
    scraped: {
      'process_uptime_seconds{job="shop",instance="a"}': "100 5 65 5 65 5 65 125",
      'process_uptime_seconds{job="shop",instance="b"}': "100+60x3 5+60x3",
    },
    at: "7m",
    fires: ['{alertname="KerfRestarts",severity="ticket",instance="a"}'],
  },
  {
    name: "what another application does is not the shop's",
    scraped: { 'kerf_dead_letters{job="bank",service="orders"}': "2x5" },
    at: "2m",
    fires: [],
  },
];

describe.skipIf(withoutPrometheus)("for Prometheus", () => {
  test("its rules and its configuration are taken", () => {
    expect(runOn(files, "promtool", ["check", "config", "prometheus.yml"])).toMatchObject({ status: 0 });
    const rules = ["recording.rules.yml", "alerts.rules.yml"];
    expect(runOn(files, "promtool", ["check", "rules", ...rules])).toMatchObject({
      status: 0,
      said: expect.not.stringContaining("FAILED"),
    });
  });

  const [, recording, alerts] = [0, 1, 2].map((i) => () => files[i]!);
  const tested = (cases: readonly AlertCase[], every: string, ...on: (() => ExportedFile)[]) => {
    const rules = on.map((get) => get());
    const tests = promtoolTests({ cases, files: rules, every });
    return runOn([...rules, tests], "promtool", ["test", "rules", tests.name]);
  };

  test("a promise that is broken alerts, and none that is kept", () => {
    const { status, said } = tested(burning, "30m", recording!, alerts!);
    expect(said).toContain("SUCCESS");
    expect(status).toBe(0);
  });

  test("what waits, is gone or begins anew alerts, and nothing else", () => {
    const { status, said } = tested(waiting, "1m", alerts!);
    expect(said).toContain("SUCCESS");
    expect(status).toBe(0);
  });

  test("the tests of alerts can fail", () => {
    const { said } = tested([{ ...waiting[1]!, fires: [] }], "1m", alerts!);
    expect(said).toContain("KerfEventLag");
  });

  test("each unit is scraped at a port of its own", () => {
    const [scraped] = file("prometheus.yml").scrape_configs;
    expect(scraped.job_name).toBe("shop");
    const targets = scraped.static_configs.map((each: any) => each.targets[0]);
    expect(new Set(targets).size).toBe(shop.topologies.get("micro")!.units.length);
    expect(scraped.static_configs[0]).toEqual({
      targets: ["127.0.0.1:9464"],
      labels: { unit: "carts", topology: "micro" },
    });
  });

  test("each alert has its heading among the runbooks", () => {
    const page = readFileSync(new URL("../../../docs/monitoring.md", import.meta.url), "utf8");
    const rules = file("alerts.rules.yml").groups.flatMap((group: any) => group.rules);
    for (const { alert, annotations } of rules) {
      expect(page).toContain(`\n### ${alert}\n`);
      expect(annotations.runbook_url).toBe(`docs/monitoring.md#${alert.toLowerCase()}`);
    }
    expect(rules.length).toBeGreaterThan(10);
  });
});

test("each file says what made it, is made the same again, and is told of", async () => {
  const watched = watch(await loadGraph(shop), shop.topologies.get("micro")!);
  const made = () =>
    Object.entries({
      prometheus: prometheusFiles(watched, "docs/monitoring.md"),
      grafana: grafanaFiles(watched),
      alertmanager: alertmanagerFiles("shop"),
      "fluent-bit": fluentBitFiles("shop"),
      logstash: logstashFiles("shop"),
    });
  expect(made()).toEqual(made());
  for (const [format, each] of made())
    for (const { text } of each)
      expect(text).toContain(`Made by \`kerf export ${format}\` of the application shop.`);
  const taken = copyApp();
  try {
    const { code, err, out } = await kerf(["export", "prometheus", "--out", "a/b"], taken.folder);
    expect([code, err, out]).toEqual([
      0,
      "wrote a/b/prometheus.yml\nwrote a/b/recording.rules.yml\nwrote a/b/alerts.rules.yml\n",
      "",
    ]);
    const written = (name: string) => readFileSync(join(taken.folder, "a/b", name), "utf8");
    // It promises nothing, and has no sagas.
    expect(written("alerts.rules.yml")).not.toMatch(/KerfErrorBudgetBurn|KerfSagas/);
    expect(readdirSync(join(taken.folder, "a/b"))).toHaveLength(3);
    const onto = await kerf(["export", "logstash", "--out", "kerf.config.ts"], taken.folder);
    expect(onto).toMatchObject({ code: 1, err: expect.stringContaining("kerf.config.ts") });
    expect(onto.err).not.toContain("    at ");
  } finally {
    taken.remove();
  }
});

test("dashboards lead to each other, fit their uid, and ask for their source", async () => {
  const all = grafanaFiles(watch(await loadGraph(shop), shop.topologies.get("monolith")!))
    .filter(({ name }) => name.endsWith(".json"))
    .map(({ text }) => JSON.parse(text));
  expect(all.map(({ uid }) => uid)).toEqual(
    ["services", "edges", "sagas", "events", "runtime"].map((name) => `kerf-shop-${name}`),
  );
  const uids = new Set(all.map(({ uid }) => uid));
  for (const { panels, templating, uid } of all) {
    expect(uid).toMatch(/^[\w-]{1,40}$/);
    const variables = new Set(templating.list.map(({ name }: any) => name));
    for (const panel of panels) {
      expect(panel.datasource.uid).toBe("${datasource}");
      expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24);
      const queries = panel.targets.map(({ expr }: any) => expr).join(" ");
      for (const [, name] of queries.matchAll(/\$(?!__)(\w+)/g)) expect(variables).toContain(name);
      for (const { url } of panel.fieldConfig.defaults.links) {
        const [, to, asked] = /^\/(?:d\/([\w-]+)|explore)\?(.*)$/.exec(url)!;
        if (to !== undefined) expect(uids).toContain(to);
        else expect(() => JSON.parse(new URLSearchParams(asked).get("panes")!)).not.toThrow();
      }
    }
  }
});

describe.skipIf(withoutPrometheus)("for Alertmanager", () => {
  const made = alertmanagerFiles("shop");
  const receiverOf = (...labels: string[]) =>
    runOn(made, "amtool", [
      "config",
      "routes",
      "test",
      "--config.file=alertmanager.yml",
      ...labels,
    ]).said.split("\n")[0];

  test("its configuration is taken", () => {
    expect(runOn(made, "amtool", ["check-config", "alertmanager.yml"])).toMatchObject({ status: 0 });
  });

  test("who is woken is not written to as well", async () => {
    await using server = await alertmanager(made);
    const ofOrder = {
      alertname: "KerfErrorBudgetBurn",
      job: "shop",
      service: "orders",
      objective: "latency",
    };
    const placing = { ...ofOrder, kerf_member: "orders@1.place" };
    await server.tell([
      { ...placing, severity: "page" },
      { ...placing, severity: "ticket" },
      { ...ofOrder, kerf_member: "orders@1.get", severity: "ticket" },
    ]);
    await expect
      .poll(() => server.alerts(), { timeout: 10_000 })
      .toEqual([
        "orders@1.get ticket active shop-ticket",
        "orders@1.place page active shop-page",
        "orders@1.place ticket suppressed shop-ticket",
      ]);
  });

  test("an alert goes where its severity says", () => {
    expect(receiverOf("job=shop", "severity=page", "service=orders")).toBe("shop-page");
    expect(receiverOf("job=shop", "severity=ticket", "service=orders")).toBe("shop-ticket");
    expect(receiverOf("job=other", "severity=page")).toBe("nobody");
  });
});
