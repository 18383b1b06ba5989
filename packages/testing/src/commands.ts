/** A `::name key=value::text` line that a step wrote to its log. */
export interface WorkflowCommand {
  name: string;
  properties: Readonly<Record<string, string>>;
  text: string;
}

export interface Annotation {
  level: "error" | "warning" | "notice";
  message: string;
  title?: string;
  file?: string;
  line?: number;
  column?: number;
  endLine?: number;
}

const unescapeText = (text: string): string =>
  text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
const unescapeProperty = (text: string): string =>
  unescapeText(text.replaceAll("%3A", ":").replaceAll("%2C", ","));

/** The commands in a log, in order. Like the runner it stops listening between `stop-commands` and its token. */
export function parseCommands(log: string): WorkflowCommand[] {
  const commands: WorkflowCommand[] = [];
  let stopToken: string | undefined;
  for (const line of log.split(/\r?\n/)) {
    const found = /^::([A-Za-z-]+)(?: (.*?))?::(.*)$/.exec(line.trimStart());
    if (stopToken !== undefined) {
      if (line.trim() === `::${stopToken}::`) stopToken = undefined;
      continue;
    }
    if (!found) continue;
    const [, name, properties = "", text = ""] = found;
    const command = {
      name: name!.toLowerCase(),
      properties: parseProperties(properties),
      text: unescapeText(text),
    };
    commands.push(command);
    if (command.name === "stop-commands") stopToken = command.text;
  }
  return commands;
}

function parseProperties(text: string): Record<string, string> {
  const pairs = text
    .split(",")
    .map((pair) => pair.trim())
    .filter(Boolean)
    .map((pair) => {
      const equals = pair.indexOf("=");
      return [pair.slice(0, equals), unescapeProperty(pair.slice(equals + 1))] as const;
    });
  return Object.fromEntries(pairs.filter(([, value]) => value !== ""));
}

/** The errors, warnings and notices among the commands. */
export function annotationsOf(commands: readonly WorkflowCommand[]): Annotation[] {
  return commands
    .filter(({ name }) => name === "error" || name === "warning" || name === "notice")
    .map(({ name, properties, text }) => ({
      level: name as Annotation["level"],
      message: text,
      ...(properties.title ? { title: properties.title } : {}),
      ...(properties.file ? { file: properties.file } : {}),
      ...(properties.line ? { line: Number(properties.line) } : {}),
      ...(properties.col ? { column: Number(properties.col) } : {}),
      ...(properties.endLine ? { endLine: Number(properties.endLine) } : {}),
    }));
}

/**
 * Reads a file of `name=value` and `name<<delimiter` entries, as the runner does.
 *
 * @throws Error with the runner's words when the file is malformed
 */
export function parseFileCommands(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split("\n");
  const isComplete = lines.pop() === "";
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (line === "") continue;
    const equals = line.indexOf("=");
    const heredoc = line.indexOf("<<");
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      values[line.slice(0, equals)] = line.slice(equals + 1);
    } else if (heredoc > 0) {
      const delimiter = line.slice(heredoc + 2);
      const end = lines.indexOf(delimiter, index + 1);
      if (delimiter === "" || end < 0) throw new Error(`Matching delimiter not found '${delimiter}'`);
      values[line.slice(0, heredoc)] = lines.slice(index + 1, end).join("\n");
      index = end;
    } else {
      throw new Error(`Invalid format '${line}'`);
    }
  }
  if (!isComplete && lines.length > 0) throw new Error("EOF marker missing new line");
  return values;
}
