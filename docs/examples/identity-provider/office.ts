import { hashPassword, startProvider, type ProviderOptions } from "@kerf/identity";

/** A provider of its own, for an office: everybody has a password, and TLS ends before it. */
export async function officeProvider(places: Pick<ProviderOptions, "port" | "dataDir">) {
  // #region office
  return await startProvider({
    ...places, // { port: 4001, dataDir: "/var/lib/office-id" }
    host: "0.0.0.0",
    issuer: "https://id.office.example",
    exposed: true,
    audience: "box-office",
    people: [{ id: "ann", name: "Ann", roles: ["clerk"], passwordHash: await hashPassword("correct horse") }],
    clients: [
      { id: "web", redirectUris: ["https://office.example/callback"] },
      { id: "importer", secret: process.env["IMPORTER_SECRET"] ?? "", roles: ["import"] },
    ],
    log: (level, message) => console.error(level, message),
  });
  // #endregion
}
