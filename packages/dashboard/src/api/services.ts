import type { Traffic } from "./traffic.ts";

export interface ServiceRow {
  readonly name: string;
  /** `"orders@2"`, its own contract first, then the older ones that it adapts. */
  readonly contracts: readonly string[];
  readonly unit: string | null;
  readonly callers: readonly string[];
  readonly uses: readonly string[];
  readonly database: boolean;
  readonly traffic: Traffic;
}

export interface ServiceList {
  readonly windowMs: number;
  readonly services: readonly ServiceRow[];
}

export type JsonSchema = { readonly [keyword: string]: unknown };

export interface MemberView {
  readonly name: string;
  /** `"orders@2.place"`. */
  readonly id: string;
  readonly kind: "query" | "command" | "event" | "stream";
  readonly summary: string | null;
  readonly deprecated: boolean;
  /** `"POST /orders"`, where the gateway has it. */
  readonly http: string | null;
  readonly access: string | null;
  /** Of an event: its data as `output`. */
  readonly input: JsonSchema | null;
  readonly output: JsonSchema | null;
  readonly errors: { readonly [code: string]: JsonSchema };
  readonly traffic: Traffic;
  /** Who called, or was told, in the window. */
  readonly callers: readonly { readonly name: string; readonly traffic: Traffic }[];
}

export interface ServiceView extends ServiceRow {
  readonly windowMs: number;
  readonly members: readonly MemberView[];
}
