import { forget, token } from "./session.ts";

export interface ProblemBody {
  readonly status?: number;
  readonly detail?: string;
  readonly code?: string;
  readonly traceId?: string;
}

/** What the gateway answers where it does not answer with what was asked for: RFC 9457. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  /** Of an error that the contract declares. */
  readonly code: string | undefined;
  readonly traceId: string | undefined;

  constructor(body: ProblemBody) {
    super(body.detail ?? "The shop did not answer as it should.");
    this.status = body.status ?? 500;
    this.code = body.code;
    this.traceId = body.traceId;
  }
}

interface Asked {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Asks the gateway. A command carries its own id, so that asking again does nothing twice. @throws Problem */
export async function ask<T>(path: string, { method = "GET", body, signal }: Asked = {}): Promise<T> {
  const headers = new Headers({ accept: "application/json" });
  if (method !== "GET") headers.set("idempotency-key", crypto.randomUUID());
  if (body !== undefined) headers.set("content-type", "application/json");
  const request = {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  };
  const response = await send(path, request);
  if (response.ok) return (await response.json()) as T;
  throw await problemOf(response);
}

export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as ProblemBody;
  return new Problem({ ...body, status: response.status });
}

/** With the token of who is logged in; a command whose answer was lost is sent once more, under its id. */
export async function send(path: string, request: RequestInit & { headers: Headers }): Promise<Response> {
  const bearer = await token();
  if (bearer) request.headers.set("authorization", `Bearer ${bearer}`);
  let response: Response;
  try {
    response = await fetch(`/v1${path}`, request);
  } catch (error) {
    if (request.signal?.aborted) throw error;
    response = await fetch(`/v1${path}`, request);
  }
  if (response.status === 401 && bearer) await forget();
  return response;
}
