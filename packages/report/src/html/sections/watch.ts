import type { DetailsOf } from "@sluice/documents";
import { measured } from "../../evidence-words.ts";
import { count, counted, duration, milliseconds, share } from "../../format.ts";
import { html, type Markup, prose } from "../markup.ts";
import { badge, folded, numeric, table } from "../parts.ts";

/** What was seen after the promotion, while somebody kept watching. */
export function watchSection({ seconds, services }: DetailsOf<"watch">): Markup {
  const breached = services.flatMap((service) => service.guards.filter((guard) => guard.isBreached));
  return folded(
    "Watch after the promotion",
    html`${breached.length === 0 ? badge("passed", "quiet") : badge("failed", counted(breached.length, "breached bound"))} for ${duration(seconds)}`,
    html`${table(
      "Watched services",
      ["Service", numeric("Requests"), numeric("Failed"), numeric("Share"), numeric("p99"), "What was seen"],
      services.map((service) => [
        service.name,
        count(service.requests),
        count(service.errors),
        service.requests > 0 ? share(service.errors / service.requests) : "–",
        milliseconds(service.p99),
        prose(service.message),
      ]),
    )}${
      breached.length > 0 &&
      table(
        "Breached bounds",
        ["Condition", numeric("Measured")],
        breached.map((guard) => [html`<code>${guard.condition}</code>`, measured(guard)]),
      )
    }`,
    breached.length > 0,
  );
}
