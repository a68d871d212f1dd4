import postgres from "postgres";

export type Admin = postgres.Sql<Record<string, unknown>>;

/** Runs `fn` on a connection of its own, as the administrator. `database`: the one of `url` where absent. */
export async function administer<T>(
  url: string,
  database: string | undefined,
  fn: (sql: Admin) => Promise<T>,
): Promise<T> {
  const sql = connect(url, database);
  try {
    return await fn(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

export function connect(url: string, database?: string): Admin {
  const place = new URL(url);
  if (database !== undefined) place.pathname = `/${database}`;
  return postgres(place.href, {
    max: 1,
    fetch_types: false,
    prepare: false,
    connect_timeout: 5,
    onnotice: () => {},
    connection: { application_name: "kerf chaos" },
  });
}

/** An array of numbers, ids or names, as PostgreSQL reads one. */
export function arrayOf(values: readonly (string | number)[]): string {
  return `{${values.join(",")}}`;
}

/** The name of a database of an application: of one of its services, or `"broker"`. */
export function databaseOf(app: string, part: string): string {
  return `${app.replaceAll("-", "_")}_${part.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}
