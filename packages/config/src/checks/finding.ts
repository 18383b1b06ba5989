import type { Problem, ReasonCode } from "@sluice/documents";
import { type Path, pathText, type YamlText } from "../yaml.ts";

/** Something that the values of a configuration say together, before it has a line. */
export interface Finding {
  severity: "error" | "warning";
  reasonCode: ReasonCode;
  path: Path;
  /** Follows the key: "canary.steps is …". */
  message: string;
  remedy: string;
}

export const error = (reasonCode: ReasonCode, path: Path, message: string, remedy: string): Finding => ({
  severity: "error",
  reasonCode,
  path,
  message,
  remedy,
});

export const warning = (reasonCode: ReasonCode, path: Path, message: string, remedy: string): Finding => ({
  ...error(reasonCode, path, message, remedy),
  severity: "warning",
});

/** A finding as a problem with file, line and key. */
export const toProblem = (finding: Finding, locate: YamlText["locate"]): Problem => ({
  severity: finding.severity,
  reasonCode: finding.reasonCode,
  message: `${pathText(finding.path)} ${finding.message}.`,
  remedy: finding.remedy,
  location: locate(finding.path),
});
