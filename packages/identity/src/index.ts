export { ProviderError, type Client, type Person, type ProviderOptions } from "./options.ts";
export { hashPassword } from "./passwords.ts";
export { startProvider, type RunningProvider } from "./start.ts";
