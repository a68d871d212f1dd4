import { app } from "kerf";

/** The application of the examples in `docs/`: a box office that sells seats of shows. */
export default app("box-office", {
  services: {
    shows: () => import("./services/service.ts"),
    till: () => import("./services/till/service.ts"),
    programme: () => import("./calls/service.ts"),
    attendance: () => import("./events/service.ts"),
    popularity: () => import("./events/popularity/service.ts"),
    bookings: () => import("./sagas/service.ts"),
    waiting: () => import("./schedules/service.ts"),
    reviews: () => import("./data/service.ts"),
    auction: () => import("./streams/service.ts"),
  },
  topologies: {
    monolith: { all: "*" },
    split: { front: ["programme"], back: "*" },
    micro: "each",
  },
});
