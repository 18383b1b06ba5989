import { type ReasonCode, Refusal } from "@sluice/documents";
import { isApiError } from "./retry.ts";

/** Permission of `GITHUB_TOKEN` that a call needs, as a workflow writes it. */
export type Permission = "contents: write" | "deployments: write" | "pull-requests: write";

/**
 * Turns a failed call into words: what could not be done, and what to do about it. An error that the API did
 * not give is passed on as it is, since it is a defect or a cancellation.
 */
export function refusalOf(
  error: unknown,
  { reasonCode, what, permission }: { reasonCode: ReasonCode; what: string; permission: Permission },
): unknown {
  if (!isApiError(error)) return error;
  const said = firstLine(error.message);
  const remedies: Record<number, string> = {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how a workflow writes it
    401: "The token is not valid or has expired. Pass `github-token: ${{ github.token }}`.",
    403: `Give the job \`permissions: ${permission}\`; a branch rule may forbid it as well.`,
    404: `Check owner and repository, and that the job has \`permissions: ${permission}\`.`,
    422: "GitHub did not accept it; a rule of the branch may forbid it. Exclude the branch from the rule.",
  };
  const remedy =
    error.status >= 500 || error.status === 429
      ? "GitHub is away or limits the calls. Nothing was lost: run it again."
      : (remedies[error.status] ?? "Run it again; the answer of GitHub is above.");
  return new Refusal(
    { reasonCode, message: `GitHub: could not ${what}: ${said} (status ${error.status}).`, remedy },
    { cause: error },
  );
}

const firstLine = (text: string): string => text.split("\n", 1)[0]!.replace(/ - https:\/\/docs\S+$/, "");
