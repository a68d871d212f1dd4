import { errors, type Configuration, type KoaContextWithOIDC } from "oidc-provider";
import type { Keys } from "./keys.ts";
import type { Client, ProviderOptions } from "./options.ts";
import { failurePage } from "./pages/failure.ts";
import { loggedOutPage, logOutPage } from "./pages/log-out.ts";
import type { Page } from "./pages/page.ts";
import type { Store } from "./store.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Of an access token: short, since nobody can take it back. */
const ACCESS_SECONDS = 10 * MINUTE;
/** How long somebody stays logged in who does nothing. */
const SESSION_SECONDS = 14 * DAY;

/**
 * The `client_id` of tokens that this process makes by itself. It has no grant and nowhere to come back to: nobody gets
 * anything by its name. No client of an application can be called so.
 */
const byHandClient = {
  client_id: "kerf:by-hand",
  grant_types: [],
  response_types: [],
  redirect_uris: [],
  token_endpoint_auth_method: "none" as const,
};
export const BY_HAND = byHandClient.client_id;

const scopes = ["openid", "profile", "email", "offline_access"];

interface Parts {
  readonly keys: Keys;
  readonly store: Store;
  /** Where it listens; part of the cookies' names, which all ports of a machine share. */
  readonly port: number;
}

/** What `oidc-provider` is told: RFC 9700 throughout. Whatever is not named here is off. */
export function configurationOf(options: ProviderOptions, { keys, store, port }: Parts): Configuration {
  const people = new Map(options.people.map((person) => [person.id, person]));
  const machines = new Map(options.clients.map((client) => [client.id, client]));
  const resource = resourceOf(options);
  return {
    adapter: (kind: string) => store.adapter(kind),
    clients: [...options.clients.map(metadataOf), byHandClient],
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "none"],
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
    jwks: { keys: keys.signing.map((key) => ({ ...key })) },
    cookies: {
      keys: [...keys.cookies],
      names: {
        session: `kerf_${port}_session`,
        interaction: `kerf_${port}_interaction`,
        resume: `kerf_${port}_resume`,
      },
      short: { httpOnly: true, sameSite: "lax", signed: true },
      long: { httpOnly: true, sameSite: "lax", signed: true },
    },
    responseTypes: ["code"],
    scopes,
    claims: { openid: ["sub", "roles"], profile: ["name"], email: ["email"] },
    // There is no userinfo: an access token is for the application, and the ID token says who it is.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount(_ctx, id) {
      const person = people.get(id);
      if (!person) return undefined;
      return {
        accountId: id,
        claims: () => ({ sub: id, name: person.name, email: person.email, roles: [...(person.roles ?? [])] }),
      };
    },
    async extraTokenClaims(_ctx, token) {
      if (token.kind === "ClientCredentials")
        return { roles: [...(machines.get(token.clientId ?? "")?.roles ?? [])] };
      const person = "accountId" in token ? people.get(token.accountId) : undefined;
      return { roles: [...(person?.roles ?? [])] };
    },
    loadExistingGrant: (ctx) => grantAll(ctx, resource),
    // The clients are the application's own: whoever logs in wants to stay so, and is asked nothing more.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    expiresWithSession: async (_ctx, token) => !token.scopes.has("offline_access"),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
    async renderError(ctx, out) {
      show(ctx, failurePage(out.error, out.error_description));
    },
    ttl: {
      AccessToken: ACCESS_SECONDS,
      ClientCredentials: ACCESS_SECONDS,
      AuthorizationCode: MINUTE,
      IdToken: HOUR,
      Interaction: HOUR,
      Grant: SESSION_SECONDS,
      RefreshToken: SESSION_SECONDS,
      Session: SESSION_SECONDS,
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => resource,
        useGrantedResource: async () => true,
        async getResourceServerInfo(_ctx, indicator) {
          if (indicator !== resource) throw new errors.InvalidTarget();
          return resourceServerOf(options, keys);
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        async logoutSource(ctx, form) {
          const { params, session, entities } = ctx.oidc;
          const hint = entities.IdTokenHint as { payload?: { sub?: unknown } } | undefined;
          const certain = hint?.payload?.sub !== undefined && hint.payload.sub === session?.accountId;
          show(ctx, logOutPage({ form, redirectUri: params?.["post_logout_redirect_uri"], certain }));
        },
        async postLogoutSuccessSource(ctx) {
          show(ctx, loggedOutPage());
        },
      },
    },
  };
}

/** A resource is a URI; the audience of its tokens may be any name. */
export function resourceOf({ audience }: Pick<ProviderOptions, "audience">): string {
  return `urn:kerf:${encodeURIComponent(audience)}`;
}

export function resourceServerOf({ audience }: Pick<ProviderOptions, "audience">, { signing }: Keys) {
  return {
    scope: "",
    audience,
    accessTokenFormat: "jwt" as const,
    accessTokenTTL: ACCESS_SECONDS,
    jwt: { sign: { alg: "ES256" as const, kid: signing[0]!.kid } },
  };
}

function metadataOf({ id, name, secret, redirectUris = [], postLogoutRedirectUris = [] }: Client) {
  const forPeople = redirectUris.length > 0;
  return {
    client_id: id,
    client_name: name ?? id,
    grant_types: [
      ...(forPeople ? ["authorization_code", "refresh_token"] : []),
      ...(secret === undefined ? [] : ["client_credentials"]),
    ],
    response_types: forPeople ? (["code"] as const) : [],
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...postLogoutRedirectUris],
    ...(secret === undefined
      ? { token_endpoint_auth_method: "none" as const }
      : { client_secret: secret, token_endpoint_auth_method: "client_secret_basic" as const }),
  };
}

/** Everything that a client may ask for is granted: both belong to the same application. */
async function grantAll(ctx: KoaContextWithOIDC, resource: string) {
  const { provider, client, session } = ctx.oidc;
  if (!client || !session?.accountId) return undefined;
  const known = session.grantIdFor(client.clientId);
  const existing = known === undefined ? undefined : await provider.Grant.find(known);
  if (existing) return existing;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(scopes.join(" "));
  grant.addResourceScope(resource, "");
  await grant.save();
  return grant;
}

function show(ctx: KoaContextWithOIDC, { html, headers }: Page): void {
  for (const [name, value] of Object.entries(headers)) ctx.set(name, value);
  ctx.body = html;
}
