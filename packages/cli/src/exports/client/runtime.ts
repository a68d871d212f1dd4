/** Where the API is and how to call it. Make one with {@link connect}, and give it to what is called. */
export interface Api {
  readonly baseUrl: string;
  readonly options: ApiOptions;
}

export interface ApiOptions {
  /** `"https://shop.example"`; with a path where the API stands below one. In a browser: the page's own origin. */
  readonly baseUrl?: string;
  /** An access token, sent as `Authorization: Bearer …`; a function is asked for every try, so that it can be renewed. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>);
  /** Of a machine, sent as `x-api-key`. */
  readonly apiKey?: string;
  /** Sent with every request. */
  readonly headers?: { readonly [name: string]: string };
  /** For a whole call, its repetitions included. Default 10,000. */
  readonly timeoutMs?: number;
  /** How often a call is repeated at most where that may help. Default 3. */
  readonly retries?: number;
  /** Replaces the global `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

export interface CallOptions {
  /** Gives up early; the call then throws the signal's reason. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly retries?: number;
}

export interface CommandOptions extends CallOptions {
  /**
   * Names this order: the same key again has no second effect and gets the first answer. Made where absent, and kept over
   * the repetitions of one call. Give one of your own to repeat an order later, such as after a restart.
   */
  readonly idempotencyKey?: string;
}

/** The API said no. `status` and `type` say why; `traceId` finds it in the logs of those who run it. */
export class Problem extends Error {
  override readonly name: string = "Problem";
  readonly status: number;
  /** `"/problems/not-found"`; `"about:blank"` where the answer was none of the API's own. */
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly traceId: string | undefined;
  /** What is wrong with the input, field by field. */
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  /** Of a command: repeat with it, to have no second effect. */
  readonly idempotencyKey: string | undefined;

  constructor(status: number, body: ProblemBody, idempotencyKey: string | undefined) {
    super(body.detail ?? body.title ?? `HTTP status ${status}`);
    this.status = status;
    this.type = body.type ?? "about:blank";
    this.title = body.title ?? "";
    this.detail = body.detail ?? "";
    this.traceId = body.traceId;
    this.errors = body.errors ?? [];
    this.idempotencyKey = idempotencyKey;
  }
}

/** An error that the operation declares: `code` and `data` are for programs. */
export class DeclaredProblem<Code extends string = string, Data = unknown> extends Problem {
  override readonly name: string = "DeclaredProblem";
  readonly code: Code;
  readonly data: Data;

  constructor(status: number, body: ProblemBody, idempotencyKey: string | undefined) {
    super(status, body, idempotencyKey);
    this.code = body.code as Code;
    this.data = body.data as Data;
  }
}

/** No answer came. It may have happened all the same: repeat a command with its key to know. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  readonly reason: "network" | "timeout";
  readonly idempotencyKey: string | undefined;

  constructor(
    reason: "network" | "timeout",
    message: string,
    idempotencyKey: string | undefined,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.reason = reason;
    this.idempotencyKey = idempotencyKey;
  }
}

/** Calls one operation. @throws Problem | DeclaredProblem | NoAnswer, or the reason of the signal that was given */
export interface Operation<Input, Output, Errors, Options> {
  (
    ...given: {} extends Input ? [input?: Input, options?: Options] : [input: Input, options?: Options]
  ): Promise<Output>;
  /** Tells whether an error is one that this operation declares: `if (reserve.failed(e, "OutOfStock")) e.data.left`. */
  failed<Code extends keyof Errors & string>(error: unknown, code?: Code): error is Declared<Errors, Code>;
}

export type Declared<Errors, Code extends keyof Errors & string = keyof Errors & string> = {
  [C in Code]: DeclaredProblem<C, Errors[C]>;
}[Code];

interface ProblemBody {
  readonly type?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly traceId?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly code?: string;
  readonly data?: unknown;
}

export interface Place {
  readonly method: string;
  /** `"/v1/stock/{sku}"`. */
  readonly path: string;
  readonly command: boolean;
  /** The codes of its declared errors, by the `type` of their problem. */
  readonly errors: { readonly [type: string]: string };
}

/** Says where the API is. Nothing is sent yet. */
export function connect(options: ApiOptions = {}): Api {
  const base = options.baseUrl ?? (globalThis as { location?: { origin: string } }).location?.origin;
  if (base === undefined)
    throw new TypeError('connect({ baseUrl }) needs the URL of the API, such as "https://shop.example"');
  return { baseUrl: base.replace(/\/+$/, ""), options };
}

export function operation<Input, Output, Errors, Options extends CallOptions>(
  api: Api,
  place: Place,
): Operation<Input, Output, Errors, Options> {
  const run = (input: unknown = {}, options: CommandOptions = {}): Promise<unknown> =>
    call(api, place, input as { readonly [field: string]: unknown }, options);
  const failed = (error: unknown, code?: string): boolean =>
    error instanceof DeclaredProblem &&
    place.errors[error.type] === error.code &&
    (code === undefined || error.code === code);
  return Object.assign(run, { failed }) as unknown as Operation<Input, Output, Errors, Options>;
}

/** Between two tries, unless the answer says how long: doubled each time, and a random part of it. */
export const pauseMs = { first: 100, most: 2_000 };

async function call(
  api: Api,
  place: Place,
  input: { readonly [field: string]: unknown },
  given: CommandOptions,
): Promise<unknown> {
  const { timeoutMs = 10_000, retries = 3 } = { ...api.options, ...defined(given) };
  const key = place.command ? (given.idempotencyKey ?? crypto.randomUUID()) : undefined;
  const endsAt = Date.now() + timeoutMs;
  const late = AbortSignal.timeout(timeoutMs);
  const signal = given.signal ? AbortSignal.any([given.signal, late]) : late;
  const { url, body } = requestOf(api.baseUrl, place, input);
  for (let tries = 1; ; tries++) {
    let failure: Problem | NoAnswer;
    let askedMs: number | undefined;
    try {
      const headers = await headersOf(api.options, key, body);
      const send = api.options.fetch ?? fetch;
      const answer = await send(url, {
        method: place.method,
        headers,
        signal,
        ...(body === undefined ? {} : { body }),
      });
      const value = await valueOf(answer);
      if (answer.ok && value !== undefined) return value;
      if (answer.ok) throw new TypeError(`the answer of ${place.method} ${place.path} is no JSON`);
      failure = problemOf(answer.status, value, place, key);
      if (!repeatable(answer, failure)) throw failure;
      askedMs = retryAfterMs(answer.headers.get("retry-after"));
    } catch (error) {
      given.signal?.throwIfAborted();
      if (error instanceof Problem) throw error;
      if (late.aborted) throw new NoAnswer("timeout", `no answer within ${timeoutMs} ms`, key, error);
      failure = new NoAnswer(
        "network",
        `no answer: ${error instanceof Error ? error.message : String(error)}`,
        key,
        error,
      );
    }
    const wait = askedMs ?? Math.random() * Math.min(pauseMs.most, pauseMs.first * 2 ** tries);
    // What cannot be answered in time is told now: waiting would tell nothing more.
    if (tries > retries || Date.now() + wait >= endsAt) throw failure;
    // It ends before the deadline does.
    await pause(wait, given.signal);
  }
}

/** Whether the same again may be answered otherwise. Nothing is done twice: a query changes nothing, a command has its key. */
export function repeatable(answer: Response, failure: Problem): boolean {
  if (failure instanceof DeclaredProblem) return false;
  if ([429, 502, 503, 504].includes(answer.status)) return true;
  // Such as a command that still runs.
  return answer.status === 409 && answer.headers.has("retry-after");
}

/** A number of seconds, or a date (RFC 9110, section 10.2.3). */
export function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Puts each field where the route has it: path, query or body. */
export function requestOf(
  baseUrl: string,
  place: Place,
  input: { readonly [field: string]: unknown },
): { url: string; body: string | undefined } {
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const path = place.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    // `.` and `..` would lead elsewhere, and nothing at all to another route.
    if (value === undefined || value === "" || value === "." || value === "..")
      throw new TypeError(
        `"${name}" is part of the path ${place.path} and cannot be ${JSON.stringify(value)}`,
      );
    return encodeURIComponent(String(value));
  });
  if (place.method !== "GET" && place.method !== "DELETE")
    return { url: baseUrl + path, body: JSON.stringify(Object.fromEntries(rest)) };
  const query = new URLSearchParams();
  for (const [name, value] of rest)
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  const text = query.toString();
  return { url: baseUrl + path + (text === "" ? "" : `?${text}`), body: undefined };
}

export async function headersOf(
  { token, apiKey, headers }: ApiOptions,
  key: string | undefined,
  body: string | undefined,
): Promise<Record<string, string>> {
  const bearer = typeof token === "function" ? await token() : token;
  return {
    accept: "application/json",
    ...headers,
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(apiKey === undefined ? {} : { "x-api-key": apiKey }),
    ...(key === undefined ? {} : { "idempotency-key": key }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
}

export async function valueOf(answer: Response): Promise<unknown> {
  const text = await answer.text();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function problemOf(status: number, value: unknown, place: Place, key: string | undefined): Problem {
  const body = (typeof value === "object" && value !== null ? value : {}) as ProblemBody;
  const declared = body.code !== undefined && place.errors[body.type ?? ""] === body.code;
  return declared ? new DeclaredProblem(status, body, key) : new Problem(status, body, key);
}

function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
