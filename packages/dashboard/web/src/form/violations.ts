/** What the server says is wrong, and where: `lines.0.quantity`; empty for the whole. */
export interface Violation {
  readonly path: string;
  readonly message: string;
}

/** Those of one place. */
export function at(violations: readonly Violation[], path: string): readonly string[] {
  return violations.filter((one) => one.path === path).map(({ message }) => message);
}

export function joined(path: string, name: string | number): string {
  return path === "" ? String(name) : `${path}.${name}`;
}

/** Those that no field of a form shows, since the value has nothing there that could have the field. */
export function homeless(violations: readonly Violation[], value: unknown): readonly Violation[] {
  return violations.filter(({ path }) => {
    let now = value;
    for (const name of path.split(".")) {
      if (typeof now !== "object" || now === null) return true;
      now = (now as { readonly [name: string]: unknown })[name];
    }
    return path === "";
  });
}
