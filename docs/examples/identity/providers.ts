import { app } from "kerf";

const services = { shows: () => import("../services/service.ts") };
const topologies = { monolith: { all: "*" } } as const;

export const one = app("box-office", {
  services,
  topologies,
  // #region one
  gateway: {
    identity: {
      issuer: "https://id.example",
      audience: "https://api.box-office.example",
      roles: { claim: "realm_access.roles", prefix: "box-office:" },
    },
  },
  // #endregion
});

export const several = app("box-office", {
  services,
  topologies,
  gateway: {
    // #region several
    identity: [
      { issuer: "https://id.example", audience: "box-office" },
      {
        issuer: "https://partner.example",
        audience: "box-office",
        idPrefix: "partner:",
        roles: { claim: "groups", map: { "Ticket desk": ["seller"] } },
      },
    ],
    // #endregion
  },
});
