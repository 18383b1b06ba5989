import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";

const root = resolve(import.meta.dirname, "../../..");

/** The bundle that is tried: `SLUICE_DIST`, or `dist/`, which `npm test` builds first. */
export const dist = resolve(process.env.SLUICE_DIST ?? join(root, "dist"));
if (!existsSync(join(dist, "cli", "index.js")))
  throw new Error(
    `There is no bundle in ${dist}. Build it first (npm run build), or name one in SLUICE_DIST.`,
  );

/** The program of a bundle. */
export const program = (name: string): string => join(dist, name, "index.js");

/** The checkout that the runner would download: this tree, or a copy of its manifests beside another bundle. */
const checkout = dist === join(root, "dist") ? root : copyManifests();
afterAll(() => {
  if (checkout !== root) rmSync(checkout, { recursive: true, force: true });
});

function copyManifests(): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-checkout-"));
  cpSync(join(root, "actions"), join(folder, "actions"), { recursive: true });
  cpSync(join(root, "action.yml"), join(folder, "action.yml"));
  symlinkSync(dist, join(folder, "dist"));
  return folder;
}

/**
 * The folder with the `action.yml` of an action, whose `main` leads into the bundle that is tried.
 *
 * @param name `deploy`, or `pipeline` for the action in the root
 */
export const actionFolder = (name: string): string =>
  name === "pipeline" ? checkout : join(checkout, "actions", name);
