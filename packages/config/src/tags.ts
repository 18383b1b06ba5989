/** What a tag template may contain; every field in braces is known. */
export const tagTemplatePattern =
  /^([A-Za-z0-9._/:-]|\{(service|version|sha|short-sha|issue-id|environment)\})+$/;

export const tagTemplateRule =
  "letters, digits, `. _ - / :` and the fields {service}, {version}, {sha}, {short-sha}, {issue-id} and {environment}";

export interface TagFields {
  service: string;
  environment: string;
  version?: string;
  sha?: string;
  issueId?: string;
}

const defaultTags: Record<string, readonly string[]> = {
  dev: ["{service}:dev-{short-sha}"],
  development: ["{service}:dev-{short-sha}"],
  staging: ["{service}:staging-{version}"],
  hotfix: ["{service}:hotfix-{issue-id}"],
  "*": ["{service}:{version}"],
};

/**
 * Tags of an artifact in an environment: those of the project, else the usual ones
 * (`{service}:dev-{short-sha}`, `{service}:staging-{version}`, `{service}:hotfix-{issue-id}`, `{service}:{version}`).
 * A template whose fields are not all known is left out.
 */
export function tagsOf(configured: Readonly<Record<string, readonly string[]>>, fields: TagFields): string[] {
  const kind = fields.issueId === undefined ? fields.environment : "hotfix";
  const templates =
    configured[kind] ??
    (Object.hasOwn(defaultTags, kind) ? undefined : configured["*"]) ??
    defaultTags[kind] ??
    defaultTags["*"] ??
    [];
  return templates.flatMap((template) => expandTag(template, fields) ?? []);
}

/** One template with its fields filled in; null when a field is not known. A short SHA has 7 digits. */
export function expandTag(template: string, fields: TagFields): string | null {
  const values: Record<string, string | undefined> = {
    service: fields.service,
    environment: fields.environment,
    version: fields.version,
    sha: fields.sha,
    "short-sha": fields.sha?.slice(0, 7),
    "issue-id": fields.issueId,
  };
  let isComplete = true;
  const tag = template.replace(/\{([a-z-]+)\}/g, (_whole, field: string) => {
    const value = values[field];
    if (value === undefined) isComplete = false;
    return value ?? "";
  });
  return isComplete ? tag : null;
}
