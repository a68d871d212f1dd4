import type { PastGateway, PersonView, ProcessFacts, UnitFacts } from "@kerf/dashboard";

/** The argument that makes a process the dashboard's. */
export const DASHBOARD = "--dashboard";

/** What a dashboard needs to know to begin. It comes by the channel, since whoever lists processes sees their arguments. */
export interface Opening {
  readonly kerf: "open";
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly token: string;
  readonly app: string;
  readonly topology: string;
  /** kerf.config.ts. */
  readonly config: string;
  readonly dataDir: string;
  /** Whom the session's own provider knows; undefined where the people are another's. */
  readonly people: readonly PersonView[] | undefined;
}

/** What the supervisor tells the dashboard's process. */
export type ToDashboard =
  | Opening
  /** What units wrote to their logs. */
  | { readonly kerf: "lines"; readonly lines: readonly (readonly [unit: string, line: string])[] }
  /** The gateway's URL, as soon as it is known. */
  | { readonly kerf: "gateway"; readonly url: string | undefined }
  /** Files of the application are others now. */
  | { readonly kerf: "changed" }
  | { readonly kerf: "answer"; readonly id: number; readonly value?: unknown; readonly error?: string }
  | { readonly kerf: "end" };

/** What it tells the supervisor. */
export type FromDashboard =
  | { readonly kerf: "opened" }
  | { readonly kerf: "failed"; readonly message: string }
  | { readonly kerf: "describe"; readonly id: number }
  | { readonly kerf: "restart"; readonly id: number; readonly process: string }
  | { readonly kerf: "drain"; readonly id: number; readonly unit: string }
  /** Wants an access token. */
  | { readonly kerf: "token"; readonly id: number; readonly person: string }
  /** Wants a member called past the gateway; the answer is a `Called`. */
  | { readonly kerf: "call"; readonly id: number; readonly call: PastGateway };

export interface Described {
  readonly units: readonly UnitFacts[];
  readonly processes: readonly ProcessFacts[];
}
