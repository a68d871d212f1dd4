export type JsonSchema = { readonly [keyword: string]: unknown };

/** What a member is, without what was seen of it. */
export interface MemberFacts {
  readonly name: string;
  /** `"orders@2.place"`. */
  readonly id: string;
  readonly kind: "query" | "command" | "event" | "stream";
  /** `description` of its declaration. */
  readonly docs: string | null;
  readonly deprecated: boolean;
  /** `"POST /orders"`, where the gateway has it. */
  readonly http: string | null;
  readonly access: string | null;
  /** Of an event: its data as `output`. */
  readonly input: JsonSchema | null;
  readonly output: JsonSchema | null;
  readonly errors: { readonly [code: string]: JsonSchema };
}

export interface MembersView {
  /** Of all services. */
  readonly members: readonly (MemberFacts & { readonly service: string })[];
}
