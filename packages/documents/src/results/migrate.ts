import { z } from "zod";

/** Whether running code of the previous version survives a migration (`expand`) or not (`contract`). */
export const MigrationPhase = z.enum(["expand", "contract"]);
export type MigrationPhase = z.infer<typeof MigrationPhase>;

/** What a database looks like at one moment. */
export const SchemaSummary = z.strictObject({
  /** Version of the newest applied migration; null in an empty database. */
  version: z.string().nullable(),
  applied: z.number().int().nonnegative(),
  tables: z.array(
    z.strictObject({
      /** With its schema in front unless that is the one of the migrations. */
      name: z.string(),
      columns: z.number().int(),
      rows: z.number().int(),
      /** The server's estimate instead of a count, for large tables. */
      isEstimate: z.boolean().optional(),
    }),
  ),
  /** SHA-256 over the catalog: tables, columns, types, constraints, indexes, functions, triggers. */
  fingerprint: z.string(),
});
export type SchemaSummary = z.infer<typeof SchemaSummary>;

/** A backup that was written and read back. */
export const Backup = z.strictObject({
  /** Path of the file or directory. */
  reference: z.string(),
  bytes: z.number().int().nonnegative(),
  digest: z.string(),
  kind: z.enum(["pg_dump", "copy"]),
  tables: z.number().int().nonnegative(),
  /** Rows in it; null when the format does not tell without restoring. */
  rows: z.number().int().nonnegative().nullable(),
  seconds: z.number().nonnegative(),
});
export type Backup = z.infer<typeof Backup>;

export const MigrationFile = z.strictObject({
  version: z.string(),
  name: z.string(),
  file: z.string(),
  checksum: z.string(),
  phase: MigrationPhase,
  /** False when a statement in it cannot be in a transaction; its statements then stand alone. */
  isTransactional: z.boolean(),
  outcome: z.enum(["applied", "already-applied", "failed", "pending"]),
  statements: z.number().int().nonnegative(),
  seconds: z.number().nonnegative(),
});
export type MigrationFile = z.infer<typeof MigrationFile>;

export const ValidationCheck = z.strictObject({
  name: z.enum(["history", "indexes", "constraints", "rows"]),
  passed: z.boolean(),
  message: z.string(),
});
export type ValidationCheck = z.infer<typeof ValidationCheck>;

export const MigrateDetails = z.strictObject({
  stage: z.literal("migrate"),
  /** Database without password, as `postgresql://host:port/name`. */
  database: z.string(),
  before: SchemaSummary.nullable(),
  after: SchemaSummary.nullable(),
  backup: Backup.nullable(),
  migrations: z.array(MigrationFile),
  /** What was looked at afterwards; empty when nothing was applied. */
  validation: z.array(ValidationCheck),
});
export type MigrateDetails = z.infer<typeof MigrateDetails>;
