/** Load by `wrk`, on the other core: written in C, it is not what is measured. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";

export interface Load {
  /** `"http://127.0.0.1:4000"`. */
  readonly origin: string;
  /** Asked in turn. */
  readonly paths: readonly string[];
  readonly method: "GET" | "POST";
  readonly body?: string | undefined;
  /** Sent in turn; none where empty. */
  readonly tokens: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

export interface Loaded {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const run = promisify(execFile);

/** @throws Error where an answer was not 2xx or a connection failed */
export async function load(
  folder: string,
  { origin, paths, method, body, tokens, connections, seconds }: Load,
): Promise<Loaded> {
  const script = `${folder}/load.lua`;
  await writeFile(script, scriptOf(method, paths, body, tokens));
  const { stdout } = await run("wrk", [
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    "--latency",
    "-s",
    script,
    origin,
  ]);
  const line = stdout.split("\n").find((each) => each.startsWith("RESULT "));
  if (line === undefined) throw new Error(`wrk said:\n${stdout}`);
  const [requests, micros, p50, p99, errors] = line.split(" ").slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (errors > 0)
    throw new Error(`${origin}${paths[0]}: ${errors} of ${requests} answers were no 2xx, or failed`);
  return { requests, perSecond: (requests * 1e6) / micros, p50Ms: p50 / 1000, p99Ms: p99 / 1000 };
}

function scriptOf(
  method: string,
  paths: readonly string[],
  body: string | undefined,
  tokens: readonly string[],
): string {
  const headers = body === undefined ? [] : ['["content-type"] = "application/json"'];
  const made = (path: string, token: string | undefined): string =>
    `wrk.format(${JSON.stringify(method)}, ${JSON.stringify(path)}, {${[
      ...headers,
      ...(token === undefined ? [] : [`["authorization"] = "Bearer ${token}"`]),
    ].join(", ")}}, ${body === undefined ? "nil" : JSON.stringify(body)})`;
  const count = Math.max(paths.length, tokens.length);
  const all = Array.from({ length: count }, (_, i) =>
    made(paths[i % paths.length]!, tokens[i % Math.max(tokens.length, 1)]),
  );
  return `
local requests
local at = 0
function init()
  requests = {${all.join(",\n")}}
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency)
  local e = summary.errors
  print(string.format("RESULT %d %d %d %d %d", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}
