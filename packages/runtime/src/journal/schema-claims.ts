/** Whose a retry is while it is under way, so that what a dead process had claimed is tried again at once. */
export const claimsMigration = {
  name: "0005_claims.sql",
  sql: `
alter table kerf.parked add column worker uuid;
create index parked_worker on kerf.parked (worker) where worker is not null;

-- However a worker's row goes. What is locked is at work after all, in a process that was taken for dead: it is shown when
-- its time to be hidden is over.
create function kerf.free_claims() returns trigger language plpgsql as $$
begin
  update kerf.parked set worker = null, next_at = now() where parked_id = any (array(
    select parked_id from kerf.parked where worker = old.id and state = 'waiting' for update skip locked));
  return null;
end $$;
create trigger free_claims after delete on kerf.worker for each row execute function kerf.free_claims();
`,
};
