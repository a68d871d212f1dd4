export { tcpProxy, type TcpProxy, type Way } from "../data/tcp-proxy.ts";
export { databaseFaults, type DatabaseFaults } from "./database.ts";
export { redeliver } from "./redeliver.ts";
export { followWork, type WorkFollowed } from "./unfinished.ts";
