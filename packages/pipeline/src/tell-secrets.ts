import type { ServiceSettings } from "@sluice/config";
import type { VersionSpec } from "@sluice/ports";
import type { Context } from "./context.ts";
import { secretsFor } from "./rollout-spec.ts";

/**
 * Tells the target the secret values of a service again. It never keeps them, so that after a reboot of the machine
 * the replicas of a service with secrets wait for whoever has them. What is ready already is left alone.
 *
 * @param wanted what is being deployed; versions that ran before are known to the target
 * @throws Refusal `config.input-invalid` naming those that are not set
 */
export async function tellSecrets(
  context: Context,
  settings: ServiceSettings,
  wanted?: VersionSpec,
): Promise<void> {
  if (settings.secrets.length === 0) return;
  const { target } = context.target;
  const { service, versions, history } = await target.observe(settings.name);
  const specs = [...history.map(({ spec }) => spec), ...(wanted ? [wanted] : [])];
  for (const { version, digest, desired, replicas, isLeaving } of versions) {
    if (isLeaving || replicas.every(({ isReady }) => isReady)) continue;
    const spec = specs.find((each) => each.version === version && each.artifact.digest === digest);
    if (!spec) continue;
    const secrets = secretsFor(context, { ...settings, secrets: [...spec.secrets] });
    await target.apply({ type: "ensure-version", service, spec: { ...spec, replicas: desired }, secrets });
  }
}
