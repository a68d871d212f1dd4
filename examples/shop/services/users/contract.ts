import { command, contract, event, query } from "kerf";
import { z } from "zod";
import { ownOrStaff } from "../../shapes/access.ts";
import { Address } from "../../shapes/address.ts";
import { maxImport } from "../../shapes/article.ts";
import { Limit } from "../../shapes/page.ts";
import { line, PersonId } from "../../shapes/text.ts";

const Profile = z.object({ userId: PersonId, name: line(120), address: Address, version: z.int() });
/** `version` grows with each change, so that a copy of the name elsewhere never goes back in time. */
const Named = z.object({ userId: PersonId, name: line(120), version: z.int() });

export const users = contract("users", {
  version: 1,
  register: command({
    description: "Registers the person who calls. Again: replaces the address and the name.",
    http: "POST /users",
    access: "user",
    input: z.object({ name: line(120), address: Address }),
    output: Profile,
  }),
  import: command({
    description: "Registers many people at once. Those who are known already keep what they have.",
    http: "POST /users/import",
    access: "role:staff",
    input: z.object({
      users: z
        .array(z.object({ userId: PersonId, name: line(120), address: Address }))
        .min(1)
        .max(maxImport),
    }),
    output: z.object({ registered: z.int() }),
  }),
  rename: command({
    http: "PATCH /users/:userId",
    access: ownOrStaff((input: { userId: string }) => input.userId),
    input: z.object({ userId: PersonId, name: line(120) }),
    output: Named,
  }),
  get: query({
    http: "GET /users/:userId",
    access: ownOrStaff((input: { userId: string }) => input.userId),
    input: z.object({ userId: PersonId }),
    output: Profile,
  }),
  addressOf: query({
    description: "Where parcels for somebody go; nothing where they have not registered.",
    input: z.object({ userId: PersonId }),
    output: z.object({ address: Address.optional() }),
  }),
  list: query({
    description: "Everybody by id, in pages.",
    http: "GET /users",
    access: "role:staff",
    input: z.object({ after: PersonId.optional(), limit: Limit }),
    output: z.object({ users: z.array(Named), next: z.string().optional() }),
  }),
  registered: event({ data: Named, key: "userId" }),
  renamed: event({ data: Named, key: "userId" }),
});
