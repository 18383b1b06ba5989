import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { canonicalJson, Refusal, Release, type Result } from "@sluice/documents";
import { run } from "@sluice/process";
import { writeFileAtomic } from "@sluice/store";
import type { Context } from "./context.ts";

/** Where `build` leaves the release document for `deploy`. */
export const releaseFile = (context: Context): string => join(context.out, "release.json");

/** Archives are named relative to the document, so that the output folder can be moved to another machine whole. */
export function writeRelease(context: Context, release: Release): void {
  const file = releaseFile(context);
  const movable = withReferences(release, (path) => relative(dirname(file), path));
  writeFileAtomic(file, `${canonicalJson(movable)}\n`);
}

const withReferences = (release: Release, change: (path: string) => string): Release => ({
  ...release,
  services: release.services.map(({ name, artifact }) => ({
    name,
    artifact: artifact.kind === "archive" ? { ...artifact, reference: change(artifact.reference) } : artifact,
  })),
});

/**
 * The release that `build` made.
 *
 * @param path relative to the project; the document in the output folder when it is left out
 * @param version what it must be; not compared when it is left out
 * @throws Refusal `deploy.no-release` when there is none, or when it is another version
 */
export async function readRelease(
  context: Context,
  path: string | undefined,
  version: string | undefined,
): Promise<Release> {
  const file = path ? resolve(context.directory, path) : releaseFile(context);
  const shown = relative(context.directory, file);
  const location = { file: shown };
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Refusal(
      {
        reasonCode: "deploy.no-release",
        message:
          cause.code === "ENOENT"
            ? `There is no release document ${shown}.`
            : `${shown} cannot be read: ${cause.message}.`,
        remedy:
          "Run `build` first; it writes the document. In a workflow, download the artifact of the build job.",
        location,
      },
      { cause },
    );
  });
  const release = parse(text, shown);
  if (version && release.version !== version)
    throw new Refusal({
      reasonCode: "deploy.no-release",
      message: `${shown} is release ${release.version}, and ${version} was asked for.`,
      remedy: `Build ${version}, or deploy ${release.version}.`,
      location,
    });
  return withReferences(release, (reference) => resolve(dirname(file), reference));
}

function parse(text: string, file: string): Release {
  try {
    return Release.parse(JSON.parse(text));
  } catch (cause) {
    throw new Refusal(
      {
        reasonCode: "deploy.no-release",
        message: `${file} is not a release document: ${(cause as Error).message}`,
        remedy: "Run `build` again; the document is written by it and is not meant to be edited.",
        location: { file },
      },
      { cause },
    );
  }
}

/** The document in the output folder when there is one that can be read; for what can go on without it. */
export async function findRelease(context: Context): Promise<Release | null> {
  try {
    return await readRelease(context, undefined, undefined);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/**
 * The version of a release: the one that is asked for, else the nearest tag of git with the distance to it
 * (`2.1.0`, or `2.1.0-3-g1a2b3c4` three commits later).
 *
 * @throws Refusal `config.input-invalid` when neither is there, or when it is no version
 */
export async function versionOf(context: Context, asked: string | undefined): Promise<string> {
  if (asked) return validVersion(asked);
  const { stdout, exitCode } = await run(["git", "-C", context.directory, "describe", "--tags", "--always"], {
    env: context.variables,
  });
  const described = stdout.trim().replace(/^v(?=\d)/, "");
  if (exitCode === 0 && described !== "") return validVersion(described);
  throw new Refusal({
    reasonCode: "config.input-invalid",
    message: "No version was named, and git knows none.",
    remedy: "Name it with `version` (`--version` on the command line), or tag a commit.",
  });
}

/** A version gets into tags, file names, headers and addresses, so it is letters, digits and a few signs. */
const versionPattern = /^[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._+/-]{0,127}$/;

function validVersion(version: string): string {
  if (versionPattern.test(version)) return version;
  throw new Refusal({
    reasonCode: "config.input-invalid",
    message: `\`${version}\` cannot be a version.`,
    remedy:
      "Write letters, digits, dots and `+ - _ /`, at most 128 and beginning with a letter or a digit, such as `2.1.0`.",
  });
}

/** Names of the services that are asked for; undefined means all of them. */
export const namesOf = (services: readonly string[] | undefined): readonly string[] | undefined =>
  services && services.length > 0 ? services : undefined;

/** Digest of each artifact by service, as the action `build` puts it out. */
export function digestsOf(result: Result): Record<string, string> {
  if (result.details?.stage !== "build") return {};
  return Object.fromEntries(
    result.details.services.flatMap(({ name, artifact }) => (artifact ? [[name, artifact.digest]] : [])),
  );
}
