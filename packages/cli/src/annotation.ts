import { join } from "node:path/posix";
import type { Problem } from "@sluice/documents";

/**
 * A problem as a workflow command, which GitHub shows at the line of the file:
 *
 *     ::error file=.deploy/dev-config.yaml,line=3,col=1,title=config.unknown-key::…
 *
 * @param directory folder of the project, because GitHub counts paths from the root of the repository
 */
export function annotationOf(problem: Problem, directory: string): string {
  const { severity, reasonCode, message, remedy, location } = problem;
  const properties = {
    file: location && join(directory, location.file),
    line: location?.line,
    endLine: location?.endLine,
    col: location?.column,
    title: reasonCode,
  };
  const listed = Object.entries(properties)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${escapeProperty(String(value))}`]))
    .join(",");
  return `::${severity} ${listed}::${escapeText(remedy ? `${message}\n${remedy}` : message)}`;
}

/** What would end the command or its message, as the runner reads it back. */
const escapeText = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

const escapeProperty = (text: string): string =>
  escapeText(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
