import { StatusError, type Actor } from "kerf";
import type { Identify } from "./credentials.ts";
import { markDevelopment } from "./development.ts";

/** Says who has a credential of one kind. @throws StatusError UNAUTHENTICATED where it is not valid */
export type IdentifyBy = (credential: string) => Actor | Promise<Actor>;

export interface Schemes {
  /** Of `Authorization: Bearer …`. */
  readonly bearer?: IdentifyBy | undefined;
  /** Of `Authorization: ApiKey …` and of `x-api-key`. */
  readonly apiKey?: IdentifyBy | undefined;
  /** Of `Authorization: Bearer dev:…`. */
  readonly development?: Identify | undefined;
}

/** Asks whoever knows the kind of credential that a request has. A kind that nobody knows is refused, not overlooked. */
export function identifyByScheme({ bearer, apiKey, development }: Schemes): Identify {
  const kinds = [bearer && "Bearer", apiKey && "ApiKey", development && "Bearer dev:<id>"].filter(Boolean);

  const identify: Identify = (request) => {
    const { authorization, "x-api-key": key } = request.headers;
    if (authorization === undefined && key === undefined) return undefined;
    if (authorization !== undefined && key !== undefined)
      throw refused("There are two credentials, Authorization and x-api-key. Send one.");
    if (key !== undefined) {
      if (apiKey && typeof key === "string") return apiKey(key);
    } else if (typeof authorization === "string") {
      // A scheme is the same in any case: https://www.rfc-editor.org/rfc/rfc9110#section-11.1
      const gap = authorization.indexOf(" ");
      const scheme = authorization.slice(0, gap).toLowerCase();
      const credential = authorization.slice(gap + 1);
      if (scheme === "bearer") {
        if (development && credential.startsWith("dev:")) return development(request);
        if (bearer) return bearer(credential);
      } else if (scheme === "apikey" && apiKey) return apiKey(credential);
    }
    throw refused(`This is no credential of a kind that is accepted here: ${kinds.join(", ")}.`);
  };
  if (development) markDevelopment(identify);
  return identify;
}

function refused(message: string): StatusError {
  return new StatusError("UNAUTHENTICATED", message);
}
