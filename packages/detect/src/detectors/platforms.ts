import { type Detector, example } from "../detector.ts";
import { infrastructureTokens } from "./infrastructure-tokens.ts";
import { serviceTokens } from "./service-tokens.ts";

/** The longest literal text at the start of a pattern of a prefix, in lower case. */
const literal = (prefix: string): string =>
  /^(?:[\w-]|\\\.|\\\$)*/.exec(prefix)![0].replaceAll("\\", "").toLowerCase();

/** Keywords of prefixes that begin with a choice: written out, because the search for keywords knows no patterns. */
const keywords: Readonly<Record<string, readonly string[]>> = {
  "digitalocean-token": ["dop_v1_", "doo_v1_", "dor_v1_"],
  "grafana-token": ["glsa_", "glc_"],
  "sentry-token": ["sntrys_", "sntryu_"],
  "figma-token": ["figd_", "figo", "figr", "figu"],
  "atlassian-token": ["atatt3", "atctt3", "atbb"],
  "terraform-cloud-token": [".atlasv1."],
  "supabase-token": ["sbp_", "sb_secret_"],
  "new-relic-key": ["nrak-", "nral-", "nrii-", "nrjs-", "nrbr-", "nrra-", "nrsp-"],
  "shopify-token": ["shpat_", "shpca_", "shppa_", "shpss_", "shptka_", "shpua_"],
  "square-token": ["sq0atp-", "sq0csp-", "sq0idp-"],
  "easypost-key": ["ezak", "eztk"],
  "prefect-key": ["pnu_", "pnb_"],
  "fly-token": ["fm1_", "fm2_", "fm1a_", "fm1r_"],
  "netlify-token": ["nfp_", "nfc_", "nfu_", "nfo_"],
  "sonar-token": ["sqa_", "sqp_", "squ_"],
  "buildkite-token": ["bkua_", "bkat_", "bkct_"],
  "circleci-token": ["ccipat_", "cciprj_"],
  "launchdarkly-key": ["api-", "sdk-"],
  "tailscale-key": ["tskey-"],
  "planetscale-token": ["pscale_"],
  "airtable-token": ["pat"],
  "linear-api-key": ["lin_api_", "lin_oauth_"],
  "doppler-token": ["dp.pt.", "dp.st.", "dp.ct.", "dp.scim.", "dp.audit."],
};

export const platforms: readonly Detector[] = [...infrastructureTokens, ...serviceTokens].map((token) => ({
  id: token.id,
  title: token.title,
  severity: token.severity ?? "high",
  keywords: keywords[token.id] ?? [literal(token.prefix)],
  pattern: new RegExp(`(?<![A-Za-z0-9_])${token.prefix}${token.rest}(?![A-Za-z0-9_])`, "g"),
  reach: { before: 20, after: 900 },
  entropy: 3,
  hasPublicPrefix: true,
  revoke: `Revoke it (${token.where}) and look through the log of the account for its use.`,
  examples: {
    finds: [`TOKEN=${example(token.sample)}`, `"${example(token.sample)}",`],
    ignores: [
      example(token.sample).slice(0, 12),
      example(token.sample).replace(/[A-Za-z0-9]{8,}/g, (run) => "x".repeat(run.length)),
    ],
  },
}));
