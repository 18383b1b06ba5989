import { allOf, nearest } from "../nearest.ts";
import { dependencyCycle, tiers } from "../order.ts";
import type { EnvironmentConfig } from "../schema/environment.ts";
import type { ProjectConfig } from "../schema/project.ts";
import type { Path } from "../yaml.ts";
import { error, type Finding, warning } from "./finding.ts";

/** What the values of a project say together. */
export function checkProject(project: ProjectConfig): Finding[] {
  const findings: Finding[] = [];
  const { services } = project;
  for (const [index, service] of services.entries()) {
    const path: Path = ["services", index];
    const before = services.slice(0, index);
    if (before.some(({ name }) => name === service.name))
      findings.push(
        error(
          "config.not-allowed",
          [...path, "name"],
          `is \`${service.name}\` a second time`,
          "Name each service once.",
        ),
      );
    if (service.port !== undefined && before.some(({ port }) => port === service.port))
      findings.push(portTwice([...path, "port"], service.port));
    for (const [position, needed] of service.dependsOn.entries()) {
      const dependency = services.find(({ name }) => name === needed);
      const at = [...path, "dependsOn", position];
      if (!dependency) findings.push(unknownService(at, needed, project));
      else if (tiers.indexOf(dependency.tier) > tiers.indexOf(service.tier))
        findings.push(
          error(
            "config.contradiction",
            at,
            `is \`${needed}\` of tier ${dependency.tier}, which is deployed after tier ${service.tier}`,
            `Move \`${needed}\` to tier ${service.tier}, or \`${service.name}\` to tier ${dependency.tier}.`,
          ),
        );
    }
    for (const [position, secret] of service.secrets.entries())
      if (Object.hasOwn(service.environment, secret))
        findings.push(
          error(
            "config.contradiction",
            [...path, "secrets", position],
            `is \`${secret}\`, whose value stands in \`environment\` for everybody to read`,
            "Remove it from `environment`; secret values are passed to Sluice by its own environment.",
          ),
        );
  }
  const cycle = dependencyCycle(services);
  if (cycle)
    findings.push(
      error(
        "config.dependency-cycle",
        ["services", services.findIndex(({ name }) => name === cycle[0]), "dependsOn"],
        `goes in a circle: ${cycle.join(" → ")}`,
        "Remove one of these dependencies; none of the services could be deployed first.",
      ),
    );
  for (const [index, check] of project.verify.smoke.entries())
    if (!services.some(({ name }) => name === check.service))
      findings.push(unknownService(["verify", "smoke", index, "service"], check.service, project));
  return findings;
}

/** What an environment says that only fits or does not fit together with the project. */
export function checkTogether(project: ProjectConfig, environment: EnvironmentConfig): Finding[] {
  const findings: Finding[] = [];
  const ports = new Map<number, string>();
  for (const service of project.services) {
    const port = environment.services[service.name]?.port ?? service.port;
    if (port !== undefined && ports.has(port))
      findings.push(portTwice(["services", service.name, "port"], port));
    if (port !== undefined) ports.set(port, service.name);
    for (const secret of service.secrets)
      if (Object.hasOwn(environment.services[service.name]?.environment ?? {}, secret))
        findings.push(
          error(
            "config.contradiction",
            ["services", service.name, "environment", secret],
            "is a secret of the service and stands here for everybody to read",
            "Remove it; secret values are passed to Sluice by its own environment.",
          ),
        );
  }
  for (const name of Object.keys(environment.services))
    if (!project.services.some((service) => service.name === name))
      findings.push(unknownService(["services", name], name, project));
  for (const [index, test] of environment.trafficSwitch.preSwitchTests.entries())
    if (!Object.hasOwn(project.verify.tests, test))
      findings.push(
        error(
          "config.not-allowed",
          ["trafficSwitch", "preSwitchTests", index],
          `is \`${test}\`, which the project does not define`,
          `Add its command as \`verify.tests.${test}\` to the project.`,
        ),
      );
  for (const [index, test] of environment.postDeploymentTests.entries())
    if (test !== "smoke" && !Object.hasOwn(project.verify.tests, test))
      findings.push(
        warning(
          "config.no-effect",
          ["postDeploymentTests", index],
          `is \`${test}\`, which the project does not define, so nothing is run for it`,
          `Add its command as \`verify.tests.${test}\` to the project.`,
        ),
      );
  return findings;
}

const portTwice = (path: Path, port: number): Finding =>
  error(
    "config.not-allowed",
    path,
    `is ${port}, which another service has`,
    "Give each service a port of its own.",
  );

function unknownService(path: Path, name: string, project: ProjectConfig): Finding {
  const known = project.services.map((service) => service.name);
  const meant = nearest(name, known);
  return error(
    "config.unknown-service",
    path,
    `is about \`${name}\`, which is not a service of the project`,
    `${meant ? `Did you mean \`${meant}\`? ` : ""}The services are ${allOf(known)}.`,
  );
}
