/** More words than this add nothing to a search but work. */
const maxWords = 12;

/**
 * The words of a search, as the database's parser would cut them: runs of letters and digits. Whatever else a
 * person types (quotes, operators of the query language) only separates.
 */
export function wordsOf(search: string): string[] {
  return (search.normalize("NFC").match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).slice(0, maxWords);
}
