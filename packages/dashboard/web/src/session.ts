import { useEffect, useState } from "preact/hooks";
import type { AppView, SessionRequest } from "../../src/api/index.ts";
import { ask, Refusal, SESSION_NEEDED, tell } from "./ask.ts";

export type Session =
  | { readonly kind: "opening" }
  | { readonly kind: "open"; readonly app: AppView }
  /** `error` where a token was tried. */
  | { readonly kind: "locked"; readonly error: string | null }
  | { readonly kind: "unreachable"; readonly error: string };

/** Trades the token of the address for a cookie, and takes it out of the address before anybody copies it. */
async function openSession(token: string | null): Promise<Session> {
  try {
    if (token !== null) await tell("/api/session", { token } satisfies SessionRequest);
    return { kind: "open", app: await ask<AppView>("/api/app") };
  } catch (error) {
    const { status, message } = error as Refusal;
    if (status === 403) return { kind: "locked", error: message };
    if (status === 401) return { kind: "locked", error: null };
    return { kind: "unreachable", error: message };
  }
}

function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

export function useSession(): { readonly session: Session; readonly open: (token: string | null) => void } {
  const [session, setSession] = useState<Session>({ kind: "opening" });
  const open = (token: string | null) => void openSession(token).then(setSession);
  useEffect(() => {
    open(takeToken());
    const tokenCame = () => {
      const token = takeToken();
      if (token !== null) open(token);
    };
    const lock = () => setSession((now) => (now.kind === "open" ? { kind: "locked", error: null } : now));
    // Another tab may have opened the new link meanwhile.
    const lookAgain = () => {
      if (!document.hidden) setSession((now) => (now.kind === "open" ? now : (open(null), now)));
    };
    document.addEventListener("visibilitychange", lookAgain);
    addEventListener("hashchange", tokenCame);
    addEventListener(SESSION_NEEDED, lock);
    return () => {
      document.removeEventListener("visibilitychange", lookAgain);
      removeEventListener("hashchange", tokenCame);
      removeEventListener(SESSION_NEEDED, lock);
    };
  }, []);
  return { session, open };
}
