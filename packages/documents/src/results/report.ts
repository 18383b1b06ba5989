import { z } from "zod";

/** What a load generator saw from outside while a release went out: the view of the users. */
export const LoadSummary = z.strictObject({
  /** What it called, such as `http://127.0.0.1:8080`. */
  target: z.string(),
  startedAt: z.iso.datetime(),
  seconds: z.number().nonnegative(),
  /** Requests that were sent; every one of them ended as succeeded or failed. */
  sent: z.number().int().nonnegative(),
  succeeded: z.number().int().nonnegative(),
  /** Why requests failed, such as `status 500`, `connection refused`, `timeout`, and how many did. */
  failures: z.array(z.strictObject({ cause: z.string(), count: z.number().int().nonnegative() })),
  /** Latency in milliseconds as the generator saw it; null when nothing was answered. */
  latency: z.strictObject({ p50: z.number(), p99: z.number(), max: z.number() }).nullable(),
});
export type LoadSummary = z.infer<typeof LoadSummary>;

export const ReportDetails = z.strictObject({
  stage: z.literal("report"),
  /** Paths of what was written; null where it was not asked for. */
  files: z.strictObject({
    html: z.string().nullable(),
    json: z.string().nullable(),
    markdown: z.string().nullable(),
  }),
});
export type ReportDetails = z.infer<typeof ReportDetails>;
