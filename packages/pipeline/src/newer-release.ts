import { Refusal } from "@sluice/documents";
import { compareVersions } from "@sluice/vulnerability";
import type { Context } from "./context.ts";
import type { Patience } from "./lock-wait.ts";
import { changesUnderWay, leaveRequest, needsNoRequest, type UnderWay } from "./under-way.ts";

/**
 * What a release does when another run is at work in its environment, as `onNewerRelease` says it: wait for its turn,
 * have the other release taken back and then go, or be refused. Waiting is the default: nothing that was asked for
 * gets lost, and nobody's rollout ends because of somebody else.
 *
 * @param version absent where the change is no release, such as a migration: it never supersedes
 */
export function patienceOf(context: Context, version?: string): Patience | undefined {
  const { onNewerRelease, limits } = context.environment;
  if (onNewerRelease === "refuse") return undefined;
  if (onNewerRelease === "queue" || version === undefined) return { seconds: limits.lockWait };
  return {
    seconds: limits.lockWait,
    meanwhile: async ({ stage }) => {
      for (const change of await changesUnderWay(context, stage)) await supersede(context, change, version);
    },
  };
}

/** Asks for the end of an older release: its rollout goes back, a version that is only watched any more stays. */
async function supersede(context: Context, change: UnderWay, version: string): Promise<void> {
  const { service, to, kind } = change;
  if (needsNoRequest(change, version)) return;
  const order = compareVersions("npm", version, to);
  if (order !== null && order < 0)
    throw new Refusal({
      reasonCode: "run.locked",
      message: `${to} of ${service} is being rolled out, and ${version} is older, so it does not take its place.`,
      remedy: "Deploy it again when that rollout has ended, if it is still wanted.",
    });
  await leaveRequest(context, change, kind === "watch" ? "halt" : "abort", `${version} takes its place`);
  const what = kind === "watch" ? `the watch of ${to} to end` : `${to} to be taken back`;
  context.onProgress({ type: "message", service, text: `asked for ${what}, as ${version} takes its place` });
}
