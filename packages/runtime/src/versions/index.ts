export { counted } from "./counted.ts";
export { deprecatedUses } from "./deprecated-uses.ts";
export { successors } from "./successors.ts";
export { usageByVersion, VersionUsage, type MemberUse } from "./usage.ts";
