import { Event, type LearnedNumber, Refusal, type SaidVerdict } from "@sluice/documents";
import { type RecordedRollout, recordedRollouts } from "@sluice/journal";
import { type PolicyOptions, parseReadings, policyFor, type ReplayPart } from "@sluice/judge";

/** What is replayed, and what is known about it. */
export interface ReplaySource {
  file: string;
  parts: readonly ReplayPart[];
  /** Where the policy came from, in words. */
  policy: string;
  learned: readonly LearnedNumber[];
  /** The rollout, where the source is a journal. */
  rollout: RecordedRollout | null;
  /** What was said at each reading when it was made; null where nothing was recorded. */
  recorded: readonly (SaidVerdict | null)[];
}

interface Choice {
  service?: string;
  run?: string;
}

/**
 * Reads what is to be replayed: JSON lines of readings, or the rollout of a journal or of a `report.json`.
 *
 * @param options of the policy, where a configuration is given; else those of the journal, else the defaults
 * @throws Refusal naming file, line and key of what cannot be understood, or the rollouts that there are
 */
export function readSource(
  text: string,
  file: string,
  choice: Choice,
  options: PolicyOptions | null,
): ReplaySource {
  const events = eventsIn(text, file);
  if (events) return fromJournal(chosen(events, file, choice), file, options);
  const samples = parseReadings(text, file);
  return {
    file,
    parts: [{ policy: policyFor(options ?? {}), samples }],
    policy: options ? "the configuration" : "the default policy",
    learned: [],
    rollout: null,
    recorded: samples.map(() => null),
  };
}

function fromJournal(rollout: RecordedRollout, file: string, options: PolicyOptions | null): ReplaySource {
  const known = rollout.parts.find(({ policy }) => policy !== null)?.policy ?? null;
  const parts = rollout.parts.map(({ policy, readings }) => ({
    policy: policyFor(options ?? (policy?.options as PolicyOptions | undefined) ?? {}),
    samples: readings.map(({ sample }) => sample),
  }));
  const said = known ? "the policy that the journal holds" : "the default policy, as the journal holds none";
  return {
    file,
    parts,
    policy: options ? "the configuration" : said,
    learned: options ? [] : (known?.learned ?? []),
    rollout,
    recorded: rollout.parts.flatMap(({ readings }) => readings.map(({ verdict }) => verdict)),
  };
}

/** The events of a journal or of a report; null when the text is neither. */
function eventsIn(text: string, file: string): Event[] | null {
  const report = isRecord(tryJson(text), "sluice/report/v1");
  if (report) {
    const runs = Array.isArray(report.runs) ? (report.runs as { events?: unknown }[]) : [];
    return parseEvents(
      runs.flatMap(({ events }) => (Array.isArray(events) ? events : [])),
      file,
      undefined,
    );
  }
  const lines = text.split("\n");
  const first = lines.find((line) => line.trim() !== "");
  const head = first === undefined ? null : tryJson(first);
  if (!isRecord(Array.isArray(head) ? head[0] : head, "sluice/event/v1")) return null;
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const value = tryJson(line);
    // The last line may be one that a crash left unfinished.
    if (value === undefined && index === lines.length - 1) return [];
    return parseEvents(Array.isArray(value) ? value : [value], file, index + 1);
  });
}

function parseEvents(values: readonly unknown[], file: string, line: number | undefined): Event[] {
  return values.map((value) => {
    const parsed = Event.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0]!;
    const key = issue.path.map(String).join(".");
    throw new Refusal({
      reasonCode: "config.input-invalid",
      message: `This is not an event of the journal${key ? `: ${key}` : ""}: ${issue.message}.`,
      remedy: "Give the journal as Sluice wrote it; a newer Sluice may be needed to read it.",
      location: { file, ...(line === undefined ? {} : { line }), ...(key ? { key } : {}) },
    });
  });
}

function chosen(events: readonly Event[], file: string, { service, run }: Choice): RecordedRollout {
  const all = recordedRollouts(events);
  const refuse = (message: string, remedy: string): Refusal =>
    new Refusal({ reasonCode: "config.input-invalid", message, remedy, location: { file } });
  if (all.length === 0)
    throw refuse(
      `${file} holds no rollout with readings.`,
      "Only rollouts whose versions were compared have readings; a first deployment has none.",
    );
  const services = [...new Set(all.map((rollout) => rollout.service ?? "-"))];
  if (service === undefined && services.length > 1)
    throw refuse(
      `${file} holds rollouts of ${services.join(", ")}.`,
      `Name one of them, such as \`--service ${services[0]}\`.`,
    );
  const ofService = all.filter((rollout) => service === undefined || rollout.service === service);
  if (ofService.length === 0)
    throw refuse(`${file} holds no rollout of ${service}.`, `It holds rollouts of ${services.join(", ")}.`);
  const found = ofService.findLast(({ runs }) => run === undefined || runs.includes(run));
  if (found) return found;
  throw refuse(
    `${file} holds no rollout that the run ${run} worked on.`,
    `The runs are ${ofService.flatMap(({ runs }) => runs).join(", ")}.`,
  );
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown, schema: string): Record<string, unknown> | null =>
  value !== null && typeof value === "object" && (value as { schema?: unknown }).schema === schema
    ? (value as Record<string, unknown>)
    : null;
