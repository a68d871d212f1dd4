import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly certPath: string;
}

let made: Certificate | undefined;

/** A self-signed certificate for localhost, made by openssl once per test file and deleted at the end. */
export async function certificate(): Promise<Certificate> {
  if (made !== undefined) return made;
  const folder = mkdtempSync(join(tmpdir(), "grpc-certificate-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const certPath = join(folder, "cert.pem");
  const keyPath = join(folder, "key.pem");
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  execFileSync(
    "openssl",
    ["req", "-x509", ...curve, "-nodes", "-days", "2", "-keyout", keyPath, "-out", certPath, ...names],
    {
      stdio: "ignore",
    },
  );
  made = { key: readFileSync(keyPath, "utf8"), cert: readFileSync(certPath, "utf8"), certPath };
  return made;
}
