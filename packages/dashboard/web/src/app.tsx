import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { AppView, ServiceList } from "../../src/api/index.ts";
import { DeadLettersPage } from "./events/dead-letters.tsx";
import { EventsPage } from "./events/events.tsx";
import { focusSearch, moveRow, useShortcuts } from "./keys.ts";
import { startLive, togglePause } from "./live.ts";
import { useLoaded } from "./loaded.ts";
import { LogsPage } from "./logs/logs.tsx";
import { MapPage } from "./map/map.tsx";
import { MetricsPage } from "./metrics/metrics.tsx";
import { nameColours } from "./palette.ts";
import { Gate } from "./parts/gate.tsx";
import { Help } from "./parts/help.tsx";
import { Lost } from "./parts/lost.tsx";
import { Side } from "./parts/side.tsx";
import { Empty } from "./parts/text.tsx";
import { View } from "./parts/view.tsx";
import { useTheme } from "./preferences.ts";
import { go, usePlace, type Place } from "./route.ts";
import { SagaPage } from "./sagas/saga.tsx";
import { SagasPage } from "./sagas/sagas.tsx";
import { ServiceNames } from "./service-names.ts";
import { ServicePage } from "./services/service.tsx";
import { ServicesPage } from "./services/services.tsx";
import { useSession } from "./session.ts";
import { TopologyPage } from "./topology/topology.tsx";
import { TracePage } from "./traces/trace.tsx";
import { TracesPage } from "./traces/traces.tsx";
import { viewsOf } from "./views.ts";

export function App() {
  const { session, open } = useSession();
  const { toggle } = useTheme();
  if (session.kind !== "open") return <Gate session={session} open={open} />;
  return <Frame app={session.app} onTheme={toggle} />;
}

function Frame({ app: first, onTheme }: { app: AppView; onTheme: () => void }) {
  const place = usePlace();
  const [help, setHelp] = useState(false);
  const app = useLoaded<AppView>("/api/app", ["traces", "logs"]).value ?? first;
  const list = useLoaded<ServiceList>("/api/services", ["topology"]);
  const known = list.value?.services.map(({ name }) => name).join() ?? "";
  const services = useMemo(() => {
    const names = known === "" ? [] : known.split(",");
    nameColours(names);
    return names;
  }, [known]);
  const parts = JSON.stringify(app.parts);
  const views = useMemo(() => viewsOf(app), [parts]);
  const shortcuts = useMemo(
    () => ({
      ...Object.fromEntries(views.map(({ key, path }) => [`g ${key}`, () => go(`/${path}`)])),
      "/": focusSearch,
      j: () => moveRow(1),
      k: () => moveRow(-1),
      p: togglePause,
      "\\": onTheme,
      "?": () => setHelp(true),
    }),
    [views, onTheme],
  );
  useShortcuts(shortcuts);
  useEffect(startLive, []);

  const here = place.path[0] ?? "map";
  return (
    <ServiceNames.Provider value={services}>
      <a class="skip" href="#view">
        Skip to the view
      </a>
      <div class="frame">
        <Side app={app} views={views} here={here} onTheme={onTheme} onHelp={() => setHelp(true)} />
        <main class="view" id="view" tabIndex={-1}>
          <Lost />
          {/* Colours follow from all names: without them, services would change theirs. */}
          {(list.value ?? list.error) &&
            (views.some(({ path }) => path === here) ? pageOf(place, app) : <NotFound />)}
        </main>
      </div>
      {help && <Help views={views} onClose={() => setHelp(false)} />}
    </ServiceNames.Provider>
  );
}

function pageOf({ path, search }: Place, app: AppView): ComponentChildren {
  const [view = "map", first, second, third, ...more] = path;
  if (more.length > 0) return <NotFound />;
  if (first === undefined)
    switch (view) {
      case "map":
        return <MapPage search={search} hasTopology={app.parts.topology} />;
      case "traces":
        return <TracesPage search={search} />;
      case "sagas":
        return <SagasPage search={search} />;
      case "events":
        return <EventsPage search={search} />;
      case "dead-letters":
        return <DeadLettersPage search={search} />;
      case "services":
        return <ServicesPage search={search} />;
      case "logs":
        return <LogsPage search={search} />;
      case "metrics":
        return <MetricsPage search={search} />;
      case "topology":
        return <TopologyPage />;
    }
  else if (second === undefined) {
    if (view === "traces") return <TracePage key={first} traceId={first} search={search} />;
    if (view === "services") return <ServicePage key={first} name={first} search={search} />;
  } else if (view === "sagas" && third !== undefined)
    return <SagaPage key={third} service={first} name={second} id={third} />;
  return <NotFound />;
}

function NotFound() {
  return (
    <View title="Not here">
      <Empty title="There is nothing at this address">
        <a class="button" href="/map">
          To the map
        </a>
      </Empty>
    </View>
  );
}
