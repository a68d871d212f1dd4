import { relative } from "node:path";
import { DeclarationError, isContract, type LoadService, type ServiceDefinition } from "kerf";

/**
 * Imports a service of an app.
 * @throws DeclarationError with its name, its file and the first line of the reason
 */
export async function importService(name: string, load: LoadService): Promise<ServiceDefinition> {
  const place = `services.${name}`;
  let loaded: { readonly [name: string]: unknown };
  try {
    loaded = await load();
  } catch (error) {
    if (error instanceof DeclarationError) throw error;
    const refusal = new DeclarationError(
      place,
      `${fileOf(load)} cannot be imported: ${reasonOf(error)}`,
      "mend that file, or what it imports",
    );
    throw Object.assign(refusal, { cause: error });
  }
  const { default: definition, ...others } = loaded ?? {};
  if (isService(definition)) return definition;
  const named = Object.keys(others).find((key) => isService(others[key]));
  throw new DeclarationError(
    place,
    definition === undefined
      ? `${fileOf(load)} has no default export`
      : `what ${fileOf(load)} exports is not a service`,
    named === undefined
      ? "write export default service(…)"
      : `write export default ${named}: the service is exported as "${named}"`,
  );
}

function isService(value: unknown): value is ServiceDefinition {
  const { contract, handle } = (value ?? {}) as Partial<ServiceDefinition>;
  return isContract(contract) && typeof handle === "object";
}

/** The file of `() => import("./services/orders/service.ts")`; a function's text is the only place that has it. */
function fileOf(load: LoadService): string {
  return /\(\s*["'`]([^"'`]+)["'`]/.exec(load.toString())?.[1] ?? "its file";
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).split("\n", 1)[0]!;
  const [first] = error.message.split("\n", 1);
  // Node puts the file and line of a syntax error nowhere but at the head of the stack.
  const [head] = (error.stack ?? "").split("\n", 1);
  const at = /^(?:file:\/\/)?(.+?):(\d+)$/.exec(head!);
  return `${error.name}: ${first}${at ? ` (${relative(process.cwd(), decodeURI(at[1]!))}:${at[2]})` : ""}`;
}
