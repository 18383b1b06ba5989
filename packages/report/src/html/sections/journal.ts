import type { Event } from "@sluice/documents";
import { counted, timeOfDay } from "../../format.ts";
import { sayEvent } from "../../say-event.ts";
import { html, type Markup, prose } from "../markup.ts";
import { empty, folded } from "../parts.ts";

const LIMIT = 1500;

/** What was written down, in order. Readings are in the charts and are left out here. */
export function journalSection(events: readonly Event[], id: string): Markup {
  const said = events.filter((event) => event.type !== "rollout.sample");
  const readings = events.length - said.length;
  const quiet = said.filter((event, index) => !repeats(event, said[index - 1]));
  const shown = quiet.slice(-LIMIT);
  return folded(
    "Journal",
    counted(events.length, "entry", "entries"),
    events.length === 0
      ? empty("Nothing was written to the journal in this run.")
      : html`<p class="quiet">${leftOut(readings, said.length - quiet.length)}${shown.length < quiet.length && ` The newest ${LIMIT} of ${quiet.length} entries are shown.`}</p>
<label class="filter" hidden>Show entries with <input type="search" data-filter="${id}-journal" autocomplete="off"></label>
<ol class="journal" id="${id}-journal">${shown.map(
          (event) =>
            html`<li><time datetime="${event.at}">${timeOfDay(event.at)}</time> <code>${event.type}</code> <span>${event.service && html`<strong>${event.service}</strong> `}${prose(sayEvent(event))}</span></li>`,
        )}</ol>`,
  );
}

/** What the charts show better. */
const leftOut = (readings: number, repeated: number) =>
  readings + repeated === 0
    ? null
    : `Left out here: ${counted(readings, "reading")} of counters, which are in the charts, and ${counted(repeated, "verdict")} that said the same as the one before.`;

/** The judge says `continue` many times in a row. */
const repeats = (event: Event, before: Event | undefined) =>
  event.type === "rollout.verdict" &&
  before?.type === "rollout.verdict" &&
  before.service === event.service &&
  before.data.verdict === event.data.verdict;
