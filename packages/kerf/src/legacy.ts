/** How long the existing application is waited for. */
export interface LegacyTimeouts {
  /** To be connected. Default 5,000. */
  readonly connectMs?: number;
  /** From the last byte of the request to the first of the answer. Default 60,000. */
  readonly responseMs?: number;
  /** Between two pieces of an answer or of a WebSocket. Default 300,000: an event stream may be quiet for long. */
  readonly idleMs?: number;
  /** From the first byte of a request to the end of its body: uploads need longer than contracts. Default 600,000. */
  readonly requestMs?: number;
}

/** An existing HTTP application, which answers what no contract does. */
export interface LegacyApplication {
  /** `"http://127.0.0.1:3000"`. A path in it stands before every request's own. KERF_LEGACY_URL says another on a machine. */
  readonly url: string;
  /** Paths that go to it, with what is below them: `["/shop"]`. All where absent. */
  readonly only?: readonly string[];
  /** Paths that do not, with what is below them. */
  readonly except?: readonly string[];
  /** Paths below which contracts of a version answer as well, so that they can take over its own: `{ "/api": 1 }`. */
  readonly contractsBelow?: { readonly [path: string]: number };
  /** The Host that it is sent: the client's own, by which it makes links (default), or that of `url`. */
  readonly hostHeader?: "client" | "target";
  /** Turns a Location of its own origin into a path, for one that knows only its own address. Default false. */
  readonly rewriteRedirects?: boolean;
  /** The longest body that is sent on. Default 104,857,600 (100 MiB). */
  readonly bodyBytes?: number;
  readonly timeouts?: LegacyTimeouts;
  /** Whether `url` may be a link-local address. Default false. */
  readonly linkLocal?: boolean;
}

/** The URL alone, or with what is said about it. */
export type LegacySettings = string | LegacyApplication;
