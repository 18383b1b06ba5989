import { z } from "zod";

export const SchemaSummary = z.strictObject({
  /** Version of the newest applied migration; null in an empty database. */
  version: z.string().nullable(),
  applied: z.number().int().nonnegative(),
  tables: z.array(z.strictObject({ name: z.string(), columns: z.number().int(), rows: z.number().int() })),
  /** SHA-256 over the catalog: tables, columns, types, constraints, indexes. */
  fingerprint: z.string(),
});
export type SchemaSummary = z.infer<typeof SchemaSummary>;

export const MigrateDetails = z.strictObject({
  stage: z.literal("migrate"),
  /** Database without password, as `postgresql://host:port/name`. */
  database: z.string(),
  before: SchemaSummary.nullable(),
  after: SchemaSummary.nullable(),
  backup: z.strictObject({ reference: z.string(), bytes: z.number().int(), digest: z.string() }).nullable(),
  migrations: z.array(
    z.strictObject({
      version: z.string(),
      file: z.string(),
      checksum: z.string(),
      outcome: z.enum(["applied", "already-applied", "failed", "pending"]),
      statements: z.number().int().nonnegative(),
      seconds: z.number().nonnegative(),
    }),
  ),
});
export type MigrateDetails = z.infer<typeof MigrateDetails>;
