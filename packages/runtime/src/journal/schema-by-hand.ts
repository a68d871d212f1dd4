/** What people state by hand is recorded beside what they do to dead letters and sagas. */
export const byHandMigration = {
  name: "0006_by_hand.sql",
  sql: `
alter table kerf.action drop constraint action_what_check;
alter table kerf.action add constraint action_what_check check (what in ('replay', 'drop', 'retry', 'give up', 'publish'));
`,
} as const;
