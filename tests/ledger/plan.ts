import { createHash } from "node:crypto";
import { declines } from "../fixture/bank.ts";
import { rejects } from "../fixture/transfers/remit.ts";

/** What a client does to the ledger. Each has an id of its own, by which its effect can be found again. */
export type Operation =
  | { readonly kind: "deposit"; readonly id: string; readonly account: string; readonly pence: number }
  /** Tried a single time: what became of it may stay unknown. */
  | { readonly kind: "once"; readonly id: string; readonly account: string; readonly pence: number }
  /** More than there is: refused. */
  | { readonly kind: "overdraw"; readonly id: string; readonly account: string; readonly pence: number }
  | { readonly kind: "gift"; readonly id: string; readonly account: string; readonly pence: number }
  | {
      readonly kind: "remit";
      readonly id: string;
      readonly from: string;
      readonly to: string;
      readonly pence: number;
    };

export interface Plan {
  readonly opening: readonly Operation[];
  readonly load: readonly Operation[];
  /** Whose movements the statements cannot take. */
  readonly poison: string;
}

/** From this amount on a remittance waits for an approval. */
export const largePence = 1_000;

/** The same operations for the same seed. */
export function planOf(seed: number, remittances = 16): Plan {
  const random = randomOf(seed);
  const accounts = ["anne", "bert", "cleo", "dirk"];
  const pick = (): string => accounts[Math.floor(random() * accounts.length)]!;
  const opening: Operation[] = [
    ...accounts.map((account) => ({
      kind: "deposit" as const,
      id: `open ${account}`,
      account,
      pence: 500_000,
    })),
    { kind: "deposit", id: "open poison", account: "poison", pence: 7 },
  ];
  const load: Operation[] = [];
  for (let i = 0; i < remittances; i++) {
    const from = pick();
    const to = accounts[(accounts.indexOf(from) + 1 + Math.floor(random() * 3)) % accounts.length]!;
    load.push({ kind: "remit", id: `remit ${i}`, from, to, pence: amount(i, random) });
    if (i % 4 === 1)
      load.push({ kind: "gift", id: `gift ${i}`, account: pick(), pence: 1 + Math.floor(random() * 90) });
    if (i % 4 === 2) load.push({ kind: "once", id: `once ${i}`, account: `once ${i}`, pence: 5 });
    if (i % 8 === 3) load.push({ kind: "overdraw", id: `overdraw ${i}`, account: pick(), pence: 999_999 });
  }
  return { opening, load, poison: "poison" };
}

/** Of five remittances one is declined by the bank, one rejected after that, and one waits for an approval. */
function amount(i: number, random: () => number): number {
  const twenties = 20 * (1 + Math.floor(random() * 40));
  return [twenties + 4, twenties + 16, twenties + 13, twenties + largePence, twenties + 7][i % 5]!;
}

/** What an application that loses and repeats nothing ends with. */
export function expectedEnd({ opening, load }: Plan) {
  const pence = new Map<string, number>();
  const states = new Map<string, string>();
  const add = (account: string, by: number): void => void pence.set(account, (pence.get(account) ?? 0) + by);
  for (const operation of [...opening, ...load]) {
    if (operation.kind === "deposit" || operation.kind === "gift") add(operation.account, operation.pence);
    if (operation.kind !== "remit") continue;
    const refused = declines(operation.pence) || rejects(operation.pence);
    states.set(operation.id, refused ? "refused" : "done");
    if (refused) continue;
    add(operation.from, -operation.pence);
    add(operation.to, operation.pence);
  }
  return { pence, states };
}

/** Numbers from 0 to 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let n = 0;
  return () => createHash("sha256").update(`${seed}/${n++}`).digest().readUInt32BE(0) / 2 ** 32;
}
