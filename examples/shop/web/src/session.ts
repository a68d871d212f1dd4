import { UserManager, WebStorageStateStore, type User } from "oidc-client-ts";
import { useEffect, useState } from "preact/hooks";

/** The client's name at the provider. */
const CLIENT = "shop-web";

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
}

/** `undefined`: not known yet. */
let person: Person | null | undefined;
let manager: Promise<UserManager | undefined> | undefined;
let renewing: Promise<User | null> | undefined;
const listeners = new Set<() => void>();

/** Who is logged in: null for nobody, undefined until that is known. */
export function usePerson(): Person | null | undefined {
  const [known, setKnown] = useState(person);
  useEffect(() => {
    const told = () => setKnown(person);
    listeners.add(told);
    if (person === undefined) void current().then(know);
    else told();
    return () => void listeners.delete(told);
  }, []);
  return known;
}

/** The access token, where somebody is logged in. */
export async function token(): Promise<string | undefined> {
  return (await current())?.access_token;
}

/** Who is logged in, with a token that is good: one that ended while nobody looked is renewed. */
async function current(): Promise<User | undefined> {
  const users = await open();
  const user = await users?.getUser();
  if (!users || !user) return undefined;
  if (!user.expired) return user;
  if (!user.refresh_token) return undefined;
  // Several ask at once, and a refresh token is good once.
  renewing ??= users
    .signinSilent()
    .catch(() => null)
    .finally(() => (renewing = undefined));
  return (await renewing) ?? undefined;
}

/** Leaves for the provider's page; comes back to `next`. */
export async function logIn(next = location.pathname + location.search): Promise<void> {
  const users = await open();
  if (!users) throw new Error("This shop has no provider to log in at.");
  await users.signinRedirect({ state: next });
}

/** Ends the log-in that the provider's page began. Gives where the visitor was. */
export async function finishLogIn(): Promise<string> {
  const users = await open();
  const user = await users!.signinCallback();
  know(user);
  const next = user?.state;
  // It went through the provider: only a path of this shop may come of it.
  return typeof next === "string" && /^\/(?!\/)/.test(next) ? next : "/";
}

/** Logs out here and at the provider, which leads back. */
export async function logOut(): Promise<void> {
  const users = await open();
  const user = await users?.getUser();
  if (!users || !user) return;
  await users.signoutRedirect(user.id_token ? { id_token_hint: user.id_token } : {});
}

/** The session is over: its token was refused. */
export async function forget(): Promise<void> {
  await (await open())?.removeUser();
  know(null);
}

function open(): Promise<UserManager | undefined> {
  return (manager ??= findProvider().then((issuer) => (issuer ? managerOf(issuer) : undefined)));
}

/** The gateway knows whose tokens it believes: RFC 9728. */
async function findProvider(): Promise<string | undefined> {
  const answer = await fetch("/.well-known/oauth-protected-resource");
  if (!answer.ok) return undefined;
  const { authorization_servers: servers } = (await answer.json()) as { authorization_servers?: string[] };
  return servers?.[0];
}

function managerOf(issuer: string): UserManager {
  const users = new UserManager({
    authority: issuer,
    client_id: CLIENT,
    redirect_uri: `${location.origin}/callback`,
    post_logout_redirect_uri: `${location.origin}/`,
    scope: "openid profile",
    // For as long as this tab is open, and out of reach of other tabs.
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: true,
    monitorSession: false,
  });
  users.events.addUserLoaded(know);
  users.events.addUserUnloaded(() => know(null));
  return users;
}

function know(user: User | null | undefined): void {
  person = user && !user.expired ? personOf(user) : null;
  for (const told of listeners) told();
}

function personOf({ profile }: User): Person {
  const roles = profile["roles"];
  return {
    id: profile.sub,
    name: typeof profile.name === "string" ? profile.name : profile.sub,
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : [],
  };
}
