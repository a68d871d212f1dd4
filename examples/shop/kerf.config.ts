import { app } from "kerf";

export default app("shop", {
  services: {
    users: () => import("./services/users/service.ts"),
    catalog: () => import("./services/catalog/service.ts"),
    carts: () => import("./services/carts/service.ts"),
    orders: () => import("./services/orders/service.ts"),
    payments: () => import("./services/payments/service.ts"),
    inventory: () => import("./services/inventory/service.ts"),
    shipping: () => import("./services/shipping/service.ts"),
    recommendations: () => import("./services/recommendations/service.ts"),
    notifications: () => import("./services/notifications/service.ts"),
    storefront: () => import("./services/storefront/service.ts"),
  },
  topologies: {
    monolith: { shop: "*" },
    split: { checkout: ["orders", "payments"], browse: ["catalog", "recommendations"], back: "*" },
    micro: "each",
  },
  gateway: {
    static: { dir: new URL("./web/dist/", import.meta.url), fallback: "index.html" },
    // #region people
    developmentProvider: {
      people: [
        { id: "alice", name: "Alice Example", email: "alice@customers.example" },
        { id: "ben", name: "Ben Example", email: "ben@customers.example" },
        { id: "office", name: "Olive Office", roles: ["staff"] },
      ],
      clients: [
        {
          id: "shop-web",
          name: "the shop",
          redirectUris: ["{gateway}/callback"],
          postLogoutRedirectUris: ["{gateway}/"],
        },
        { id: "importer", name: "the importer", secret: "for-development-only", roles: ["staff"] },
      ],
    },
    // #endregion
  },
  hints: [
    "curl '{gateway}/v1/products?search=heart'",
    'curl -X POST {gateway}/v1/orders -H \'Authorization: Bearer dev:alice\' -H \'Content-Type: application/json\' -d \'{"lines":[{"offerId":"KG1001-1","quantity":2}]}\'',
  ],
});
