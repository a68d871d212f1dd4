import {
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from "node:crypto";
import type { Actor, Via } from "kerf";
import { Recent } from "./recent.ts";

/** Who calls, for whom, and how: what a unit believes of another only with a token. */
export interface Bearer {
  readonly caller: string | undefined;
  readonly actor: Actor | undefined;
  readonly via: Via;
}

/** How long a token is valid, and how long one is used again: what is under way must not outlive it. */
const lifeMs = 60_000;
const reuseMs = 30_000;
/** Clocks of units may differ by this much. */
const skewMs = 30_000;
const maxLength = 8 * 1024;

/**
 * Tokens by which the units of one application believe each other who calls: one for each service that is called, for a
 * minute, made new at the edge and by every service that calls on. They are signed by a key that only they can derive.
 */
export interface CallTokens {
  /** A token that `callee` accepts and nobody else. */
  mint(callee: string, bearer: Bearer): string;
  /** What a token says to `callee`. @throws BadCallToken */
  read(token: string, callee: string): Bearer;
}

/** A token that this unit did not accept. The message says why, and nothing that stands in the token. */
export class BadCallToken extends Error {
  override readonly name = "BadCallToken";
}

interface Minted {
  readonly token: string;
  readonly renewAt: number;
}

interface Read {
  readonly bearer: Bearer;
  readonly audience: string;
  readonly endsAt: number;
}

/** The only header there is. It is compared, never read: no token chooses how it is checked. */
const header = Buffer.from('{"alg":"HS256","typ":"kerf-call+jwt"}').toString("base64url");

/**
 * @param secret what the units of the application share; where it is empty, tokens are this process's own
 * @param app part of the key and of the audience: applications that share a secret do not believe each other
 * @param now Date.now() milliseconds
 */
export function callTokens(secret: string, app: string, now: () => number = Date.now): CallTokens {
  const key = keyOf(secret, app);
  const minted = new WeakMap<Actor, Map<string, Minted>>();
  const ofNobody = new Map<string, Minted>();
  const known = new Recent<Read>(2_000);

  function mintedFor(actor: Actor | undefined): Map<string, Minted> {
    if (actor === undefined) return ofNobody;
    let of = minted.get(actor);
    if (!of) minted.set(actor, (of = new Map()));
    return of;
  }

  return {
    mint(callee, { caller, actor, via }) {
      const of = mintedFor(actor);
      const name = `${callee} ${via} ${caller ?? ""}`;
      const at = now();
      let found = of.get(name);
      if (!found || at >= found.renewAt) {
        const claims = {
          aud: `${app}/${callee}`,
          exp: Math.ceil((at + lifeMs) / 1_000),
          via,
          caller,
          ...(actor && { sub: actor.id, roles: actor.roles }),
        };
        of.set(name, (found = { token: sign(claims, key), renewAt: at + reuseMs }));
      }
      return found.token;
    },

    read(token, callee) {
      let found = known.get(token);
      if (!found) {
        if (token.length > maxLength) throw new BadCallToken(`it is longer than ${maxLength} characters`);
        found = verify(token, key);
        known.set(token, found);
      }
      if (found.audience !== `${app}/${callee}`) throw new BadCallToken("it is for another service");
      const late = now() - found.endsAt;
      if (late > skewMs)
        throw new BadCallToken(`it ended ${Math.round(late / 1_000)} s ago by this unit's clock`);
      return found.bearer;
    },
  };
}

/** A key for this purpose and application alone: https://www.rfc-editor.org/rfc/rfc5869 */
function keyOf(secret: string, app: string): KeyObject {
  if (secret === "") return createSecretKey(randomBytes(32));
  return createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", `kerf call token v1 ${app}`, 32)));
}

/** A JWT by HS256, so that stock tools can show it. */
function sign(claims: object, key: KeyObject): string {
  const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

function verify(token: string, key: KeyObject): Read {
  const end = token.lastIndexOf(".");
  const signed = token.slice(0, end);
  const given = Buffer.from(token.slice(end + 1), "base64url");
  const expected = createHmac("sha256", key).update(signed).digest();
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new BadCallToken("its signature is not one of this application's units");
  if (!signed.startsWith(`${header}.`)) throw new BadCallToken("it is a token for something else");
  const { aud, exp, via, caller, sub, roles } = JSON.parse(
    Buffer.from(signed.slice(header.length + 1), "base64url").toString(),
  ) as { aud: string; exp: number; via: Via; caller?: string; sub?: string; roles?: string[] };
  // Frozen, since all calls that come with this token share it.
  const actor = sub === undefined ? undefined : Object.freeze({ id: sub, roles: Object.freeze(roles!) });
  return { bearer: { caller, actor, via }, audience: aud, endsAt: exp * 1_000 };
}
