import { canonicalJson } from "@sluice/documents";
import type { Report } from "./report.ts";

/** Everything in one document, with sorted keys: the same report is the same bytes. */
export const toJson = (report: Report): string => `${canonicalJson(report)}\n`;
