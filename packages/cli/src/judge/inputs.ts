import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import {
  allOf,
  type CanarySettings,
  canarySettingsOf,
  nearest,
  parseEnvironmentConfig,
  parseProjectConfig,
} from "@sluice/config";
import { Refusal } from "@sluice/documents";

/**
 * Text of a file, or of standard input for `-`.
 *
 * @throws Refusal `config.unreadable`
 */
export async function readText(file: string): Promise<string> {
  if (file === "-") return textOf(process.stdin);
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Refusal(
      {
        reasonCode: "config.unreadable",
        message: `${file} cannot be read: ${(cause as Error).message}.`,
        remedy: "Name a file that exists, or `-` for standard input.",
        location: { file },
      },
      { cause },
    );
  }
}

/**
 * How a configuration has a canary judged: that of a service, or what holds for all that say nothing of their own.
 *
 * @param file the file of one environment; `project.yaml` beside it says which services there are
 * @throws Refusal with every problem of the file; `config.unknown-service`
 */
export async function canaryOf(file: string, service: string | undefined): Promise<CanarySettings> {
  if (basename(file) === "project.yaml")
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: `${file} is the project, and how a canary is judged depends on the environment.`,
      remedy: "Name the file of an environment, such as `.deploy/production-config.yaml`.",
      location: { file },
    });
  const { config } = parseEnvironmentConfig(await readText(file), file);
  if (service !== undefined) await requireService(file, service);
  return canarySettingsOf(config, service);
}

async function requireService(file: string, service: string): Promise<void> {
  const path = join(dirname(file), "project.yaml");
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return;
  const names = parseProjectConfig(text, path).config.services.map(({ name }) => name);
  if (names.includes(service)) return;
  const meant = nearest(service, names);
  throw new Refusal({
    reasonCode: "config.unknown-service",
    message: `There is no service \`${service}\` in ${path}.`,
    remedy: `${meant ? `Did you mean \`${meant}\`? ` : ""}There are ${allOf(names)}.`,
    location: { file: path, key: "services" },
  });
}
