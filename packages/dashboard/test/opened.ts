import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openDashboard, type Dashboard, type DashboardOptions } from "@kerf/dashboard";

export const TOKEN = "a-token-of-a-test-that-nobody-can-guess";

export interface Opened {
  readonly dashboard: Dashboard;
  readonly errors: unknown[];
  /** Asks as the page does, with the cookie. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  read<T>(path: string): Promise<T>;
  /** Sends OTLP/JSON. */
  send(signal: "traces" | "metrics" | "logs", body: object): Promise<Response>;
}

/** A folder that goes with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "kerf-dashboard-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export async function opened(options: Partial<DashboardOptions> = {}): Promise<Opened> {
  const errors: unknown[] = [];
  const dashboard = await openDashboard({
    host: "127.0.0.1",
    port: 0,
    token: TOKEN,
    file: ":memory:",
    app: "shop",
    topology: "monolith",
    who: "tester",
    gateway: () => undefined,
    application: () => Promise.reject(new Error("this test has none")),
    operations: undefined,
    control: undefined,
    onError: (error) => errors.push(error),
    ...options,
  });
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await dashboard.close();
    closed = true;
  };
  onTestFinished(close);
  const { endpoint } = dashboard;
  const session = await fetch(`${endpoint}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: endpoint },
    body: JSON.stringify({ token: TOKEN }),
  });
  const cookie = session.headers.get("set-cookie")!.split(";")[0]!;
  const ask: Opened["ask"] = (path, init) =>
    fetch(endpoint + path, { ...init, headers: { cookie, origin: endpoint, ...init?.headers } });
  return {
    dashboard: { ...dashboard, close },
    errors,
    ask,
    async read<T>(path: string) {
      const response = await ask(path);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    send: (signal, body) =>
      fetch(`${endpoint}/v1/${signal}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
  };
}

/** Asks until it holds. */
export async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const value = await read();
    if (holds(value)) return value;
    if (tries > 200) throw new Error(`this stayed: ${JSON.stringify(value).slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
