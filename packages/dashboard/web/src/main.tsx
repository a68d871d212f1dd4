import { render } from "preact";
import { App } from "./app.tsx";
import "./style/tokens.css";
import "./style/base.css";
import "./style/frame.css";
import "./style/controls.css";
import "./style/parts.css";
import "./style/shared.css";
import "./style/traces.css";
import "./style/waterfall.css";
import "./style/map.css";
import "./style/records.css";
import "./style/logs.css";
import "./style/metrics.css";
import "./style/topology.css";
import "./style/form.css";

render(<App />, document.getElementById("app")!);
