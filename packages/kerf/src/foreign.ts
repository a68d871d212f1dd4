import { describe, type AnyContract } from "./contract.ts";
import { checkOperation } from "./foreign-checks.ts";
import type { HttpOperation } from "./http-operation.ts";
import { refuse } from "./refuse.ts";

/** How the service is told who asks: the secret is `KERF_<NAME>_KEY`, or in the file of `KERF_<NAME>_KEY_FILE`. */
export type ForeignAuth =
  /** `Authorization: Bearer <key>`. */
  | "bearer"
  /** `Authorization: Basic …` of the key, which is `user:password`. */
  | "basic"
  /** The key, in a header of this name. */
  | { readonly header: string };

export interface HttpServiceSpec {
  /** Where it is. `KERF_<NAME>_URL` says another on a machine. */
  readonly url: string;
  readonly auth?: ForeignAuth;
  readonly timeouts?: {
    /** To be connected. Default 2,000. */
    readonly connectMs?: number;
    /** For one try; what is left of the caller's deadline bounds it, too. Default 10,000. */
    readonly answerMs?: number;
  };
  /** The longest answer that is read. Default 4,194,304 (4 MiB). */
  readonly answerBytes?: number;
  /** Connections at once. Default 32. */
  readonly connections?: number;
  /** Whether `url` may be a link-local address. Default false. */
  readonly linkLocal?: boolean;
  /** One for each query and command of the contract. */
  readonly operations: { readonly [member: string]: HttpOperation };
}

/** A service that Kerf does not run, as data. Made by {@link http}. */
export interface ForeignService extends HttpServiceSpec {
  readonly contract: AnyContract;
}

/**
 * Declares a service that speaks HTTP and that Kerf does not run: `foreign: { bookshop: http(bookshop, {…}) }` in
 * `app()`. Services that list the contract in `uses` then `call` it as any other.
 * @throws DeclarationError for a member without operation, an operation that fits no member, or one that cannot be asked
 */
export function http(contract: AnyContract, spec: HttpServiceSpec): ForeignService {
  const facts = describe(contract);
  const place = `http(${facts.name})`;
  for (const name of Object.keys(spec.operations ?? {}))
    if (!facts.members.has(name))
      refuse(`${place}.operations.${name}`, "is no member of the contract", "remove it, or add the member");
  for (const [name, member] of facts.members) {
    if (member.kind !== "query" && member.kind !== "command")
      refuse(
        `${place}.${name}`,
        `is a ${member.kind}`,
        "declare queries and commands only: there is nobody to state facts",
      );
    if (member.http !== undefined)
      refuse(
        `${place}.${name}.http`,
        "would be a route of the gateway",
        "leave it out, and let a service of yours answer strangers",
      );
    const operation = spec.operations?.[name];
    if (operation === undefined)
      refuse(
        `${place}.operations`,
        `has none for "${name}"`,
        'add one, such as { route: "GET /books/{isbn}" }',
      );
    checkOperation(operation, member, `${place}.operations.${name}`);
  }
  return Object.freeze({ ...spec, contract });
}

/** Checks the `foreign` of an app. @throws DeclarationError */
export function checkForeign(
  foreign: { readonly [name: string]: ForeignService },
  services: readonly string[],
  place: string,
): void {
  for (const [name, service] of Object.entries(foreign)) {
    const at = `${place}.${name}`;
    if (typeof service !== "object" || service === null || !("operations" in service))
      refuse(at, "is no foreign service", "list what http() returns");
    const { name: known } = describe(service.contract);
    if (known !== name) refuse(at, `is of the contract "${known}"`, `call it "${known}"`);
    if (services.includes(name)) refuse(at, "is also a service of the app", "keep one of them");
  }
}
