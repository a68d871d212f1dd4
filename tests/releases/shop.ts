import { service } from "kerf";
import { catalog, shop } from "./contract.ts";

export default service(
  shop,
  { uses: [catalog] },
  {
    handle: {
      async page({ sku }, { call }) {
        const asked = [1, 2, 3].map(() => call(catalog.item, { sku }));
        return { by: (await Promise.all(asked)).map(({ by }) => by) };
      },
    },
  },
);
