export { closureOf, cycloneDx, type Subject } from "./cyclonedx.ts";
export { lockFileKind, readLockFile } from "./lock-file.ts";
export {
  type Ecosystem,
  type Inventory,
  keyOf,
  normalName,
  type Package,
  packageUrl,
  pathTo,
} from "./package.ts";
