import { createHash } from "node:crypto";
import { canonicalJson } from "@sluice/documents";
import { type Inventory, keyOf, type Package, packageUrl } from "./package.ts";

/** What the SBOM is about. */
export interface Subject {
  name: string;
  version: string;
  kind: "archive" | "image";
  /** `sha256:<hex>` of its content. */
  digest: string;
}

/**
 * A CycloneDX 1.6 document (https://cyclonedx.org/docs/1.6/json/) as text. The same input is the same bytes: it has no
 * time in it, its order is fixed, and its serial number comes from its content.
 *
 * @param inventories what went into the artifact; packages of development are marked as excluded
 * @param toolVersion version of Sluice
 */
export function cycloneDx(subject: Subject, inventories: readonly Inventory[], toolVersion: string): string {
  const packages = new Map<string, Package>();
  for (const entry of inventories.flatMap((inventory) => inventory.packages)) {
    const known = packages.get(keyOf(entry));
    packages.set(keyOf(entry), known && !known.isDevelopment ? known : entry);
  }
  const subjectRef = `${subject.name}@${subject.version}`;
  const urls = new Map([...packages].map(([key, entry]) => [key, packageUrl(entry)]));
  const refs = (keys: Iterable<string>): string[] =>
    [...new Set([...keys].flatMap((key) => urls.get(key) ?? []))].sort();

  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      tools: { components: [{ type: "application", name: "sluice", version: toolVersion }] },
      component: {
        type: subject.kind === "image" ? "container" : "application",
        "bom-ref": subjectRef,
        name: subject.name,
        version: subject.version,
        hashes: [{ alg: "SHA-256", content: subject.digest.replace(/^sha256:/, "") }],
      },
    },
    components: [...packages.values()]
      .map((entry) => component(entry, urls.get(keyOf(entry))!))
      .sort((a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1)),
    dependencies: [
      {
        ref: subjectRef,
        dependsOn: refs(
          inventories.flatMap(({ roots }) => [...roots.values()].flatMap(({ needs }) => needs)),
        ),
      },
      ...[...packages]
        .map(([key, entry]) => ({ ref: urls.get(key)!, dependsOn: refs(entry.needs) }))
        .sort((a, b) => (a.ref < b.ref ? -1 : 1)),
    ],
  };
  const { $schema, bomFormat, specVersion, ...rest } = document;
  const serialNumber = `urn:uuid:${uuidOf(canonicalJson(document))}`;
  return `${JSON.stringify({ $schema, bomFormat, specVersion, serialNumber, ...rest }, null, 2)}\n`;
}

function component(entry: Package, url: string) {
  const slash = entry.ecosystem === "npm" && entry.name.startsWith("@") ? entry.name.indexOf("/") : -1;
  return {
    type: "library",
    "bom-ref": url,
    ...(slash === -1 ? {} : { group: entry.name.slice(0, slash) }),
    name: entry.name.slice(slash + 1),
    version: entry.version,
    scope: entry.isDevelopment ? "excluded" : "required",
    ...(entry.hash ? { hashes: [{ alg: entry.hash.algorithm, content: entry.hash.hex }] } : {}),
    ...(entry.license ? { licenses: [licence(entry.license)] } : {}),
    purl: url,
  };
}

/** An SPDX expression as such, any other words (`SEE LICENSE IN …`, `UNLICENSED`) as a name. */
const licence = (text: string) =>
  /^\(*[\w.+-]+\)*(?: (?:AND|OR|WITH) \(*[\w.+-]+\)*)*$/.test(text) && !/^(?:UNLICENSED|SEE)$/i.test(text)
    ? { expression: text }
    : { license: { name: text } };

/** A UUID of version 8 (RFC 9562) from the SHA-256 of a text. */
function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * The part of an inventory that one workspace needs: its packages and all that they need.
 *
 * @param directory of the workspace in the lock file, as in `packages/api`
 * @returns null when the lock file has no such workspace
 */
export function closureOf(inventory: Inventory, directory: string): Inventory | null {
  const root = inventory.roots.get(directory);
  if (!root) return null;
  const byKey = new Map(inventory.packages.map((entry) => [keyOf(entry), entry]));
  const reached = new Set<string>(root.needs);
  for (const key of reached) for (const need of byKey.get(key)?.needs ?? []) reached.add(need);
  return {
    ...inventory,
    roots: new Map([[directory, root]]),
    packages: inventory.packages.filter((entry) => reached.has(keyOf(entry))),
  };
}
