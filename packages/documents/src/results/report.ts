import { z } from "zod";

export const ReportDetails = z.strictObject({
  stage: z.literal("report"),
  files: z.strictObject({
    html: z.string().nullable(),
    json: z.string().nullable(),
    markdown: z.string().nullable(),
  }),
});
export type ReportDetails = z.infer<typeof ReportDetails>;
