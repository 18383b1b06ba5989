import type { Event } from "@sluice/documents";
import { verdictWords } from "./evidence-words.ts";
import { bytes, count, counted, duration, moment, percent, statusWord } from "./format.ts";

/** One event as a short sentence without time and service. */
export function sayEvent(event: Event): string {
  switch (event.type) {
    case "run.started":
      return `Run ${event.run} of ${event.data.version} started${event.data.actor ? ` by ${event.data.actor}` : ""}.`;
    case "run.finished":
      return `Run ${statusWord(event.data.status)}: ${event.data.summary}`;
    case "stage.started":
      return `Stage ${event.data.stage} started.`;
    case "stage.finished":
      return `Stage ${event.data.stage} ${statusWord(event.data.status)} after ${duration(event.data.seconds)}: ${event.data.summary}`;
    case "lock.acquired": {
      const over = event.data.tookOver;
      const from = over ? `, taken over from ${over.owner} (${statusWord(over.why)})` : "";
      return `${event.data.owner} holds the lock, number ${event.data.fencing}, until ${moment(event.data.expiresAt)}${from}.`;
    }
    case "lock.renewed":
      return `${event.data.owner} holds the lock until ${moment(event.data.expiresAt)}.`;
    case "lock.released":
      return `${event.data.owner} gave the lock back.`;
    case "rollout.started":
      return `${event.data.resumed ? "Took up" : "Began"} ${event.data.strategy} from ${event.data.from ?? "nothing"} to ${event.data.to}.`;
    case "rollout.weights":
      return `Traffic: ${Object.entries(event.data.weights)
        .map(([version, weight]) => `${version} ${percent(weight)}`)
        .join(", ")}.`;
    case "rollout.sample":
      return `Counters: canary ${count(event.data.canary?.requests ?? 0)}, baseline ${count(event.data.baseline?.requests ?? 0)} requests.`;
    case "rollout.verdict":
      return `${verdictWords[event.data.verdict]}: ${event.data.sentence}`;
    case "rollout.finished":
      return `Rollout of ${event.data.version} ${statusWord(event.data.status)}: ${event.data.summary}`;
    case "migration.backup":
      return `Backup ${event.data.reference} (${bytes(event.data.bytes)}).`;
    case "migration.applied":
      return `Applied ${event.data.file} in ${duration(event.data.seconds)}.`;
    case "migration.failed":
      return `${event.data.file} failed: ${event.data.message}`;
    case "verify.check":
      return `${event.data.check} ${event.data.passed ? "passed" : "failed"} at attempt ${event.data.attempts}: ${event.data.message}`;
    case "rollout.policy": {
      const learned = event.data.learned.filter(({ source }) => source === "learned").length;
      return `The judge goes by ${counted(event.data.learned.length, "number")} beside the configuration, ${learned} of them learned from earlier rollouts.`;
    }
    case "rollback.decided":
      return `Going back from ${event.data.from ?? "nothing"} to ${event.data.to ?? "nothing"}: ${event.data.reason} Database: ${event.data.database.sentence}`;
    case "recheck.finished":
      return `Re-check of ${event.data.version} ${statusWord(event.data.status)}: ${event.data.summary}`;
    case "note":
      return event.data.text;
    case "rollout.request":
      return event.data.summary;
  }
}
