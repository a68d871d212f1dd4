import type { RedisClient } from "@kerf/runtime/redis";
import type { Telemetry } from "@kerf/runtime/telemetry";
import type {
  Actor,
  AnyCommand,
  AnyContract,
  AnyQuery,
  AnyStream,
  AppLimits,
  LegacySettings,
  StaticFiles,
  ReferenceSettings,
} from "kerf";
import type { Logger } from "pino";
import type { Identify } from "./identity/credentials.ts";
import type { CredentialKinds } from "./openapi/security.ts";
import type { Limits } from "./limits.ts";
import type { StreamLimits } from "./stream/limits.ts";

/** One call that came in from outside: routed, its input validated, its access checked. */
export interface EdgeCall {
  readonly member: AnyQuery | AnyCommand;
  /** As the contract's input asks for it; defaults are left to the callee. */
  readonly input: unknown;
  /** The id of a command, the client's own or a new one; undefined for a query. */
  readonly id: string | undefined;
  /** Date.now() milliseconds. */
  readonly deadlineAt: number;
  readonly actor: Actor | undefined;
  /** W3C trace context: a new one for every request. */
  readonly traceparent: string;
  /** Aborts at the deadline and when the client goes away. */
  readonly signal: AbortSignal;
  /** What the header `kerf-release` asks for, where services are released: those inside know who may. */
  readonly wish?: string | undefined;
}

/** One stream that is asked for from outside: routed, its input validated, its access checked. */
export interface EdgeWatch {
  readonly member: AnyStream;
  readonly input: unknown;
  readonly actor: Actor | undefined;
  readonly traceparent: string;
  /** Aborts when the client goes away, or may not read any more. */
  readonly signal: AbortSignal;
}

export interface GatewayOptions {
  readonly contracts: readonly AnyContract[];
  /**
   * Runs a call inside.
   * @throws DeclaredError | StatusError and nothing else
   */
  invoke(call: EdgeCall): Promise<unknown>;
  /**
   * Opens a stream inside; the iteration throws DeclaredError | StatusError and nothing else. Needed where a contract has
   * streams.
   */
  watch?(call: EdgeWatch): AsyncIterable<unknown>;
  /**
   * Says who asks, by the headers that carry credentials (authorization, cookie, dpop, x-api-key); undefined is a
   * stranger. Everybody is one where this is absent.
   * @throws StatusError UNAUTHENTICATED for a credential that is not valid
   */
  readonly identify?: Identify | undefined;
  /** The application's name: the title of the OpenAPI document. */
  readonly app: string;
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Origins (`https://shop.example`) whose pages may call from a browser; none where absent. */
  readonly cors?: { readonly origins: readonly string[] } | undefined;
  /** A front end, where no route answers; none where absent. */
  readonly static?: StaticFiles | undefined;
  /** Origins of those who issue tokens: pages of the front end may call them. */
  readonly issuers?: readonly string[] | undefined;
  /** An existing application that answers what no route does; none where absent. */
  readonly legacy?: LegacySettings | undefined;
  /** What a member of an older version is today, by id; links tell callers. */
  readonly successors?: ReadonlyMap<string, string> | undefined;
  /** How callers say who they are, for the OpenAPI document. */
  readonly credentials?: CredentialKinds | undefined;
  /** Makes what `/asyncapi.json` shows of the messages inside; not there where absent. */
  readonly asyncapi?: (() => object) | undefined;
  /** Pages for callers at `/docs/`; none where absent. */
  readonly reference?: ReferenceSettings | undefined;
  /** Whether new versions of services may be released: the header `kerf-release` is then read. */
  readonly releases?: boolean | undefined;
  /** Whether a CDN stands in front, which events purge: it is told more than browsers. */
  readonly cdn?: boolean | undefined;
  /** Told of each request; nothing is told where absent, at no cost. */
  readonly telemetry?: Telemetry | undefined;
  readonly log: Logger;
  /** Tells `/readyz` whether the unit can serve. */
  ready(): boolean;
  /** Those of {@link defaultLimits} where absent. */
  readonly limits?: Partial<Limits> | undefined;
  /** Those of {@link streamLimits} where absent. */
  readonly streams?: Partial<StreamLimits> | undefined;
  /** How often one caller may ask. Of strangers `strangersLimit` where absent, if others than this machine reach it. */
  readonly rateLimits?: AppLimits | undefined;
  /** How many proxies of one's own every request passes: 0 where absent. Each adds to X-Forwarded-For. */
  readonly trustedProxies?: number | undefined;
  /** Where the gateways of an application count together; each counts alone where absent. */
  readonly redis?: RedisClient | undefined;
}
