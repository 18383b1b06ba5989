import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, which } from "@sluice/process";

/** Whether a Docker client is there and its engine answers within 10 seconds. */
export async function hasDockerEngine(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<boolean> {
  if (which("docker", { env }) === null) return false;
  const answer = await run(["docker", "version", "--format", "{{.Server.Version}}"], {
    env,
    signal,
    timeoutSeconds: 10,
  });
  return answer.exitCode === 0 && !answer.isTimedOut;
}

export const hasDockerfile = (directory: string): boolean => existsSync(join(directory, "Dockerfile"));

/** The labels by which an image says where it comes from (OCI image specification, annotations). */
export function imageLabels(about: { service: string; version: string; commit?: string }): string[] {
  return [
    `org.opencontainers.image.title=${about.service}`,
    `org.opencontainers.image.version=${about.version}`,
    ...(about.commit ? [`org.opencontainers.image.revision=${about.commit}`] : []),
  ];
}

/** The command that builds an image; the file receives the image's digest. */
export function imageCommand(options: {
  tags: readonly string[];
  labels: readonly string[];
  idFile: string;
}): string[] {
  return [
    "docker",
    "build",
    "--iidfile",
    options.idFile,
    ...options.labels.flatMap((label) => ["--label", label]),
    ...options.tags.flatMap((tag) => ["--tag", tag]),
    ".",
  ];
}

/** Calls `use` with a path for the digest of an image, and reads it afterwards; null when nothing was written. */
export async function withIdFile<T>(
  use: (idFile: string) => Promise<T>,
): Promise<{ result: T; id: string | null }> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-image-"));
  try {
    const idFile = join(directory, "id");
    const result = await use(idFile);
    const id = await readFile(idFile, "utf8").catch(() => "");
    return { result, id: /^sha256:[0-9a-f]{64}$/.test(id.trim()) ? id.trim() : null };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
