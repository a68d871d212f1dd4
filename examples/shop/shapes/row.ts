type Present<R> = {
  [K in keyof R as null extends R[K] ? never : K]: R[K];
} & { [K in keyof R as null extends R[K] ? K : never]?: NonNullable<R[K]> };

/** A row without the columns that are null: contracts have optional fields, not nullable ones. */
export function present<R extends object>(row: R): Present<R> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Present<R>;
}
