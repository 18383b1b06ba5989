export { type BackupOptions, backUp } from "./backup/backup.ts";
export { verifyCopyBackup } from "./backup/copy-backup.ts";
export * from "./directory.ts";
export * from "./inspect.ts";
export { describeHolder, type LockHolder } from "./lock.ts";
export * from "./migrate.ts";
export { passwordOf, safeUrl } from "./url.ts";
