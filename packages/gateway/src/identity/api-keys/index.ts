export { newApiKey, type ApiKeyRecord, type NewApiKey } from "./api-key.ts";
export { changeKeyFile, readKeyFile } from "./key-file.ts";
