import type { MemberFacts } from "./members.ts";
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

export interface MemberView extends MemberFacts {
  readonly traffic: Traffic;
  /** Who called, or was told, in the window. */
  readonly callers: readonly { readonly name: string; readonly traffic: Traffic }[];
}

export interface ServiceView extends ServiceRow {
  readonly windowMs: number;
  readonly members: readonly MemberView[];
}
