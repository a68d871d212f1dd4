export interface Scope {
  readonly name: string;
  readonly version?: string;
}

/** What made the spans and metrics that are ours. */
export const SCOPE: Scope = { name: "kerf" };
