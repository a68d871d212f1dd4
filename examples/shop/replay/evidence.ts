import type { AnyQuery, Input, Output } from "kerf";
import type { Client } from "./client.ts";
import { inventory, notifications, orders, payments, shipping } from "./contracts.ts";
import { backOffice } from "./register.ts";

type Rows<M, F extends keyof Output<M>> = Output<M>[F];

/** What the services say about themselves when everything has ended: all of it, read as the back office. */
export interface Evidence {
  readonly decisions: Rows<typeof orders.decisions, "decisions">;
  readonly returns: Rows<typeof orders.returns, "returns">;
  readonly bankLog: Rows<typeof payments.bankLog, "log">;
  readonly payments: Rows<typeof payments.payments, "payments">;
  readonly entries: Rows<typeof payments.entries, "entries">;
  readonly trialBalance: Output<typeof payments.trialBalance>;
  readonly levels: Rows<typeof inventory.levels, "levels">;
  readonly reservations: Rows<typeof inventory.reservations, "reservations">;
  readonly shipments: Rows<typeof shipping.shipments, "shipments">;
  readonly returnParcels: Rows<typeof shipping.returnParcels, "parcels">;
  readonly mails: Rows<typeof notifications.mails, "mails">;
}

export async function gather(client: Client): Promise<Evidence> {
  const all = <M extends AnyQuery, F extends keyof Output<M>>(member: M, field: F, limit = 500) =>
    allPages(client, member, field, limit);
  return {
    decisions: await all(orders.decisions, "decisions"),
    returns: await all(orders.returns, "returns"),
    bankLog: await all(payments.bankLog, "log"),
    payments: await all(payments.payments, "payments"),
    entries: await all(payments.entries, "entries"),
    trialBalance: await client.ask(payments.trialBalance, {}, { as: backOffice }),
    levels: await all(inventory.levels, "levels"),
    reservations: await all(inventory.reservations, "reservations", 100),
    shipments: await all(shipping.shipments, "shipments"),
    returnParcels: await all(shipping.returnParcels, "parcels"),
    mails: await all(notifications.mails, "mails", 200),
  };
}

async function allPages<M extends AnyQuery, F extends keyof Output<M>>(
  client: Client,
  member: M,
  field: F,
  limit: number,
): Promise<Output<M>[F]> {
  const rows: unknown[] = [];
  let after: unknown;
  do {
    const page = (await client.ask(member, { after, limit } as Input<M>, { as: backOffice })) as Output<M>;
    rows.push(...(page[field] as unknown[]));
    after = (page as { next?: unknown }).next;
  } while (after !== undefined);
  return rows as Output<M>[F];
}
