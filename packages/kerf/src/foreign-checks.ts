import { readRoute, type HttpOperation } from "./http-operation.ts";
import type { AnyCommand, AnyQuery } from "./members.ts";
import { nearest } from "./nearest.ts";
import { refuse } from "./refuse.ts";
import { fieldNames } from "./schema.ts";

const headerName = /^[!#$%&'*+.^_`|~\w-]+$/;

/** Headers that are the connection's, or are set by what the service declares besides. */
const ownHeaders =
  /^(?:host|connection|content-length|content-type|transfer-encoding|upgrade|te|expect|traceparent)$/i;

/** Checks how one member is asked for. @throws DeclarationError at `place` */
export function checkOperation(operation: HttpOperation, member: AnyQuery | AnyCommand, place: string): void {
  const route = readRoute(operation.route);
  if (route === undefined)
    refuse(
      `${place}.route`,
      `"${operation.route}" is no route`,
      'write method and path, such as "GET /books/{isbn}"',
    );
  const fields = fieldNames(member.input);
  const check = (name: string, at: string) => {
    if (fields === undefined || fields.includes(name)) return;
    const meant = nearest(name, [...fields]);
    refuse(
      at,
      `"${name}" is no field of the input${meant ? ` (did you mean "${meant}"?)` : ""}`,
      "name one of its fields",
    );
  };
  for (const name of route.parameters) check(name, `${place}.route`);
  for (const name of operation.query ?? []) check(name, `${place}.query`);
  for (const [name, header] of Object.entries(operation.headers ?? {})) {
    check(name, `${place}.headers`);
    if (!headerName.test(header) || ownHeaders.test(header))
      refuse(`${place}.headers.${name}`, `"${header}" is no header that may be set`, "name another");
  }
  if (operation.body !== undefined) check(operation.body, `${place}.body`);
  const elsewhere = new Set([
    ...route.parameters,
    ...(operation.query ?? []),
    ...Object.keys(operation.headers ?? {}),
  ]);
  const left = (fields ?? []).filter((name) => !elsewhere.has(name));
  if (/^(?:GET|HEAD|DELETE)$/.test(route.method) && left.length > 0)
    refuse(
      place,
      `${left.map((name) => `"${name}"`).join(", ")} of the input goes nowhere: ${route.method} has no body`,
      "list it in query or headers",
    );
  if (operation.body !== undefined && left.some((name) => name !== operation.body))
    refuse(
      `${place}.body`,
      `is the whole body, and ${left.filter((name) => name !== operation.body).join(", ")} goes nowhere`,
      "list it in query or headers",
    );
  const key = operation.idempotencyKey;
  if (key !== undefined && (member.kind !== "command" || !headerName.test(key) || ownHeaders.test(key)))
    refuse(
      `${place}.idempotencyKey`,
      member.kind === "command" ? `"${key}" is no header that may be set` : "is of a query",
      "leave it out",
    );
  for (const [status, code] of Object.entries(operation.errors ?? {})) {
    if (!/^4\d\d$/.test(status))
      refuse(
        `${place}.errors`,
        `${status} is no status from 400 to 499`,
        "leave it out: what fails there is no answer",
      );
    if (!Object.hasOwn(member.errors, code))
      refuse(
        `${place}.errors.${status}`,
        `"${code}" is no declared error of ${member.id}`,
        "declare it in the contract",
      );
  }
}
