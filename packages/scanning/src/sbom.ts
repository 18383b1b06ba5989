import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ReleaseService } from "@sluice/documents";
import { closureOf, cycloneDx, type Inventory } from "@sluice/inventory";
import { writeWhole } from "./write.ts";

export interface SbomRequest {
  artifacts: readonly ReleaseService[];
  /** Version of the release. */
  version: string;
  /** Directory of each service, relative to the repository. */
  serviceDirectories: Readonly<Record<string, string>>;
  inventories: readonly Inventory[];
  outputDirectory: string;
  toolVersion: string;
}

export interface SbomReport {
  files: { service: string; path: string }[];
  notes: string[];
}

/** Writes one CycloneDX document for each artifact: `<output>/sbom/<service>.cdx.json`. */
export async function writeSboms(request: SbomRequest): Promise<SbomReport> {
  const { artifacts, outputDirectory, inventories, toolVersion } = request;
  const report: SbomReport = { files: [], notes: [] };
  if (artifacts.length > 0) await mkdir(join(outputDirectory, "sbom"), { recursive: true });
  for (const { name, artifact } of artifacts) {
    const parts = inventoriesOf(name, request.serviceDirectories[name], inventories);
    if (parts.length === 0)
      report.notes.push(`No lock file belongs to ${name}: its SBOM names no components.`);
    const subject = { name, version: request.version, kind: artifact.kind, digest: artifact.digest };
    const path = join(outputDirectory, "sbom", `${name.replace(/[^\w.-]/g, "_")}.cdx.json`);
    writeWhole(path, cycloneDx(subject, parts, toolVersion));
    report.files.push({ service: name, path });
  }
  return report;
}

/**
 * What went into a service: the lock files below its directory, else its workspace in the nearest lock file above,
 * else that whole lock file.
 */
export function inventoriesOf(
  service: string,
  directory: string | undefined,
  inventories: readonly Inventory[],
): Inventory[] {
  const isIn = (file: string, folder: string) => folder === "" || file.startsWith(`${folder}/`);
  const home =
    directory?.replace(/^\.\/|\/+$/g, "") ??
    inventories
      .map(({ file }) => file.split("/").slice(0, -1))
      .find((folders) => folders.includes(service))
      ?.join("/");
  if (home !== undefined && home !== "" && home !== ".") {
    const own = inventories.filter(({ file }) => isIn(file, home));
    if (own.length > 0) return own;
  }
  const above = inventories
    .map((inventory) => ({ inventory, folder: inventory.file.replace(/\/?[^/]*$/, "") }))
    .filter(({ folder }) => home === undefined || isIn(`${home}/`, folder))
    .sort((a, b) => b.folder.length - a.folder.length);
  const nearest = above.filter(({ folder }) => folder === above[0]!.folder);
  return nearest.map(({ inventory, folder }) => {
    const within = home === undefined ? undefined : folder === "" ? home : home.slice(folder.length + 1);
    const workspace =
      within ??
      [...inventory.roots].find(
        ([path, { name }]) => path !== "" && (name === service || path.endsWith(`/${service}`)),
      )?.[0];
    return (workspace && closureOf(inventory, workspace)) || inventory;
  });
}
