import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { run } from "./main.ts";
import { UsageError } from "./usage.ts";

const config = fileURLToPath(new URL("../test/fixture/app/kerf.config.ts", import.meta.url));

afterEach(() => {
  vi.restoreAllMocks();
});

/** What is written from here on. */
function printed(): () => string {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  return () => write.mock.calls.map(([text]) => String(text)).join("");
}

test.each([
  [["dve"], 'There is no command "dve". Did you mean "dev"?'],
  [["toString"], 'There is no command "toString".'],
  [["topology", "--topolgy", "split"], 'There is no option "--topolgy". Did you mean "--topology"?'],
  [
    ["topology", "--topology", "splt", "--config", config],
    'There is no topology "splt". Did you mean "split"?',
  ],
  [
    ["start", "--topology", "split", "--unit", "bakc", "--config", config],
    'There is no unit of split "bakc". Did you mean "back"?',
  ],
  [
    ["start", "--topology", "split", "--config", config],
    "Name the one to start with --unit: front, back, side.",
  ],
  [["dev", "--port", "http", "--config", config], "--port http: a port is a whole number"],
  [["topology", "--config", "missing.ts"], "--config missing.ts: there is no such file."],
  [["export", "openapi", "--write-lock"], "--write-lock goes with: kerf export proto."],
  [["export", "grafanna"], 'There is no format "grafanna". Did you mean "grafana"?'],
  [["export", "grafana"], "kerf export grafana writes several files: say where with --out DIR."],
  [["export", "openapi", "--runbooks", "https://x"], "--runbooks goes with: kerf export prometheus."],
  [["replay", "--config", config], "--service NAME: say which service."],
  [["replay", "--service", "a", "--config", config], "Give one of --from TIME (begins), --resume"],
  [["replay", "--service", "a", "--from", "lately", "--config", config], "--from lately: write 2026-11-21"],
  [["replay", "--service", "a", "--from", "9999-01-01", "--config", config], "that is in the future"],
  [["replay", "--service", "a", "--resume", "--rate", "0"], "--rate 0: events a second are"],
  [["replay", "--service", "nobody", "--resume", "--config", config], 'There is no service "nobody".'],
])("kerf %j is wrong usage", async (argv, message) => {
  const refused = run(argv);
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toBeInstanceOf(UsageError);
});

describe("help", () => {
  test.each([
    "dev",
    "trace",
    "logs",
    "metrics",
    "events",
    "mcp",
    "chaos",
    "start",
    "topology",
    "replay",
    "check",
    "export",
  ])("of kerf %s", async (name) => {
    const out = printed();
    expect(await run([name, "--help"])).toBe(0);
    expect(out()).toMatch(new RegExp(`^kerf ${name}.* \\[options\\]\n\n`));
    expect(out()).toContain("--config FILE");
  });

  test("of all, and where nothing is asked for", async () => {
    const out = printed();
    expect(await run(["--help"])).toBe(0);
    expect(await run(["help", "dev"])).toBe(0);
    expect(await run([])).toBe(2);
    expect(out()).toContain("show the units");
  });
});
