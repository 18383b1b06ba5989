import type { Severity } from "@sluice/documents";
import { type Detector, example } from "../detector.ts";

/**
 * Platforms whose tokens carry a published prefix: the prefix, then random characters of a known length.
 * One line each: what it is, the prefix, the form of the rest, an example of the rest.
 */
interface Token {
  id: string;
  title: string;
  prefix: string;
  /** Regular expression of what follows the prefix. */
  rest: string;
  /** A rest that fits, broken by ¦ so that it is no token in this file. */
  sample: string;
  severity?: Severity;
  where: string;
}

const hex32 = "3f2a9c81¦d04be75f6a9c2e8b17d3054f";
const hex40 = "3f2a9c81¦d04be75f6a9c2e8b17d3054fa6c9e210";
const hex64 = "3f2a9c81¦d04be75f6a9c2e8b17d3054fa6c9e2103f2a9c81d04be75f6a9c2e8b";
const mixed =
  "hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6NfLsEd3Gu1zKpAqWs5DfGt7HyJu8KiLo0PzXcVbNm4Rt";

const tokens: readonly Token[] = [
  {
    id: "digitalocean-token",
    title: "DigitalOcean token",
    prefix: "do[opr]_v1_",
    rest: "[0-9a-f]{64}",
    sample: `dop_v1_${hex64}`,
    severity: "critical",
    where: "API, Tokens",
  },
  {
    id: "shopify-token",
    title: "Shopify token or app secret",
    prefix: "shp(?:at|ca|pa|ss|tka|ua)_",
    rest: "[0-9a-fA-F]{32}",
    sample: `shpat_${hex32}`,
    where: "the settings of the app",
  },
  {
    id: "square-token",
    title: "Square token or secret",
    prefix: "sq0(?:atp|csp|idp)-",
    rest: "[\\w-]{22,43}",
    sample: "sq0atp-¦hT4kB8mQzLrV2nYxW6cJfP",
    where: "the developer dashboard",
  },
  {
    id: "databricks-token",
    title: "Databricks token",
    prefix: "dapi",
    rest: "[0-9a-f]{32}(?:-\\d)?",
    sample: `dapi${hex32}`,
    where: "User settings, Access tokens",
  },
  {
    id: "linear-api-key",
    title: "Linear API key",
    prefix: "lin_(?:api|oauth)_",
    rest: "[A-Za-z0-9]{32,64}",
    sample: `lin_api_¦${mixed.slice(0, 41)}`,
    where: "Settings, API",
  },
  {
    id: "notion-token",
    title: "Notion integration token",
    prefix: "ntn_",
    rest: "\\d{11}[A-Za-z0-9]{35}",
    sample: "ntn_¦12345098761hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7t",
    where: "My integrations",
  },
  {
    id: "postman-api-key",
    title: "Postman API key",
    prefix: "PMAK-",
    rest: "[0-9a-f]{24}-[0-9a-f]{34}",
    sample: "PMAK-¦3f2a9c81d04be75f6a9c2e8b-17d3054fa6c9e2103f2a9c81d04be75f6a",
    where: "Account settings, API keys",
  },
  {
    id: "pulumi-token",
    title: "Pulumi access token",
    prefix: "pul-",
    rest: "[0-9a-f]{40}",
    sample: `pul-${hex40}`,
    where: "Personal access tokens",
  },
  {
    id: "doppler-token",
    title: "Doppler token",
    prefix: "dp\\.(?:pt|st|ct|scim|audit)\\.",
    rest: "(?:[\\w-]{2,40}\\.)?[A-Za-z0-9]{40,44}",
    sample: `dp.pt.¦${mixed.slice(0, 44)}`,
    severity: "critical",
    where: "Tokens",
  },
  {
    id: "grafana-token",
    title: "Grafana token",
    prefix: "gl(?:sa|c)_",
    rest: "[A-Za-z0-9+/]{32,400}(?:_[0-9a-f]{8})?={0,2}",
    sample: `glsa_¦${mixed.slice(0, 33)}_3f2a9c81`,
    where: "Administration, Service accounts",
  },
  {
    id: "new-relic-key",
    title: "New Relic key",
    prefix: "NR(?:AK|AL|II|JS|BR|RA|SP)-",
    rest: "[A-Za-z0-9_]{19,42}",
    sample: "NRAK-¦H4KB8MQZLRV2NYXW6CJFPD0SGUA",
    where: "API keys",
  },
  {
    id: "sentry-token",
    title: "Sentry token",
    prefix: "sntry[su]_",
    rest: "[A-Za-z0-9+/=_]{64,400}",
    sample: `sntryu_${hex64}`,
    where: "Settings, Auth tokens",
  },
  {
    id: "figma-token",
    title: "Figma token",
    prefix: "fig[dor][rhu]?_",
    rest: "[\\w-]{40,60}",
    sample: `figd_¦${mixed.slice(0, 41)}`,
    where: "Settings, Security",
  },
  {
    id: "atlassian-token",
    title: "Atlassian API token",
    prefix: "AT(?:ATT3|CTT3|BB)",
    rest: "[\\w=-]{24,250}",
    sample: `ATATT3¦${mixed}${mixed.slice(0, 80)}`,
    severity: "high",
    where: "Security, API tokens",
  },
  {
    id: "terraform-cloud-token",
    title: "HCP Terraform token",
    prefix: "[A-Za-z0-9]{14}\\.atlasv1\\.",
    rest: "[\\w-]{60,70}",
    sample: `hT4kB8mQzLrV2n.atlasv1.¦${mixed.slice(0, 67)}`,
    severity: "critical",
    where: "User settings, Tokens",
  },
  {
    id: "planetscale-token",
    title: "PlanetScale password or token",
    prefix: "pscale_(?:pw|tkn|oauth)_",
    rest: "[\\w.=-]{32,64}",
    sample: `pscale_pw_¦${mixed.slice(0, 43)}`,
    severity: "critical",
    where: "the settings of the database",
  },
  {
    id: "supabase-token",
    title: "Supabase key",
    prefix: "sb(?:p|_secret)_",
    rest: "[\\w-]{31,64}",
    sample: `sbp_${hex40}`,
    where: "Account, Access tokens",
  },
  {
    id: "airtable-token",
    title: "Airtable token",
    prefix: "pat[A-Za-z0-9]{14}\\.",
    rest: "[0-9a-f]{64}",
    sample: `pathT4kB8mQzLrV2n.${hex64}`,
    where: "Builder hub",
  },
  {
    id: "alibaba-access-key",
    title: "Alibaba Cloud access key id",
    prefix: "LTAI",
    rest: "[A-Za-z0-9]{12,24}",
    sample: "LTAI¦5tHk4B8mQzLrV2nYxW6c",
    where: "RAM",
  },
  {
    id: "tailscale-key",
    title: "Tailscale key",
    prefix: "tskey-(?:auth|api|client|scim|webhook)-",
    rest: "\\w{10,24}-[A-Za-z0-9]{16,64}",
    sample: "tskey-auth-¦kB8mQzLrV2CNTRL-hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3",
    severity: "critical",
    where: "Settings, Keys",
  },
  {
    id: "dynatrace-token",
    title: "Dynatrace token",
    prefix: "dt0[a-z]\\d{2}\\.",
    rest: "[A-Z0-9]{24}\\.[A-Z0-9]{64}",
    sample:
      "dt0c01.¦H4KB8MQZLRV2NYXW6CJFPD0S.H4KB8MQZLRV2NYXW6CJFPD0SGUAEIO3R7TMVN9DRTJVCXLB89Q4KVBYWXC6NFLSE",
    where: "Access tokens",
  },
  {
    id: "contentful-token",
    title: "Contentful management token",
    prefix: "CFPAT-",
    rest: "[\\w-]{43}",
    sample: `CFPAT-¦${mixed.slice(0, 43)}`,
    where: "Settings, CMA tokens",
  },
  {
    id: "onepassword-service-token",
    title: "1Password service account token",
    prefix: "ops_eyJ",
    rest: "[A-Za-z0-9+/]{100,800}={0,3}",
    sample: `ops_eyJ¦${mixed}${mixed}`,
    severity: "critical",
    where: "Developer, Service accounts",
  },
  {
    id: "facebook-token",
    title: "Facebook access token",
    prefix: "EAA[A-Z]",
    rest: "[A-Za-z0-9]{90,300}",
    sample: `EAAC¦${mixed}`,
    where: "the settings of the app",
  },
  {
    id: "braintree-token",
    title: "PayPal Braintree access token",
    prefix: "access_token\\$production\\$",
    rest: "[0-9a-z]{16}\\$[0-9a-f]{32}",
    sample: `access_token$production$¦h4kb8mqzlrv2nyxw$${hex32}`,
    severity: "critical",
    where: "the control panel",
  },
  {
    id: "easypost-key",
    title: "EasyPost API key",
    prefix: "EZ[AT]K",
    rest: "[A-Za-z0-9]{54,56}",
    sample: `EZAK¦${mixed.slice(0, 54)}`,
    where: "Account settings",
  },
  {
    id: "typeform-token",
    title: "Typeform token",
    prefix: "tfp_",
    rest: "[\\w.=-]{40,64}",
    sample: `tfp_¦${mixed.slice(0, 59)}`,
    where: "Personal tokens",
  },
  {
    id: "prefect-key",
    title: "Prefect API key",
    prefix: "pn[ub]_",
    rest: "[A-Za-z0-9]{36}",
    sample: `pnu_¦${mixed.slice(0, 36)}`,
    where: "API keys",
  },
  {
    id: "readme-key",
    title: "ReadMe API key",
    prefix: "rdme_",
    rest: "[a-z0-9]{70}",
    sample: "rdme_¦xn8s9h3f2a9c81d04be75f6a9c2e8b17d3054fa6c9e2103f2a9c81d04be75f6a9c2e8b",
    where: "Configuration, API key",
  },
  {
    id: "fly-token",
    title: "Fly.io token",
    prefix: "fm[12][ar]?_",
    rest: "[A-Za-z0-9+/=]{60,600}",
    sample: `fm2_¦${mixed}`,
    severity: "critical",
    where: "Tokens",
  },
  {
    id: "render-api-key",
    title: "Render API key",
    prefix: "rnd_",
    rest: "[A-Za-z0-9]{28,40}",
    sample: `rnd_¦${mixed.slice(0, 28)}`,
    where: "Account settings, API keys",
  },
  {
    id: "netlify-token",
    title: "Netlify token",
    prefix: "nf[pcuo]_",
    rest: "[A-Za-z0-9]{36,40}",
    sample: `nfp_¦${mixed.slice(0, 40)}`,
    where: "User settings, Applications",
  },
  {
    id: "heroku-api-key",
    title: "Heroku API key",
    prefix: "HRKU-",
    rest: "(?:AA[\\w-]{58}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})",
    sample: `HRKU-AA¦${mixed.slice(0, 58)}`,
    severity: "critical",
    where: "Account settings",
  },
  {
    id: "cloudflare-origin-ca-key",
    title: "Cloudflare Origin CA key",
    prefix: "v1\\.0-",
    rest: "[0-9a-f]{24}-[0-9a-f]{140,160}",
    sample: `v1.0-¦3f2a9c81d04be75f6a9c2e8b-${"3f2a9c81d04be75f6a9c2e8b17d3054fa6c9e210".repeat(3)}3f2a9c81d04be75f6a9c2e8b17`,
    severity: "critical",
    where: "My profile, API tokens",
  },
  {
    id: "sonar-token",
    title: "SonarQube token",
    prefix: "sq[apu]_",
    rest: "[0-9a-f]{40}",
    sample: `squ_${hex40}`,
    where: "My account, Security",
  },
  {
    id: "buildkite-token",
    title: "Buildkite token",
    prefix: "bk(?:ua|at|ct)_",
    rest: "[0-9a-zA-Z]{40,64}",
    sample: `bkua_${hex40}`,
    where: "Personal settings, API access tokens",
  },
  {
    id: "circleci-token",
    title: "CircleCI token",
    prefix: "CCI(?:PAT|PRJ)_",
    rest: "[A-Za-z0-9]{22}_[0-9a-f]{40}",
    sample: `CCIPAT_hT4kB8mQzLrV2nYxW6cJfP_${hex40}`,
    severity: "critical",
    where: "User settings, Personal API tokens",
  },
  {
    id: "launchdarkly-key",
    title: "LaunchDarkly access token",
    prefix: "(?:api|sdk)-",
    rest: "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    sample: "sdk-¦3f2a9c81-d04b-475f-8a9c-2e8b17d3054f",
    where: "Account settings, Authorization",
  },
  {
    id: "resend-api-key",
    title: "Resend API key",
    prefix: "re_",
    rest: "[A-Za-z0-9]{8}_[A-Za-z0-9]{20,28}",
    sample: "re_¦hT4kB8mQ_zLrV2nYxW6cJfPd0sGuAeIo3",
    where: "API keys",
  },
];

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

export const platforms: readonly Detector[] = tokens.map((token) => ({
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
