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
import { burning, waiting } from "./alert-cases.ts";
import tiny from "./fixture/app/kerf.config.ts";
import { refusedByGrafana, withoutGrafanaSdk } from "./grafana-sdk.ts";
import { copyApp, kerf } from "./kerf-process.ts";
import { alertmanager, promtoolTests, runOn, withoutPrometheus, type AlertCase } from "./prometheus-tools.ts";

let files: readonly ExportedFile[];
beforeAll(async () => {
  files = prometheusFiles(watch(await loadGraph(shop), shop.topologies.get("micro")!), "docs/monitoring.md");
});
const file = (name: string): any => parse(files.find((each) => each.name === name)!.text);

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

describe("for Grafana", () => {
  const dashboardsOf = async (app: typeof shop | typeof tiny) =>
    grafanaFiles(watch(await loadGraph(app), app.topologies.get("monolith")!))
      .filter(({ name }) => name.endsWith(".json"))
      .map(({ name, text }) => ({ name, text, dashboard: JSON.parse(text) }));

  test("dashboards lead to each other, and name what is there", async () => {
    const all = (await dashboardsOf(shop)).map(({ dashboard }) => dashboard);
    expect(all.map(({ uid }) => uid)).toEqual(
      ["services", "edges", "sagas", "events", "runtime"].map((name) => `kerf-shop-${name}`),
    );
    const uids = new Set(all.map(({ uid }) => uid));
    for (const { panels, templating, uid, schemaVersion } of all) {
      expect(uid).toMatch(/^[\w-]{1,40}$/);
      expect(schemaVersion).toBe(39);
      const variables: string[] = templating.list.map(({ name }: any) => name);
      expect(new Set(variables).size).toBe(variables.length);
      // One can only ask with those before it.
      for (const [i, { query, datasource }] of templating.list.entries()) {
        for (const name of variablesOf(query.query ?? "")) expect(variables.slice(0, i)).toContain(name);
        if (query.query) expect(datasource).toEqual(source);
      }
      expect(new Set(panels.map(({ id }: any) => id)).size).toBe(panels.length);
      expect(panels.flatMap((one: any) => panels.filter((other: any) => overlap(one, other)))).toEqual([]);
      for (const panel of panels) {
        for (const { datasource } of [panel, ...panel.targets]) expect(datasource).toEqual(source);
        expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24);
        const refs = panel.targets.map(({ refId }: any) => refId);
        expect(new Set(refs).size).toBe(refs.length);
        for (const { expr } of panel.targets)
          for (const name of variablesOf(expr)) expect(variables).toContain(name);
        for (const { url } of panel.fieldConfig.defaults.links) {
          const [, to, asked] = /^\/(?:d\/([\w-]+)|explore)\?(.*)$/.exec(url)!;
          if (to !== undefined) expect(uids).toContain(to);
          else expect(() => JSON.parse(new URLSearchParams(asked).get("panes")!)).not.toThrow();
        }
      }
    }
  });

  test("all that is shown of services is of the members that are chosen", async () => {
    const { dashboard } = (await dashboardsOf(shop))[0]!;
    for (const { title, targets } of dashboard.panels)
      for (const { expr } of targets) expect(expr, title).toContain('kerf_member=~"$member"');
    // A service may have streams alone.
    const choices = dashboard.templating.list.filter(({ type }: any) => type === "query");
    expect(choices.map(({ name }: any) => name)).toEqual(["service", "member"]);
    for (const { query } of choices)
      expect(query.query).toContain('{__name__=~"kerf_edge_calls_total|kerf_edge_streams_total",job="shop"');
  });

  const source = { type: "prometheus", uid: "${datasource}" };
  const variablesOf = (query: string) => [...query.matchAll(/\$(?!__)(\w+)/g)].map(([, name]) => name!);
  const overlap = ({ id, gridPos: a }: any, { id: other, gridPos: b }: any) =>
    id < other && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

  test.skipIf(withoutGrafanaSdk)("its own SDK knows all that they say, and refuses the rest", async () => {
    const all = await dashboardsOf(shop);
    expect(refusedByGrafana([...all, ...(await dashboardsOf(tiny))])).toEqual([]);

    const { name, dashboard } = structuredClone(all[0]!);
    const [first, , , , fifth] = dashboard.panels;
    first.fieldConfig.defaults.unit = "requests";
    first.options.colourMode = "value";
    first.targets[0].range = "true";
    fifth.fieldConfig.defaults.custom.drawStyle = "curve";
    delete fifth.targets[0].expr;
    dashboard.panels[5].type = "graf";
    dashboard.templating.list[0].type = "source";
    expect(refusedByGrafana([{ name, text: JSON.stringify(dashboard) }])).toEqual([
      `${name}.panels[0].fieldConfig.defaults.unit: 'requests' is no unit`,
      `${name}.panels[0].options.colourMode: is unknown to Options`,
      `${name}.panels[0].targets[0].range: 'true' is no bool`,
      `${name}.panels[4].fieldConfig.defaults.custom.drawStyle: 'curve' is no GraphDrawStyle`,
      `${name}.panels[4].targets[0].expr: is missing`,
      `${name}.panels[5].type: 'graf' is no panel`,
      `${name}.templating.list[0].type: 'source' is no VariableType`,
    ]);
  });
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
