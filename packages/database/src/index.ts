export { type BackupOptions, backUp } from "./backup/backup.ts";
export { verifyCopyBackup } from "./backup/copy-backup.ts";
export * from "./directory.ts";
export * from "./inspect.ts";
export { describeHolder, type LockHolder } from "./lock.ts";
export { migrate } from "./migrate.ts";
export type { MigrateOptions, MigrateOutcome, MigrationEvent } from "./options.ts";
export { passwordOf, safeUrl } from "./url.ts";
