/** A piece of SQL with its values, for use inside another. Made by `sql.fragment`. */
export interface SqlFragment {
  readonly text: readonly string[];
  readonly values: readonly unknown[];
}

/**
 * The service's own database, inside the transaction of this handler: sql`select … where id = ${id}`.
 *
 * Values become parameters, never text. Rows are plain objects; int8 is a number where it is safe and an error
 * where not; timestamps are ISO 8601 strings; json is parsed. Lists are PostgreSQL arrays: cast them in the text
 * (`${skus}::text[]`). A queries' handler reads only: a write there is refused by PostgreSQL.
 */
export interface Sql {
  <T = any>(strings: TemplateStringsArray, ...values: readonly unknown[]): Promise<T[]>;
  /** Marks a value to be sent as json: sql`insert … values (${sql.json(lines)})`. */
  json(value: unknown): unknown;
  /** A piece to put into another statement. */
  fragment(strings: TemplateStringsArray, ...values: readonly unknown[]): SqlFragment;
}
