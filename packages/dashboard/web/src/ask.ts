import type { Violation } from "./form/violations.ts";
import type { Problem } from "../../src/api/index.ts";

/** What the server says instead of an answer. `status` is 0 where it cannot be reached. */
export class Refusal extends Error {
  readonly status: number;
  /** Where it says which fields are wrong. */
  readonly violations: readonly Violation[];
  constructor(status: number, message: string, violations: readonly Violation[] = []) {
    super(message);
    this.status = status;
    this.violations = violations;
  }
}

type Filters = { readonly [name: string]: string | number | undefined };

/** A path of the API with its query; what is empty is left out. */
export function apiPath(path: string, query: Filters = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== "") search.append(name, String(value));
  const text = search.toString();
  return `/api${path}${text === "" ? "" : `?${text}`}`;
}

/** @throws Refusal */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, { headers: { accept: "application/json" }, signal: signal ?? null });
  return (await response.json()) as T;
}

/** @throws Refusal */
export async function tell<T = void>(path: string, body: object): Promise<T> {
  const headers = { "content-type": "application/json", accept: "application/json" };
  const response = await send(path, { method: "POST", headers, body: JSON.stringify(body) });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Refusal(0, "The dashboard's server does not answer. Is kerf dev still running?");
  }
  if (response.ok) return response;
  if (response.status === 401) dispatchEvent(new Event(SESSION_NEEDED));
  throw await refusalOf(response);
}

async function refusalOf(response: Response): Promise<Refusal> {
  try {
    const { error, violations } = (await response.json()) as Problem;
    return new Refusal(response.status, error, violations);
  } catch {
    return new Refusal(response.status, `The dashboard's server answered ${response.status}.`);
  }
}

export const SESSION_NEEDED = "kerf:session-needed";
