import { services, type Books } from "./books.ts";
import type { Plan } from "./plan.ts";
import type { Findings } from "./violations.ts";

interface Movement {
  readonly account: string;
  readonly number: number;
}

/** Every movement was published and every published one moved (3); each is on the statements once (4), in order (5). */
export async function checkEvents(books: Books, plan: Plan, findings: Findings): Promise<void> {
  const { accounts, statements, broker } = books;
  const moved = await accounts<Movement[]>`
    select account, row_number() over (partition by account order by position)::int as number from movement order by 1, 2`;
  const published = await broker<(Movement & { id: string })[]>`
    select m.id, m.body::json->'data'->>'account' as account, (m.body::json->'data'->>'number')::int as number
    from broker.messages m join broker.channels c on c.id = m.channel
    where c.name = 'accounts@1' order by m.lane, m."offset"`;
  const seen = new Set<string>();
  const first = published.filter(({ id }) => !seen.has(id) && seen.add(id));
  const names = (list: readonly Movement[]): string[] =>
    list.map((m) => `${m.account} ${m.number}`).toSorted();
  findings.same(3, names(first), names(moved), "movements that were published");
  for (const [account, events] of Map.groupBy(first, (event) => event.account)) {
    const numbers = events.map((event) => event.number);
    findings.same(
      5,
      numbers,
      numbers.map((_, i) => i + 1),
      `order of the events of ${account}`,
    );
  }
  const lines = await statements<Movement[]>`select account, number from line order by position`;
  const readable = moved.filter((movement) => movement.account !== plan.poison);
  findings.same(4, names(lines), names(readable), "lines on the statements");
  for (const [account, own] of Map.groupBy(lines, (line) => line.account)) {
    const numbers = own.map((line) => line.number);
    findings.same(
      5,
      numbers,
      numbers.toSorted((a, b) => a - b),
      `order of the lines of ${account}`,
    );
  }
  const twice = await statements`select slot, count(*) from run group by slot having count(*) > 1`;
  findings.same(4, twice, [], "times of the schedule that ran twice");
  await checkCounts(
    books,
    first.map((event) => event.id),
    plan,
    findings,
  );
}

/** What was started is what ended, one way or the other (9), and no table keeps more than that (11). */
async function checkCounts(
  { accounts, transfers, statements }: Books,
  published: readonly string[],
  plan: Plan,
  findings: Findings,
): Promise<void> {
  const handled = await statements<
    { id: string }[]
  >`select id from kerf.inbox where consumer = 'accounts@1.moved'`;
  const dead = await statements<
    { id: string; key: string }[]
  >`select id, key from kerf.parked where state = 'dead'`;
  findings.same(
    9,
    dead.map((letter) => letter.key),
    [plan.poison],
    "keys of dead letters",
  );
  findings.same(
    9,
    [...handled, ...dead].map(({ id }) => id).toSorted(),
    published.toSorted(),
    "messages handled or dead against those published",
  );
  const [sagas] = await transfers<{ ended: number; all: number }[]>`
    select count(*) filter (where state in ('done', 'refused', 'parked')) as ended, count(*) as all from kerf.saga`;
  findings.same(9, sagas!.ended, sagas!.all, "sagas ended against started");
  for (const [name, sql] of Object.entries({ accounts, transfers, statements })) {
    const [left] = await sql<{ outbox: number; waiting: number }[]>`
      select (select count(*) from kerf.outbox) as outbox, (select count(*) from kerf.parked where state = 'waiting') as waiting`;
    findings.same(11, left, { outbox: 0, waiting: 0 }, `what is left in the tables of ${name}`);
  }
  const letters = [...handled, ...dead].length;
  findings.expect(11, letters <= published.length, `${letters} records of ${published.length} messages`);
}

/** Nothing is leased by a dead owner, or undecided (7); who has an older fence cannot write (8). */
export async function checkOwners(books: Books, findings: Findings): Promise<void> {
  for (const name of services) {
    const sql = books[name];
    const [row] = await sql<Record<string, number>[]>`
      select (select count(*)::int from kerf.worker where expires_at < now()) as "deadWorkers",
        (select count(*)::int from kerf.lease l where not exists (select from kerf.worker w where w.id = l.worker)) as "deadLeases",
        (select count(*)::int from kerf.saga where state in ('running', 'undoing')) as "liveSagas",
        (select count(*)::int from kerf.saga s where worker is not null and state not in ('running', 'undoing')) as "heldSagas",
        (select count(*)::int from kerf.command where state in ('open', 'intent')) as "undecidedCommands"`;
    const none = { deadWorkers: 0, deadLeases: 0, liveSagas: 0, heldSagas: 0, undecidedCommands: 0 };
    findings.same(7, row, none, `owners in ${name}`);
    await checkFence(books, name, findings);
  }
  const [lanes] = await books.broker<Record<string, number>[]>`
    select (select count(*)::int from broker.members where until < clock_timestamp()) as "deadMembers",
      (select count(*)::int from broker.cursors c join broker.groups g on g.id = c.grp where c.owner is null) as "freeLanes",
      (select count(*)::int from broker.cursors c join broker.lanes l on l.lane = c.lane
         join broker.groups g on g.id = c.grp and g.channel = l.channel where c.next < l.next) as "unread"`;
  findings.same(7, lanes, { deadMembers: 0, freeLanes: 0, unread: 0 }, "owners of the broker's lanes");
}

async function checkFence({ broker, ...books }: Books, name: (typeof services)[number], findings: Findings) {
  const [lease] = await books[name]<{ fence: number }[]>`select fence from kerf.lease where name = 'relay'`;
  const [known] = await broker<{ fence: number }[]>`select fence from broker.publishers where name = ${name}`;
  if (!known) return;
  findings.same(
    8,
    known.fence <= lease!.fence,
    true,
    `the fence of ${name} at the broker is one that was given`,
  );
  const [stale] = await broker<{ done: boolean }[]>`
    select broker.publish(${name}, ${known.fence - 1}, null, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') as done`;
  findings.same(8, stale!.done, false, `a publication of ${name} with a stale fence`);
}
