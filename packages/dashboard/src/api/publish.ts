/** An event stated by hand, on behalf of the service that owns it. */
export interface PublishRequest {
  /** `"orders@1.placed"`. */
  readonly channel: string;
  /** Checked against its schema. */
  readonly data: { readonly [name: string]: unknown };
  /** Where given, it must be what the data has in its key field, which decides. */
  readonly key?: string;
  readonly reason?: string;
}

export interface Published {
  /** Of the message: `messaging.message.id`, and that of a dead letter. */
  readonly id: string;
  readonly key: string;
  readonly traceId: string;
}
