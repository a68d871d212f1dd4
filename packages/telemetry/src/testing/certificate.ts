import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A self-signed certificate for localhost, made by openssl; its folder goes with the process. */
export function certificate(): Certificate & { readonly certPath: string } {
  const folder = mkdtempSync(join(tmpdir(), "kerf-otlp-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const [keyPath, certPath] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyPath];
  execFileSync("openssl", ["req", "-x509", ...key, "-days", "2", "-out", certPath, ...names], {
    stdio: "ignore",
  });
  return { key: readFileSync(keyPath, "utf8"), cert: readFileSync(certPath, "utf8"), certPath };
}
