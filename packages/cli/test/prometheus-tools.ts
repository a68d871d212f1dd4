import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { parse } from "yaml";
import { writeFiles, yamlText, type ExportedFile } from "../src/exports/file.ts";

/** Whether the tests that need Prometheus and Alertmanager are left out. In CI they are not: they fail. */
export const withoutPrometheus =
  process.env["CI"] !== "true" &&
  ["promtool", "amtool"].some((program) => spawnSync(program, ["--version"]).status !== 0);

/** Runs a program in a folder that holds these files. Gives what it wrote, and its exit code. */
export function runOn(files: readonly ExportedFile[], program: string, args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "kerf-export-"));
  try {
    writeFiles(folder, files);
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
    return { status, said: `${stdout}${stderr}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is scraped each minute, and which alerts fire then. */
export interface AlertCase {
  readonly name: string;
  /** Series to their values, in promtool's notation: `"0+60x10"`. */
  readonly scraped: Readonly<Record<string, string>>;
  readonly at: string;
  /** Each that fires, as `KerfDeadLetters ticket orders`: alert, severity, service, and what else it says of itself. */
  readonly fires: readonly string[];
  /** Queries to their one value, to three places. */
  readonly reckons?: Readonly<Record<string, number>>;
}

/** Of a process that is there, in every case that does not say otherwise. */
export const up = 'up{job="shop",instance="c",unit="orders"}';

const told = ["alertname", "severity", "service", "kerf_member", "objective", "channel", "instance"];

export interface RuleTests {
  readonly cases: readonly AlertCase[];
  readonly files: readonly ExportedFile[];
  /** How often rules are evaluated: there are hundreds. */
  readonly every: string;
}

/** @see https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/ */
export function promtoolTests({ cases, files, every }: RuleTests): ExportedFile {
  return {
    name: "alerts.test.yml",
    text: yamlText({
      rule_files: files.map(({ name }) => name),
      evaluation_interval: every,
      // What is recorded first, and what is made of it then: promtool has no order of its own.
      group_eval_order: files.flatMap(({ text }) =>
        (parse(text) as { groups: { name: string }[] }).groups.map(({ name }) => name),
      ),
      tests: cases.map(({ name, scraped, at, fires, reckons = {} }) => ({
        name,
        interval: "1m",
        input_series: Object.entries({ [up]: "1x400", ...scraped }).map(([series, values]) => ({
          series,
          values,
        })),
        promql_expr_test: [
          {
            eval_time: at,
            expr: `count by (${told.join(", ")}) (ALERTS{alertstate="firing"})`,
            exp_samples: fires.map((labels) => ({ labels, value: 1 })),
          },
          ...Object.entries(reckons).map(([query, value]) => ({
            eval_time: at,
            expr: `round(${query}, 0.001)`,
            exp_samples: [{ labels: "{}", value }],
          })),
        ],
      })),
    }),
  };
}

/** A real Alertmanager with the first of these files as its configuration. */
export async function alertmanager([configuration]: readonly ExportedFile[]) {
  const folder = mkdtempSync(join(tmpdir(), "kerf-alertmanager-"));
  const [path] = writeFiles(folder, [configuration!]);
  const port = await freePort();
  const child = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${path}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    { stdio: "ignore" },
  );
  const ended = once(child, "exit");
  const url = `http://127.0.0.1:${port}/api/v2/alerts`;
  return {
    /** Gives it alerts by their labels, once it is there. */
    async tell(alerts: readonly object[]): Promise<void> {
      const body = JSON.stringify(alerts.map((labels) => ({ labels })));
      const headers = { "content-type": "application/json" };
      await vi.waitFor(
        async () => {
          const { status } = await fetch(url, { method: "POST", headers, body });
          if (status !== 200) throw new Error(`status ${status}`);
        },
        { timeout: 10_000 },
      );
    },
    /** Each alert as `member severity state receiver`. */
    async alerts(): Promise<readonly string[]> {
      const found = (await (await fetch(url)).json()) as readonly any[];
      return found
        .map(
          ({ labels, status, receivers }) =>
            `${labels.kerf_member} ${labels.severity} ${status.state} ${receivers[0].name}`,
        )
        .toSorted();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
