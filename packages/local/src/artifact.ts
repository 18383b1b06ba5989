import { createHash, randomBytes } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Artifact } from "@sluice/documents";
import { Refusal } from "@sluice/documents";
import { run } from "@sluice/process";
import type { EnvironmentPaths } from "./paths.ts";

/**
 * Unpacks an artifact once for each digest. What was unpacked before is used again, so that a version can go
 * back after its archive was removed.
 *
 * @returns the directory
 * @throws Refusal `deploy.artifact-unusable` when it is missing, damaged, or an image
 */
export async function unpackArtifact(
  artifact: Artifact,
  paths: EnvironmentPaths,
  signal?: AbortSignal,
): Promise<string> {
  const directory = join(paths.artifacts, artifact.digest.replace(":", "-"));
  if (existsSync(directory)) return directory;
  const archive = resolve(artifact.reference);
  if (artifact.kind !== "archive") {
    throw unusable(
      `${artifact.reference} is an image; the local target runs archives.`,
      "Build an archive for it.",
    );
  }
  if (!existsSync(archive)) throw unusable(`There is no artifact ${archive}.`, "Build it first.");
  const digest = await fileDigest(archive);
  if (digest !== artifact.digest) {
    throw unusable(
      `The artifact ${archive} has the digest ${digest}, not ${artifact.digest}.`,
      "It was damaged or built again since: build, scan and plan it again.",
    );
  }
  const beside = `${directory}.${randomBytes(4).toString("hex")}.new`;
  try {
    await mkdir(beside, { recursive: true, mode: 0o700 });
    const { exitCode, stderr } = await run(["tar", "-xf", archive, "-C", beside, "--no-same-owner"], {
      signal,
    });
    if (exitCode !== 0)
      throw unusable(`The artifact ${archive} cannot be unpacked: ${stderr.trim()}`, "Build it again.");
    await rename(beside, directory).catch((error: NodeJS.ErrnoException) => {
      // Somebody else unpacked the same bytes at the same time.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    return directory;
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest("hex")}`;
}

const unusable = (message: string, remedy: string) =>
  new Refusal({ reasonCode: "deploy.artifact-unusable", message, remedy });
