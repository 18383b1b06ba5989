import { type Inventory, keyOf, type Package, pathTo } from "@sluice/inventory";

/** How to get rid of a vulnerable version: the shortest way that the ecosystem has for it. */
export function upgradeAdvice(entry: Package, inventory: Inventory, fixedIn: string | null): string {
  const { name, ecosystem } = entry;
  if (fixedIn === null) {
    return `No fixed version of ${name} is known. Replace it, or accept it in .sluiceignore with a reason and a date.`;
  }
  if (entry.isDirect) {
    return {
      npm: `Run \`npm install ${name}@${fixedIn}${entry.isDevelopment ? " --save-dev" : ""}\`.`,
      PyPI: `Write \`${name}==${fixedIn}\` and lock again.`,
      Go: `Run \`go get ${name}@v${fixedIn} && go mod tidy\`.`,
      "crates.io": `Run \`cargo update -p ${name} --precise ${fixedIn}\`.`,
    }[ecosystem];
  }
  const way = wayTo(entry, inventory);
  const via = way.length > 1 ? `It comes with ${way.join(" > ")}. ` : "";
  return (
    via +
    {
      npm: `Run \`npm update ${name}\`; if ${way[0] ?? "what needs it"} does not allow ${fixedIn}, update that, or add \`"overrides": { "${name}": "${fixedIn}" }\` to package.json.`,
      PyPI: `Update what needs it until it brings ${name} ${fixedIn}, or pin ${name}==${fixedIn} and lock again.`,
      Go: `Run \`go get ${name}@v${fixedIn} && go mod tidy\`.`,
      "crates.io": `Run \`cargo update -p ${name} --precise ${fixedIn}\`.`,
    }[ecosystem]
  );
}

/** Names on the shortest way from the project to the package. */
export const wayTo = (entry: Package, inventory: Inventory): string[] =>
  pathTo(inventory, keyOf(entry)).map((key) => key.slice(key.indexOf("/") + 1, key.lastIndexOf("@")));
