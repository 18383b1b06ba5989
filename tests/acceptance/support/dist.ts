import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");

/** The bundle that is tried: `SLUICE_DIST`, or `dist/`, which `npm test` builds first. */
export const dist = resolve(process.env.SLUICE_DIST ?? join(root, "dist"));
if (!existsSync(join(dist, "cli", "index.js")))
  throw new Error(
    `There is no bundle in ${dist}. Build it first (npm run build), or name one in SLUICE_DIST.`,
  );

/** The program of a bundle. */
export const program = (name: string): string => join(dist, name, "index.js");

/**
 * The folder with the `action.yml` of an action, whose `main` leads into the bundle that is tried.
 *
 * @param name `deploy`, or `pipeline` for the action in the root
 */
export function actionFolder(name: string): string {
  return name === "pipeline" ? checkout() : join(checkout(), "actions", name);
}

let copy: string | undefined;

function checkout(): string {
  if (dist === join(root, "dist")) return root;
  copy ??= copyManifests();
  return copy;
}

/** A checkout as the runner downloads it, with another bundle than the one of this tree. */
function copyManifests(): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-checkout-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "actions"));
  cpSync(join(root, "actions"), join(folder, "actions"), { recursive: true });
  cpSync(join(root, "action.yml"), join(folder, "action.yml"));
  symlinkSync(dist, join(folder, "dist"));
  return folder;
}
