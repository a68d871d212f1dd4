import { service } from "kerf";
import { boxOffice } from "./contract.ts";

export default service(
  boxOffice,
  {},
  {
    handle: {
      seats: async () => ({ left: 3 }),
      hold: async (input) => ({ left: 10 - input.seats }),
    },
  },
);
