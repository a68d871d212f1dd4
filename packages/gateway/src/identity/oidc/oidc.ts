import { checkIdentity, type Actor, type IdentitySettings, type Log } from "kerf";
import { providerKeys } from "./provider-keys.ts";
import { TokenCache } from "./token-cache.ts";
import { tokenVerifier } from "./verify.ts";

export interface OidcOptions {
  readonly settings: IdentitySettings;
  readonly log: Log;
  /** Date.now milliseconds, for tests. */
  readonly now?: () => number;
}

/**
 * Says who bears an access token of one of the providers. At once, without a promise, where it was verified before:
 * until it ends, or its provider's keys change. The keys are fetched in the background, and again when they are needed.
 * @throws DeclarationError for settings that are not safe
 */
export function oidcIdentity({ settings, log, now = Date.now }: OidcOptions) {
  const providers = checkIdentity(settings, "gateway.identity").map((one) => ({
    settings: one,
    keys: providerKeys({
      issuer: one.issuer,
      now,
      onProblem: (err) =>
        log.warn({ err, issuer: one.issuer }, "the keys of an identity provider cannot be had"),
    }),
  }));
  const verify = tokenVerifier(providers, now);
  const known = new TokenCache();
  for (const { keys } of providers) void keys.refresh(now());

  /** @throws StatusError UNAUTHENTICATED, or UNAVAILABLE where the provider's keys cannot be had */
  return function identify(token: string): Actor | Promise<Actor> {
    const found = known.get(token);
    if (found) {
      const at = now();
      const { keys } = found;
      if (at >= keys.renewAt) void keys.refresh(at);
      if (at < found.endsAt && at < keys.freshUntil && found.generation === keys.generation)
        return found.actor;
      known.delete(token);
    }
    return verify(token).then((verified) => {
      known.set(token, verified);
      return verified.actor;
    });
  };
}
