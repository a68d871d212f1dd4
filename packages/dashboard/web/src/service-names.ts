import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** Names of the application's services, for filters. */
export const ServiceNames = createContext<readonly string[]>([]);
export const useServiceNames = () => useContext(ServiceNames);
