import {
  describe,
  memberNameOf,
  routeParts,
  type AnyCommand,
  type AnyContract,
  type AnyQuery,
  type Input,
  type Output,
} from "kerf";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";

/** Who asks: `dev:17850`, `dev:backoffice:staff`; a guest where absent. */
export interface AskOptions {
  readonly as?: string | undefined;
  /** Of a command: the same request again has no second effect. */
  readonly key?: string;
}

/** The shop said no, and would say so again. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  /** `"NothingToReturn"` of a declared error. */
  readonly code: string | undefined;

  constructor(request: string, status: number, body: string) {
    const problem = problemOf(body);
    super(`${request} was answered with ${status}: ${problem.detail ?? problem.title ?? body.slice(0, 200)}`);
    this.status = status;
    this.code = /^\/problems\/\w+\/(\w+)$/.exec(problem.type ?? "")?.[1];
  }
}

/** The shop cannot be reached, or was busy for too long. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** The gateway's HTTP interface, with the contracts as its types. */
export interface Client {
  /** @throws Refused | Unreachable */
  /** How many times a request was sent again. */
  repeated(): number;
  ask<M extends AnyQuery | AnyCommand>(member: M, input: Input<M>, options?: AskOptions): Promise<Output<M>>;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly origin: string;
  readonly contracts: readonly AnyContract[];
  /** How many requests at once. */
  readonly connections: number;
  readonly signal: AbortSignal;
  /** How long a request is repeated. Default 60,000. */
  readonly patienceMs?: number | undefined;
}

/**
 * Asks as a careful customer's program would: what was refused for now (409 in progress, 429, 503, 504) and what broke on
 * the way is asked again after a while, a command under the same Idempotency-Key.
 */
export function openClient({
  origin,
  contracts,
  connections,
  signal,
  patienceMs = 60_000,
}: ClientOptions): Client {
  const pool = new Pool(origin, {
    connections,
    headersTimeout: 15_000,
    bodyTimeout: 15_000,
    connectTimeout: 5_000,
  });
  const routes = new Map(
    contracts.map(describe).flatMap((facts) =>
      [...facts.members.values()].flatMap((member) => {
        if (member.kind === "event" || member.http === undefined) return [];
        return [[member.id, { ...routeParts(member.http, member.id), version: facts.version }] as const];
      }),
    ),
  );

  async function once(request: Request): Promise<{ status: number; after: number; body: string } | Error> {
    try {
      const { statusCode, headers, body } = await pool.request({ ...request, signal });
      const after = Number(headers["retry-after"] ?? 0) * 1_000;
      return { status: statusCode, after, body: await body.text() };
    } catch (error) {
      signal.throwIfAborted();
      return error as Error;
    }
  }

  let repeated = 0;
  return {
    repeated: () => repeated,
    async ask(member, input, { as, key } = {}) {
      const route = routes.get(member.id);
      if (!route) throw new Error(`${member.id} has no route`);
      const request = requestOf(route, input as Fields, as, key);
      const until = Date.now() + patienceMs;
      for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
        const answer = await once(request);
        const failed = answer instanceof Error;
        if (!failed && answer.status < 300) return JSON.parse(answer.body) as Output<typeof member>;
        const what = `${request.method} ${request.path.split("?")[0]} (${memberNameOf(member.id)})`;
        if (!failed && !isPassing(answer.status, answer.body))
          throw new Refused(what, answer.status, answer.body);
        if (Date.now() > until)
          throw new Unreachable(
            `${what} was tried for ${patienceMs / 1_000} s; last: ${failed ? answer.message : `${answer.status} ${answer.body.slice(0, 200)}`}`,
            failed ? { cause: answer } : undefined,
          );
        repeated += 1;
        await sleep(Math.max(failed ? 0 : answer.after, pauseMs * (0.75 + Math.random() / 2)), undefined, {
          signal,
        });
      }
    },
    close: () => pool.destroy(),
  };
}

type Fields = Readonly<Record<string, unknown>>;

interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

interface Route {
  readonly method: Request["method"];
  readonly path: string;
  readonly parameters: readonly string[];
  readonly version: number;
}

/** Fields that the path names go there; the others into the query, or the body where there is one. */
export function requestOf(
  route: Route,
  input: Fields,
  as: string | undefined,
  key: string | undefined,
): Request {
  const { method, parameters, version } = route;
  const rest = Object.entries(input).filter(
    ([name, value]) => !parameters.includes(name) && value !== undefined,
  );
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(input[name])));
  const hasBody = method !== "GET" && method !== "DELETE";
  const query = new URLSearchParams(
    hasBody ? [] : rest.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return {
    method,
    path: `/v${version}${path}${query && `?${query}`}`,
    headers: {
      ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...(hasBody ? { "content-type": "application/json" } : {}),
    },
    body: hasBody ? JSON.stringify(Object.fromEntries(rest)) : null,
  };
}

/** Whether it may be otherwise soon. A declared error is a 409 too, and final. */
export function isPassing(status: number, body: string): boolean {
  if (status === 409) return problemOf(body).type === "/problems/in-progress";
  return status === 408 || status === 429 || status === 503 || status === 504;
}

interface ProblemDocument {
  readonly type?: string;
  readonly title?: string;
  readonly detail?: string;
}

function problemOf(body: string): ProblemDocument {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
