import { useState } from "preact/hooks";
import type { Session } from "../session.ts";

interface Props {
  readonly session: Exclude<Session, { kind: "open" }>;
  readonly open: (token: string | null) => void;
}

/** Before the session is there: what is missing, and how to get it. */
export function Gate({ session, open }: Props) {
  const [token, setToken] = useState("");
  if (session.kind === "opening") return <div class="gate" aria-busy="true" />;
  if (session.kind === "unreachable")
    return (
      <main class="gate">
        <h1>The dashboard cannot be reached</h1>
        <p class="soft">{session.error}</p>
        <p>
          <button type="button" class="button main" onClick={() => open(null)}>
            Try again
          </button>
        </p>
      </main>
    );
  return (
    <main class="gate">
      <h1>Open the link that kerf dev prints</h1>
      <p class="soft">
        It ends with a token, which keeps others on this machine out. Or paste the token here.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          open(token.trim().replace(/^.*#token=/, ""));
        }}
      >
        <input
          class="field wide"
          type="password"
          aria-label="Token"
          autocomplete="off"
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <button type="submit" class="button main" disabled={token.trim() === ""}>
          Open
        </button>
      </form>
      {session.error && (
        <p class="bad" role="alert">
          {session.error}
        </p>
      )}
    </main>
  );
}
