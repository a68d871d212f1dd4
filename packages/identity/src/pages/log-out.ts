import { originOf, page, type Page } from "./page.ts";

interface LogOutParts {
  /** The provider's own form, with its guard against forgery. */
  readonly form: string;
  readonly redirectUri: unknown;
  /** The program that asks has proved by an ID token that it is about this person: there is nothing to ask. */
  readonly certain: boolean;
}

const FORM = "op.logoutForm";

export function logOutPage({ form, redirectUri, certain }: LogOutParts): Page {
  return page({
    title: "Log out",
    formTarget: originOf(redirectUri),
    body: `<h1>Log out?</h1>
<p>You will be logged out of everything that you logged in to here.</p>
${form}
<div class="actions">
<button class="primary" type="submit" form="${FORM}" value="yes" name="logout" id="yes" autofocus>Log out</button>
<button type="submit" form="${FORM}">Stay logged in</button>
</div>`,
    ...(certain ? { script: 'document.getElementById("yes").click()' } : {}),
  });
}

export function loggedOutPage(): Page {
  return page({
    title: "Logged out",
    body: `<h1>You are logged out</h1>
<p>You can close this page.</p>`,
  });
}
