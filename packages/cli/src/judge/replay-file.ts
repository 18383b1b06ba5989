import { policyOptionsOf } from "@sluice/config";
import type { VerdictKind } from "@sluice/documents";
import { type PolicyOptions, replay } from "@sluice/judge";
import { replayPage } from "@sluice/report";
import { canaryOf, readText } from "./inputs.ts";
import { jsonOf, tableOf } from "./replay-output.ts";
import { readSource } from "./replay-source.ts";

export interface ReplayRequest {
  config?: string;
  service?: string;
  run?: string;
  json: boolean;
}

export interface ReplayAnswer {
  answer: string;
  verdict: VerdictKind;
  /** The replay as a page of HTML. */
  page(): string;
}

/**
 * Judges the readings of a file again.
 *
 * @throws Refusal naming what cannot be read or understood
 */
export async function replayFile(file: string, request: ReplayRequest): Promise<ReplayAnswer> {
  const text = await readText(file);
  const source = readSource(text, file === "-" ? "standard input" : file, request, await optionsOf(request));
  const result = replay(source.parts);
  const samples = source.parts.flatMap((part) => part.samples);
  return {
    answer: request.json ? jsonOf(source, result) : tableOf(source, result),
    verdict: result.final.verdict,
    page: () => replayPage({ ...source, ...result, samples }),
  };
}

async function optionsOf({ config, service }: ReplayRequest): Promise<PolicyOptions | null> {
  if (config === undefined) return null;
  return policyOptionsOf({ canary: await canaryOf(config, service) });
}
