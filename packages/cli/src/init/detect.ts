import { basename, relative } from "node:path";
import { dependencyCycle } from "@sluice/config";
import { filesIn, foldersBelow } from "./folders.ts";
import { type FoundService, findPackages, findService, readManifest, toName } from "./service.ts";

/** A service, with the other services of the repository that its sources ask. */
export type PlacedService = FoundService & { dependsOn: string[] };

export interface FoundProject {
  name: string;
  services: PlacedService[];
  /** Folder of files named `V<version>__<name>.sql`; null when there is none. */
  migrations: string | null;
  /** Whether the root has a lock file of npm, so that everything is installed there, once. */
  installsAtRoot: boolean;
  /** What could not be seen and is for a person to write, as sentences. */
  notes: string[];
}

/** Looks at a repository and says what it contains; nothing is asked and nothing is run. */
export async function detectProject(root: string): Promise<FoundProject> {
  const folders = await foldersBelow(root, 3);
  const packages = await findPackages(folders);
  const found = (await Promise.all(folders.map((folder) => findService(root, folder, packages)))).filter(
    (service) => service !== null,
  );
  // A root that only holds others starts nothing itself; one that has none inside is the service.
  const inside = found.filter(({ path }) => path !== ".");
  const placed = withDependencies(withOwnNames(inside.length > 0 ? inside : found));
  const { migrations, notes } = await findMigrations(root, folders);
  return {
    name: toName((await readManifest(root))?.name ?? basename(root)),
    services: placed.services,
    migrations,
    installsAtRoot: (await filesIn(root)).includes("package-lock.json"),
    notes: [...placed.services.flatMap(notesOf), ...placed.notes, ...notes],
  };
}

/** Two packages may have the same name; their folders do not. */
function withOwnNames(services: readonly FoundService[]): FoundService[] {
  const count = (name: string): number => services.filter((service) => service.name === name).length;
  return services.map((service) =>
    count(service.name) > 1 ? { ...service, name: toName(service.path) } : service,
  );
}

/** A service depends on `orders` when its sources read `ORDERS_URL`, the variable in which it would find it. */
function withDependencies(services: readonly FoundService[]): { services: PlacedService[]; notes: string[] } {
  const placed = services.map((service) => ({
    ...service,
    dependsOn: services
      .filter(({ name }) => name !== service.name && service.urlVariables.has(urlVariable(name)))
      .map(({ name }) => name),
  }));
  // What the sources say to one another in a circle gives no order in which they could be deployed.
  const cycle = dependencyCycle(placed);
  if (!cycle) return { services: placed, notes: [] };
  return {
    services: placed.map((service) => ({ ...service, dependsOn: [] })),
    notes: [
      `Services ask one another in a circle (${cycle.join(" → ")}), so no \`dependsOn\` was written: give each the URLs that it needs under \`environment\`.`,
    ],
  };
}

const urlVariable = (name: string): string => `${name.toUpperCase().replaceAll("-", "_")}_URL`;

function notesOf({ name, healthPath, version, notes }: FoundService): string[] {
  const health = "no file says which path answers when it is well; `/health` was written";
  const unnamed =
    "it does not say which version it is; let it put DEPLOYMENT_VERSION into the header `x-deployment-version` of its answers";
  return [...notes, ...(healthPath ? [] : [health]), ...(version ? [] : [unnamed])].map(
    (note) => `${name}: ${note}.`,
  );
}

async function findMigrations(
  root: string,
  folders: readonly string[],
): Promise<{ migrations: string | null; notes: string[] }> {
  const scripts = await Promise.all(
    folders.map(async (folder) => ({
      folder: relative(root, folder) || ".",
      names: (await filesIn(folder)).filter((name) => name.endsWith(".sql")),
    })),
  );
  const isOurs = (name: string): boolean => /^V[0-9][0-9._]*__.+\.sql$/.test(name);
  const [first, ...more] = scripts.filter(({ names }) => names.some(isOurs));
  const notes = more.map(
    ({ folder }) =>
      `${folder} has migrations too; a project has one folder of them, and ${first!.folder} was written.`,
  );
  const others = scripts.find(({ names }) => names.length > 0);
  if (!first && others)
    notes.push(
      `${others.folder} has SQL files that are not named \`V<version>__<name>.sql\`; Sluice applies only those that are.`,
    );
  return { migrations: first?.folder ?? null, notes };
}
