import { access, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Something that `dist/` can start: an action, the command line, the host of the local target. */
export interface Program {
  readonly name: string;
  /** The module that exports `run()`. */
  readonly main: string;
  /** How to see that it starts: arguments, and what it answers. */
  readonly probe: { readonly args: readonly string[]; readonly expects: RegExp };
}

/** Every folder below `actions/` that has a `main.ts`, and the two programs that are not actions. */
export async function findPrograms(root: string): Promise<Program[]> {
  const folders = await readdir(join(root, "actions"), { withFileTypes: true });
  const found: Program[] = [];
  for (const folder of folders
    .filter((entry) => entry.isDirectory())
    .sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const main = join(root, "actions", folder.name, "main.ts");
    if (await exists(main))
      found.push({
        name: folder.name,
        main,
        probe: { args: [], expects: /input `environment` is required|::error/ },
      });
  }
  return [
    ...found,
    {
      name: "cli",
      main: join(root, "packages/cli/src/main.ts"),
      probe: { args: ["--help"], expects: /Usage: sluice/ },
    },
    {
      name: "local-host",
      main: join(root, "packages/local/src/host/main.ts"),
      probe: { args: ["--help"], expects: /local-host/ },
    },
  ];
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
