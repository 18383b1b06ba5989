/**
 * A tag as registries take it: the part after the last colon has at most 128 characters of `[A-Za-z0-9_.-]` and does
 * not begin with `.` or `-`; the name before it is in lower case (OCI distribution specification, "Pulling manifests").
 */
export function sanitizeTag(tag: string): string {
  // A colon before a slash is the port of the registry.
  const registry = /^[^/]*:\d+\//.exec(tag)?.[0] ?? "";
  const [path = "", ...label] = tag.slice(registry.length).split(":");
  const name = `${registry}${path}`.toLowerCase().replace(/[^a-z0-9._/:-]+/g, "-");
  if (label.length === 0) return name;
  const clean = label
    .join("-")
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(0, 128);
  return `${name}:${clean || "latest"}`;
}
