import { core } from "zod";
import { checkEarlier } from "./earlier.ts";
import { statusNumbers } from "./errors.ts";
import type { AnyCommand, AnyMember, AnyQuery } from "./members.ts";
import type { AnyStream } from "./stream.ts";
import { checkLimit } from "./limit.ts";
import { nearest } from "./nearest.ts";
import { refuse } from "./refuse.ts";
import { routeParts } from "./route.ts";
import { fieldNames } from "./schema.ts";

/** Checks one member of a contract, apart from what its schemas hold. @throws DeclarationError at `place` */
export function checkMember(member: AnyMember, place: string): void {
  if (member.kind === "event") {
    checkSchema(member.data, `${place}.data`);
    return checkEarlier(member.earlier, "data", place);
  }
  if (member.kind === "command") checkEarlier(member.earlier, "input", place);
  checkSchema(member.input, `${place}.input`);
  checkSchema(member.output, `${place}.output`);
  for (const [code, schema] of Object.entries(member.errors)) {
    checkCode(code, `${place}.errors`);
    checkSchema(schema, `${place}.errors.${code}`);
  }
  checkRoute(member, place);
  checkLimit(member.limit, member.http, place);
}

function checkSchema(schema: unknown, place: string): void {
  if (!(schema instanceof core.$ZodType))
    refuse(place, "is not a schema of Zod 4", 'make it with z.object({…}) of "zod", version 4');
}

function checkCode(code: string, place: string): void {
  const mend = 'name what happened, such as "OutOfStock"';
  if (Object.hasOwn(statusNumbers, code))
    refuse(place, `"${code}" is a status that any call may have, not an error of a contract`, mend);
  if (!/^[A-Za-z][A-Za-z0-9]{0,59}$/.test(code))
    refuse(place, `the code "${code}" is not a word of at most 60 letters and digits`, mend);
}

function checkRoute(member: AnyQuery | AnyCommand | AnyStream, place: string): void {
  if (member.access !== undefined) checkAccess(member.access, place);
  if (member.http === undefined) return;
  const { method, parameters } = routeParts(member.http, place);
  if (member.access === undefined)
    refuse(
      place,
      "has http but no access",
      'say who may use it: access: "public", "user", "role:…" or a function',
    );
  // RFC 9110, section 9.2.1: what prefetches and crawlers may do unasked must change nothing.
  if (member.kind === "command" && method === "GET")
    refuse(
      place,
      `is a command on ${member.http}`,
      "use POST, PUT, PATCH or DELETE: GET must change nothing",
    );
  if (member.kind === "query" && method !== "GET" && method !== "POST")
    refuse(
      place,
      `is a query on ${member.http}`,
      "use GET, or POST where its input is large: a query changes nothing",
    );
  if (member.kind === "stream" && method !== "GET")
    refuse(place, `is a stream on ${member.http}`, "use GET: browsers follow a stream by nothing else");
  const fields = fieldNames(member.input);
  for (const parameter of parameters) {
    if (fields === undefined || fields.includes(parameter)) continue;
    const meant = nearest(parameter, fields);
    refuse(
      place,
      `its route ${member.http} has the parameter "${parameter}", which is not a field of its input`,
      meant === undefined ? `add "${parameter}" to its input` : `did you mean ":${meant}"`,
    );
  }
}

function checkAccess(access: unknown, place: string): void {
  const known =
    typeof access === "function" ||
    access === "public" ||
    access === "user" ||
    (typeof access === "string" && /^role:\S+$/.test(access));
  if (!known)
    refuse(
      place,
      `its access ${JSON.stringify(access)} is nothing that is known`,
      'say who may use it: "public", "user", "role:…" or a function',
    );
}
