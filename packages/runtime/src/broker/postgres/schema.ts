import { catalogueSchema } from "./catalogue.ts";
import { deliverSchema } from "./deliver.ts";
import type { Link } from "./link.ts";
import { membershipSchema, successionSchema } from "./membership.ts";
import { missedSchema } from "./missed.ts";
import { publishSchema } from "./publish.ts";
import { trimSchema } from "./trim.ts";

/** Each entry brings the schema from its index to the next version. Only add; old units run on a newer schema. */
const versions = [
  [catalogueSchema, publishSchema, membershipSchema, deliverSchema, trimSchema].join("\n"),
  missedSchema,
  successionSchema,
];

/** Creates what is missing in the broker's database. One statement when nothing is; safe in many units at once. */
export async function ensureSchema(link: Link): Promise<void> {
  if ((await currentVersion(link)) >= versions.length) return;
  // One simple query is one transaction, so the lock is held until all of it is there.
  await link.run((sql) => sql.unsafe(creation));
}

/** The version is the schema's comment: it can be asked for before anything exists. */
async function currentVersion(link: Link): Promise<number> {
  const [row] = await link.run(
    (sql) => sql<{ version: string | null }[]>`
      select obj_description(oid, 'pg_namespace') as version from pg_namespace where nspname = 'broker'`,
  );
  return Number(row?.version ?? 0);
}

const creation = `
select pg_advisory_xact_lock(hashtext('kerf broker schema'));
do $do$
declare
  version int := coalesce((select obj_description(oid, 'pg_namespace')::int from pg_namespace where nspname = 'broker'), 0);
begin
${versions.map((ddl, from) => `  if version <= ${from} then execute $ddl$${ddl}$ddl$; end if;`).join("\n")}
  if version < ${versions.length} then comment on schema broker is '${versions.length}'; end if;
end $do$;
`;
