import type { Detector } from "../detector.ts";
import { ai } from "./ai.ts";
import { aws } from "./aws.ts";
import { azure } from "./azure.ts";
import { containers } from "./containers.ts";
import { credentials } from "./credentials.ts";
import { generic } from "./generic.ts";
import { github } from "./github.ts";
import { gitlab } from "./gitlab.ts";
import { google } from "./google.ts";
import { keys } from "./keys.ts";
import { messaging } from "./messaging.ts";
import { platforms } from "./platforms.ts";
import { registries } from "./registries.ts";
import { slack } from "./slack.ts";
import { stripe } from "./stripe.ts";
import { vendors } from "./vendors.ts";

/** Every detector; where two claim the same text, the earlier one keeps it. */
export const detectors: readonly Detector[] = [
  ...github,
  ...gitlab,
  ...slack,
  ...stripe,
  ...google,
  ...ai,
  ...messaging,
  ...registries,
  ...azure,
  ...platforms,
  ...keys,
  ...containers,
  ...credentials,
  ...aws,
  ...vendors,
  ...generic,
];
