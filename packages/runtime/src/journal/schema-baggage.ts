/** The baggage of what started a saga is that of its steps. */
export const baggageMigration = {
  name: "0007_baggage.sql",
  sql: `
alter table kerf.saga add column baggage text;
`,
} as const;
