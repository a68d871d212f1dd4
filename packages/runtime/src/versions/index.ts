export { counted } from "./counted.ts";
export { successors } from "./successors.ts";
export { usageByVersion, VersionUsage, type MemberUse } from "./usage.ts";
