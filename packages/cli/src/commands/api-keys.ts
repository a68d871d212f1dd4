import { changeKeyFile, newApiKey, readKeyFile, type ApiKeyRecord } from "@kerf/gateway/api-keys";
import { durationMs } from "kerf";
import { command } from "../arguments.ts";
import { standardOutput, type Output } from "../output.ts";
import { headed, time } from "../tables.ts";
import { Failure, UsageError } from "../usage.ts";

interface Given {
  readonly actor: string | undefined;
  readonly role: readonly string[] | undefined;
  readonly expires: string | undefined;
  readonly note: string | undefined;
}

export const apiKeys = command({
  name: "api-keys",
  summary: "Makes, lists and revokes keys by which machines use the gateway.",
  operand: { name: "action", oneOf: ["create", "list", "revoke"], fallback: "list", subject: "ID" },
  options: {
    actor: { value: "ID", text: "create: whom the key stands for" },
    role: { value: "NAME", many: true, text: "create: a role of theirs; may be repeated" },
    expires: {
      value: "TIME",
      text: "create: how long it is valid, such as 90d; default: until it is revoked",
    },
    note: { value: "TEXT", text: "create: what it is for" },
    file: { value: "FILE", text: "where the keys are kept; default: KERF_API_KEYS_FILE" },
    json: { text: "JSON instead of text" },
  },
  notes: [
    "A key is shown once, when it is made: the file has its SHA-256 only, and is for its owner alone (mode 600).",
    "Gateways that run with KERF_API_KEYS_FILE see a change within 2 s of the next use of a key.",
  ],
  async run(given, action, id) {
    const output = standardOutput({ json: given.json ?? false });
    const file = given.file ?? process.env["KERF_API_KEYS_FILE"];
    if (!file) throw new UsageError("--file FILE: say where the keys are kept, or set KERF_API_KEYS_FILE.");
    if (action !== "revoke" && id !== undefined) throw new UsageError(`kerf api-keys does not take "${id}".`);
    if (action === "create") return create(file, given, output);
    if (action === "list") return list(file, output);
    return revoke(file, id, output);
  },
});

function create(file: string, { actor, role: roles = [], expires, note }: Given, output: Output): number {
  if (!actor || actor.length > 255) throw new UsageError("--actor ID: say whom the key stands for.");
  const bad = roles.find((role) => !/^\S{1,100}$/.test(role));
  if (bad !== undefined) throw new UsageError(`--role "${bad}": a role is one word.`);
  const { key, record } = newApiKey({
    actor,
    roles,
    ...(note === undefined ? {} : { note }),
    ...(expires === undefined
      ? {}
      : { expiresAt: new Date(Date.now() + durationMs(expires, "--expires")).toISOString() }),
  });
  changeKeyFile(file, (keys) => [...keys, record], { create: true });
  if (output.json) output.line(JSON.stringify({ key, ...shown(record) }, undefined, 2));
  else output.line(key);
  output.note("This is the only time that the key is shown. Send it as x-api-key.");
  return 0;
}

function list(file: string, output: Output): number {
  const { keys } = readKeyFile(file);
  if (output.json) output.line(JSON.stringify({ keys: keys.map(shown) }, undefined, 2));
  else if (keys.length === 0) output.line("There are no keys.");
  else {
    const rows = keys.map((key) => [
      key.id,
      stateOf(key),
      key.actor,
      key.roles.join(",") || "-",
      time(key.createdAt),
      time(key.expiresAt ?? null),
      key.note ?? "",
    ]);
    headed(["id", "state", "actor", "roles", "created", "expires", "note"], rows, output).forEach(
      output.line,
    );
  }
  return 0;
}

function revoke(file: string, id: string | undefined, output: Output): number {
  if (id === undefined)
    throw new UsageError("kerf api-keys revoke ID: say which; kerf api-keys list shows them.");
  const revokedAt = new Date().toISOString();
  changeKeyFile(file, (keys) => {
    const found = keys.find((key) => key.id === id);
    if (!found) throw new Failure(`There is no key ${id}. kerf api-keys list shows all.`);
    if (found.revokedAt) throw new Failure(`The key ${id} has been revoked since ${time(found.revokedAt)}.`);
    return keys.map((key) => (key === found ? { ...key, revokedAt } : key));
  });
  if (output.json) output.line(JSON.stringify({ id, revokedAt }, undefined, 2));
  else output.line(`${id} is revoked.`);
  return 0;
}

/** Its hash is nobody's business. */
function shown(record: ApiKeyRecord): object {
  const { sha256: _hash, ...rest } = record;
  return { ...rest, state: stateOf(record) };
}

function stateOf({ revokedAt, expiresAt }: ApiKeyRecord): "valid" | "revoked" | "expired" {
  if (revokedAt) return "revoked";
  return expiresAt && Date.parse(expiresAt) <= Date.now() ? "expired" : "valid";
}
