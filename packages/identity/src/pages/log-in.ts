import type { Person } from "../options.ts";
import { escaped, originOf, page, type Page } from "./page.ts";

interface LogInParts {
  /** The program that asks, as people read it. */
  readonly client: string;
  readonly people: readonly Person[];
  /** Where the form goes. */
  readonly action: string;
  readonly redirectUri: unknown;
  /** What was wrong with the last try. */
  readonly problem?: { readonly person: string; readonly text: string };
}

/** Lists the people to log in as: a click is enough for those without a password. */
export function logInPage({ client, people, action, redirectUri, problem }: LogInParts): Page {
  const anybody = people.every(({ passwordHash }) => passwordHash === undefined);
  const entries = people.map((person) => {
    const about = person.roles?.length ? person.roles.join(", ") : "no roles";
    const wrong = problem?.person === person.id ? problem.text : undefined;
    return `<li><form method="post" action="${escaped(action)}">
<input type="hidden" name="person" value="${escaped(person.id)}">
${person.passwordHash === undefined ? open(person, about) : closed(person, about, wrong)}
</form></li>`;
  });
  return page({
    title: `Log in to ${client}`,
    formTarget: originOf(redirectUri),
    body: `<h1>Log in to ${escaped(client)}</h1>
<p>${people.length === 0 ? "There is nobody to log in as." : "Who would you like to be?"}</p>
<ul>
${entries.join("\n")}
</ul>
<p class="notice" role="note"><b>For development.</b> ${
      anybody
        ? "Whoever sees this page can be anybody on it."
        : "These people and passwords stand in the configuration of the application."
    }</p>`,
  });
}

function open(person: Person, about: string): string {
  return `<button class="person">${face(person)}${who(person, about)}</button>`;
}

function closed(person: Person, about: string, wrong: string | undefined): string {
  const id = escaped(person.id);
  return `<div class="person">${face(person)}${who(person, about)}</div>
${wrong === undefined ? "" : `<p class="bad" role="alert" id="wrong-${id}">${escaped(wrong)}</p>`}
<div class="password"><label>Password of ${escaped(person.name)}
<input type="password" name="password" required maxlength="200" autocomplete="current-password"${
    wrong === undefined ? "" : ` autofocus aria-invalid="true" aria-describedby="wrong-${id}"`
  }></label><button class="primary">Log in</button></div>`;
}

function face({ name }: Person): string {
  const initials = name
    .split(/\s+/)
    .map((word) => [...word][0] ?? "")
    .slice(0, 2)
    .join("");
  return `<span class="face" aria-hidden="true">${escaped(initials.toUpperCase())}</span>`;
}

function who({ name, id }: Person, about: string): string {
  return `<span class="who"><b>${escaped(name)}</b><small>${escaped(id)} · ${escaped(about)}</small></span>`;
}
