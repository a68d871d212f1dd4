import type { Fleet } from "./fleet.ts";
import type { Random } from "./world/random.ts";
import type { Misfortune } from "./world/weather.ts";
import { calm } from "./world/weather.ts";
import type { World } from "./world/world.ts";

/** Lets something larger go wrong now and then until the storm is over, and while there is work in hand: soon after `busyAt`. */
export function storm(
  world: World,
  fleet: Fleet,
  random: Random,
  until: number,
  busyAt: readonly number[],
): void {
  const { weather } = world;
  const { misfortuneMs, misfortunes } = weather;
  if (misfortunes.length === 0) return;
  next();
  for (const at of busyAt) {
    const soon = at + random.between(0, 400);
    if (random.chance(0.4) && soon < until) world.timeline.at(soon, () => happen(random.pick(misfortunes)));
  }

  function next(): void {
    const at = world.timeline.now + misfortuneMs * random.between(0.3, 1.7);
    if (at >= until) return;
    world.timeline.at(at, () => {
      happen(random.pick(misfortunes));
      next();
    });
  }

  function happen(what: Misfortune): void {
    const alive = fleet.replicas.filter((r) => r.process.alive);
    const replica = alive.length > 0 ? random.pick(alive) : undefined;
    switch (what) {
      case "kill":
        if (!replica) return;
        fleet.kill(replica);
        world.timeline.after(random.between(50, 5_000), () => fleet.restart(replica));
        return;
      case "restart":
        if (!replica || replica.process.stopped) return;
        fleet.drain(replica);
        world.timeline.after(random.between(2_000, 8_000), () => {
          if (replica.process.alive) fleet.kill(replica);
          fleet.restart(replica);
        });
        return;
      case "stop":
        if (replica) fleet.stop(replica, fleet.leaseMs * random.between(0.1, 3));
        return;
      case "partition": {
        if (!replica) return;
        const other = random.pick(fleet.replicas);
        const ms = random.between(200, 6_000);
        world.trace.add(`partition ${replica.name} ${other.name} for ${Math.round(ms)} ms`);
        if (random.chance(0.5)) world.cut(replica.name, other.name, ms);
        else world.cutOneWay(replica.name, other.name, ms);
        return;
      }
      case "store cut": {
        if (!replica) return;
        const place = random.chance(0.3) ? "broker" : random.pick(replica.unit.services);
        const ms = random.between(200, 6_000);
        world.trace.add(`cut ${replica.name} from ${place} for ${Math.round(ms)} ms`);
        const way = random.pick(["both", "there", "back"]);
        if (way === "both") world.cut(replica.name, place, ms);
        if (way === "there") world.cutOneWay(replica.name, place, ms);
        if (way === "back") world.cutOneWay(place, replica.name, ms);
        return;
      }
      case "store crash": {
        const [service, store] = random.pick([...world.stores]);
        if (!store.up) return;
        store.crash((most) => {
          const lost = random.below(most + 1);
          world.trace.add(`crash of the store of ${service}: ${lost} of ${most} lazy commits lost`);
          return lost;
        });
        world.timeline.after(random.between(20, 3_000), () => (store.up = true));
        return;
      }
      case "broker down":
        world.trace.add("broker down");
        world.brokerUp = false;
        world.timeline.after(random.between(100, 3_000), () => (world.brokerUp = true));
    }
  }
}

/** Everything works again, and everybody is there. */
export function heal(world: World, fleet: Fleet): void {
  world.trace.add("heal");
  world.weather = calm(world.weather);
  world.mend();
  world.brokerUp = true;
  for (const store of world.stores.values()) store.up = true;
  for (const replica of fleet.replicas.slice()) if (!replica.process.alive) fleet.restart(replica);
}
