import { Event, Refusal } from "@sluice/documents";

/** The stored form of events: one line of JSON each. */
export const linesOf = (events: readonly Event[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join("");

/**
 * Reads the lines of one file of a journal.
 *
 * @param file     name of the file, for messages
 * @param previous sequence of the event before the first line
 * @throws Refusal `run.journal-broken` when a line is not an event or a number is missing
 */
export function eventsOf(text: string, file: string, previous: number): Event[] {
  const lines = text.split("\n");
  if (lines.pop() !== "") throw broken(file, lines.length + 1, "the last line is not complete");
  return lines.map((line, index) => {
    const event = parse(line, file, index + 1);
    const expected = previous + index + 1;
    if (event.sequence !== expected) {
      throw broken(file, index + 1, `it has the sequence ${event.sequence} where ${expected} belongs`);
    }
    return event;
  });
}

function parse(line: string, file: string, number: number): Event {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw broken(file, number, "it is not JSON");
  }
  const parsed = Event.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw broken(file, number, `${issue?.path.join(".") || "it"}: ${issue?.message ?? "is not an event"}`);
}

const broken = (file: string, line: number, why: string): Refusal =>
  new Refusal({
    reasonCode: "run.journal-broken",
    message: `The journal has a line that cannot be read: ${why}.`,
    remedy: "Somebody else than Sluice changed the branch. Restore the file from the history of the branch.",
    location: { file, line },
  });
