const CONTROL = "\\u0000-\\u001f\\u007f-\\u009f";

/**
 * A pattern as other languages read it: they know the syntax of JavaScript without its `u` flag at most
 * (https://json-schema.org/draft/2020-12/json-schema-core#section-6.4), and so no property of Unicode. The one that contracts
 * need, control characters, is small enough to be written out. Others stay: an approximation would be wrong.
 */
export function portablePattern(pattern: string): string {
  let made = "";
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const property = /^\\([pP])\{(?:gc=|General_Category=)?(?:Cc|Control)\}/.exec(pattern.slice(i));
    // Within a class there is no way to write what it is not.
    if (property && !(inClass && property[1] === "P")) {
      made += inClass ? CONTROL : `[${property[1] === "P" ? "^" : ""}${CONTROL}]`;
      i += property[0].length - 1;
      continue;
    }
    const sign = pattern[i]!;
    if (sign === "\\") made += sign + (pattern[++i] ?? "");
    else {
      if (sign === "[") inClass = true;
      else if (sign === "]") inClass = false;
      made += sign;
    }
  }
  return made;
}
