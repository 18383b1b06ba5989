import type { Check, DetailsOf } from "@sluice/documents";
import { counted, duration } from "../../format.ts";
import { html, type Markup, prose } from "../markup.ts";
import { badge, empty, folded, numeric, table } from "../parts.ts";

/** The checks after a deployment or a rollback, with the attempts that they needed. */
export function checksSection(title: string, checks: readonly Check[]): Markup {
  const failed = checks.filter((check) => !check.passed);
  return folded(
    title,
    checks.length === 0
      ? "no checks"
      : failed.length === 0
        ? html`${badge("passed")} ${counted(checks.length, "check")}`
        : html`${badge("failed")} ${failed.length} of ${counted(checks.length, "check")}`,
    checks.length === 0 ? empty("There was nothing that could be checked.") : checkTable(checks),
    failed.length > 0,
  );
}

const checkTable = (checks: readonly Check[]) =>
  table(
    "Checks",
    ["Check", "Kind", "", numeric("Attempts"), numeric("Time"), "What was found"],
    checks.map((check) => [
      check.name,
      check.kind,
      badge(check.passed ? "passed" : "failed"),
      check.attempts,
      duration(check.seconds),
      prose(check.message),
    ]),
  );

export function rollbackSection(details: DetailsOf<"rollback">): Markup {
  const isBad = details.services.some((service) => service.status === "rollback_failed");
  return html`${folded(
    "Rollback",
    html`${isBad ? badge("rollback_failed") : badge("passed", "done and verified")} ${counted(details.services.length, "service")}`,
    html`<p>${prose(details.reason)}</p>${table(
      "Services that were rolled back",
      ["Service", "From", "To", numeric("Traffic back after"), "", "What happened"],
      details.services.map((service) => [
        service.name,
        service.from ?? "–",
        service.to ?? "–",
        service.secondsUntilTrafficBack === null ? "never" : duration(service.secondsUntilTrafficBack),
        service.status === "rolled_back" ? badge("passed", "rolled back") : badge(service.status),
        prose(service.message),
      ]),
    )}`,
    isBad,
  )}${checksSection("Checks after the rollback", details.checks)}`;
}
