import type { Problem } from "@kerf/dashboard/api";
import { readAddress } from "./dev/dashboard/address-file.ts";
import { Failure } from "./usage.ts";

/** Longer than the dashboard waits for a gateway. */
const PATIENCE_MS = 35_000;

/** What a running dashboard is asked: everything else is read without it. */
export interface DashboardClient {
  /** @throws Failure with what the dashboard says */
  get<T>(path: string): Promise<T>;
  /** @throws Failure with what the dashboard says */
  post<T>(path: string, body: object): Promise<T>;
}

/** The dashboard of the `kerf dev` that runs with this data. @throws Failure where none does */
export function dashboardClient(dataDir: string): DashboardClient {
  const address = readAddress(dataDir);
  if (!address)
    throw new Failure(
      `No kerf dev runs with the data in ${dataDir}, or it has no dashboard. This goes through it: start "kerf dev".`,
    );
  const { url, token } = address;

  async function ask<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body ? { "content-type": "application/json" } : {}),
      },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch((error: Error) => {
      if (error.name === "TimeoutError")
        throw new Failure(`The dashboard has not answered within ${PATIENCE_MS / 1_000} s.`);
      throw new Failure(`The dashboard at ${url} does not answer: it starts, or ends. Try again.`);
    });
    const said = (await response.json().catch(() => undefined)) as Partial<Problem> | undefined;
    if (!response.ok) throw new Failure(wordsOf(said ?? {}, response.status));
    return said as T;
  }

  return {
    get: (path) => ask("GET", path),
    post: (path, body) => ask("POST", path, body),
  };
}

function wordsOf({ error, violations = [] }: Partial<Problem>, status: number): string {
  const words = error ?? `the dashboard answers ${status}`;
  const places = violations
    .filter(({ message }) => message !== words)
    .map(({ path, message }) => `${path} ${message}`);
  const all = places.length > 0 ? `${words}: ${places.join(", ")}` : words;
  // The name of a member stays as it is written.
  return `${all.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase())}${/[.!?]$/.test(all) ? "" : "."}`;
}
