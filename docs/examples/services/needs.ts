import { needs } from "kerf";

export const wants = needs({ database: { migrations: new URL("./migrations/", import.meta.url) } });
