import type { DetailsOf } from "@sluice/documents";
import { bytes, count, counted, duration, percent, shortDigest } from "../../format.ts";
import { html, type Markup } from "../markup.ts";
import { badge, folded, numeric, table } from "../parts.ts";

/** What was built and tested, service by service. */
export function buildSection({ services, commit, project }: DetailsOf<"build">): Markup {
  const passed = services.reduce((sum, service) => sum + (service.tests?.passed ?? 0), 0);
  const failed = services.reduce((sum, service) => sum + (service.tests?.failed ?? 0), 0);
  const failures = services.flatMap((service) =>
    (service.tests?.failures ?? []).map((failure) => [
      service.name,
      failure.name,
      html`<pre>${failure.message}</pre>`,
    ]),
  );
  const all = [{ name: "project", commands: project, status: "succeeded" }, ...services];
  const broken = all.flatMap((service) =>
    service.commands
      .filter(({ exitCode }) => (exitCode === null ? isStopped(service.status) : exitCode !== 0))
      .map((command) => [
        service.name,
        command.phase,
        html`<code>${command.command}</code>`,
        command.exitCode ?? "did not end",
      ]),
  );
  const gist = `${counted(services.length, "service")}, ${counted(passed, "test")} passed${failed > 0 ? `, ${count(failed)} failed` : ""}`;
  return folded(
    "Build and tests",
    gist,
    html`${commit && html`<p class="quiet">Commit <code>${commit.sha.slice(0, 12)}</code> by ${commit.author}: ${commit.message.split("\n")[0]}</p>`}
${table(
  "Built services",
  [
    "Service",
    numeric("Time"),
    numeric("Tests"),
    numeric("Coverage"),
    numeric("Threshold"),
    "Artifact",
    numeric("Size"),
  ],
  services.map((service) => [
    service.name,
    duration(service.seconds),
    service.tests ? testCell(service.tests) : "none",
    service.coverage ? percent(service.coverage.linesPercent) : "not measured",
    service.coverage ? percent(service.coverage.thresholdPercent) : "–",
    service.artifact
      ? html`<code title="${service.artifact.digest}">${shortDigest(service.artifact.digest)}</code>`
      : service.skipped
        ? html`<span class="quiet">not built: ${service.skipped}</span>`
        : badge("failed", "not built"),
    bytes(service.artifact?.bytes),
  ]),
)}
${failures.length > 0 && table("Failed tests", ["Service", "Test", "Message"], failures)}
${broken.length > 0 && table("Failed commands", ["Service", "Phase", "Command", numeric("Exit status")], broken)}`,
    failed > 0 || broken.length > 0,
  );
}

/** Without an exit status a command was stopped, or is no command at all (the making of the archive). */
const isStopped = (status: string) => status === "failed" || status === "cancelled";

const testCell = ({ passed, failed, skipped }: { passed: number; failed: number; skipped: number }) =>
  [
    `${count(passed)} passed`,
    failed > 0 ? `${count(failed)} failed` : "",
    skipped > 0 ? `${count(skipped)} skipped` : "",
  ]
    .filter(Boolean)
    .join(", ");
