import { failed, outcome, service } from "kerf";
import { shows } from "../contracts/contract.ts";
import { programme } from "./contract.ts";

export default service(
  programme,
  { uses: [shows] },
  {
    handle: {
      // #region outcome
      async poster({ show }, { call }) {
        const seats = await outcome(call(shows.seats, { show }, { timeoutMs: 800 }));
        if (seats.ok) return { text: `${seats.value.title}: ${seats.value.left} seats left` };
        if (failed(seats.error, shows.seats, "NoSuchShow"))
          return { text: `There is no ${seats.error.data.show}` };
        return { text: `${show}: ask at the door` };
      },
      // #endregion
      async opening({ day }, { fail }) {
        if (day === "sunday") throw fail("Shut", { until: "Monday, 10:00" });
        return { opensAt: "10:00" };
      },
      // #region commands
      async openSeason({ year }, { call, id }) {
        for (const title of ["Gala", "Last Night"]) {
          await call(shows.announce, { show: `${title} ${year}`, title }, { id: `${id}/${title}` });
        }
        return {};
      },
      // #endregion
    },
  },
);
