import { setQuery } from "../route.ts";

/** What is longer would make an address that chats and mails break; it then holds the rest. */
const MOST_CHARACTERS = 1_200;

/** The input that the address holds, if any. */
export function inputOf(search: URLSearchParams): unknown {
  try {
    return JSON.parse(search.get("input") ?? "") as unknown;
  } catch {
    return undefined;
  }
}

/** Puts an input into the address, so that it can be sent to somebody; false where it is too long. */
export function shareInput(value: unknown): boolean {
  const text = JSON.stringify(value);
  const fit = encodeURIComponent(text).length <= MOST_CHARACTERS;
  setQuery({ input: fit ? text : null });
  return fit;
}
