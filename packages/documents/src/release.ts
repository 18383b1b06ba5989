import { z } from "zod";

export const Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, "a digest is sha256: and 64 hexadecimal digits");

/** What a build made for one service: the bytes that are tested, scanned, promoted and deployed. */
export const Artifact = z.strictObject({
  /** An archive of a directory (for the local target) or a container image. */
  kind: z.enum(["archive", "image"]),
  /** Where it is: a path to the archive, or an image reference without digest. */
  reference: z.string(),
  /** Digest of its content; the same sources give the same digest. */
  digest: Digest,
  tags: z.array(z.string()),
  bytes: z.number().int().nonnegative().optional(),
});
export type Artifact = z.infer<typeof Artifact>;

export const ReleaseService = z.strictObject({ name: z.string(), artifact: Artifact });
export type ReleaseService = z.infer<typeof ReleaseService>;

/** One version of a set of services, as it is asked for and as it is deployed. */
export const Release = z.strictObject({
  version: z.string(),
  commit: z.string().optional(),
  services: z.array(ReleaseService),
});
export type Release = z.infer<typeof Release>;
