import { allOf } from "@sluice/config";
import { type DatabaseDecision, type Event, type EventOf, Refusal } from "@sluice/documents";
import type { Observation } from "@sluice/ports";

/** What a rollout of a rollback, and one that a person had taken back, end with. */
const wasAskedFor: readonly string[] = ["rollback.verified", "deploy.aborted"];

/**
 * Refuses to go back once more where the last thing that happened to a service was a rollback: the version that is
 * "before" then is the one that was taken away, or one that nobody has looked at for a long time. A release that the
 * judge has turned round never was the trusted version, so it does not count.
 *
 * @throws Refusal `rollback.of-rollback`, with the versions that can be asked for by name
 */
export function refuseRollbackOfRollback(events: readonly Event[], seen: Observation): void {
  const { service, stable, rollout, history } = seen;
  const last = events.findLast(
    (event): event is EventOf<"rollout.finished"> =>
      event.type === "rollout.finished" && event.service === service,
  );
  if (rollout !== null || last?.data.status !== "rolled_back" || stable === null) return;
  if (!wasAskedFor.includes(last.data.reasonCode)) return;
  const known = [...new Set(history.map(({ spec }) => spec.version))].filter((version) => version !== stable);
  throw new Refusal({
    reasonCode: "rollback.of-rollback",
    message: `${service} was rolled back to ${stable} at ${last.at}: ${last.data.summary} Going back once more is not done unless it is asked for by name.`,
    remedy:
      known.length > 0
        ? `\`sluice status\` shows what runs. If another version is wanted, name it with \`--to\`: ${allOf(known)}.`
        : "There is no other version to go back to.",
  });
}

/**
 * What a rollback of a service means for the database. Migrations are never run backwards: those that only expand the
 * schema leave room for the older version, and stay. One that contracts it takes away what that version needs.
 *
 * @param to the version that comes back; migrations since it was last promoted are the ones that it does not know
 */
export function decideAboutDatabase(
  events: readonly Event[],
  service: string,
  to: string | null,
): DatabaseDecision {
  const promotedAt = events.findLastIndex(
    (event) =>
      event.type === "rollout.finished" &&
      event.service === service &&
      event.data.version === to &&
      (event.data.status === "succeeded" || event.data.reasonCode === "rollback.verified"),
  );
  const migrations = events
    .slice(promotedAt + 1)
    .flatMap((event) =>
      event.type === "migration.applied" ? [{ file: event.data.file, phase: event.data.phase ?? null }] : [],
    );
  if (migrations.length === 0)
    return { decision: "none", sentence: `No migration was applied since ${to} was deployed.`, migrations };
  const contracts = migrations.filter(({ phase }) => phase === "contract").map(({ file }) => file);
  if (contracts.length > 0)
    return {
      decision: "refused",
      sentence: `${allOf(contracts)} took away what ${to} may need.`,
      migrations,
    };
  const files = allOf(migrations.map(({ file }) => file));
  const isKnown = migrations.every(({ phase }) => phase === "expand");
  return {
    decision: "kept",
    sentence: `${files} stay${migrations.length === 1 ? "s" : ""} applied: ${isKnown ? `${to} works with the expanded schema` : "the journal does not say of what kind all of them are"}.`,
    migrations,
  };
}

/** @throws Refusal `rollback.contract-applied` where a migration is in the way */
export function refuseContract(decision: DatabaseDecision, service: string, to: string | null): void {
  if (decision.decision !== "refused") return;
  throw new Refusal({
    reasonCode: "rollback.contract-applied",
    message: `${service} is not taken back to ${to}: ${decision.sentence}`,
    remedy:
      "Mend it forwards with a new release. If you are sure that the older version works with the schema as it is, add `--accept-contract` (the input `accept-contract`).",
  });
}
