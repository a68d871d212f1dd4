/** Words of any text: `"GET /order-items/{id}"` is get, order, items, id. */
function words(text: string): string[] {
  return text
    .normalize("NFKD")
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z\d]+/)
    .filter(Boolean);
}

/** A camelCase name of at most 40 letters and digits; `otherwise` where nothing is left of the text. */
export function camelCase(text: string, otherwise: string): string {
  const [first = "", ...rest] = words(text);
  const lower = /^[A-Z\d]+$/.test(first)
    ? first.toLowerCase()
    : first.charAt(0).toLowerCase() + first.slice(1);
  const name = [lower, ...rest.map(capital)].join("").replace(/^\d+/, "");
  return (name === "" ? otherwise : name).slice(0, 40);
}

export function pascalCase(text: string): string {
  return words(text).map(capital).join("").replace(/^\d+/, "").slice(0, 60);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const reserved = new Set(
  "break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch this throw true try typeof var void while with let static yield await async z command contract http query version".split(
    " ",
  ),
);

/** The name, or with a number where it is taken. Adds it to `taken`. */
export function unique(name: string, taken: Set<string>): string {
  let found = name;
  for (let n = 2; taken.has(found) || reserved.has(found); n++) found = `${name.slice(0, 37)}${n}`;
  taken.add(found);
  return found;
}
