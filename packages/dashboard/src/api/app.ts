export interface Problem {
  /** For people: what is wrong and what to do. */
  readonly error: string;
  /** Of an input that does not fit its schema: where, as `lines.0.quantity`, and why. */
  readonly violations?: readonly { readonly path: string; readonly message: string }[];
}

/** `token` is in the fragment of the URL that `kerf dev` prints: `#token=…`. */
export interface SessionRequest {
  readonly token: string;
}

export interface AppView {
  readonly app: string;
  readonly topology: string;
  /** URL of the gateway. */
  readonly gateway: string | null;
  /** Where anything that speaks OpenTelemetry may send. */
  readonly otlp: {
    /** `http://127.0.0.1:4002`, as `OTEL_EXPORTER_OTLP_ENDPOINT` has it. */
    readonly http: string;
    /** null where it is not received here. */
    readonly grpc: string | null;
  };
  /** Which parts work here: the others answer 501, and the page leaves them out. */
  readonly parts: {
    /** Sagas and dead letters: there is a database. */
    readonly operations: boolean;
    /** Processes can be seen and restarted: `kerf dev` runs them. */
    readonly topology: boolean;
  };
  readonly kept: Kept;
}

/** What the storage holds, and its bounds. */
export interface Kept {
  readonly spans: number;
  readonly logs: number;
  readonly points: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** Start of the oldest span. */
  readonly oldestAt: number | null;
  /** Signals that were refused since the start because more came than could be written. */
  readonly dropped: number;
}
