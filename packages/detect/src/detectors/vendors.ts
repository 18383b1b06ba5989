import { type Detector, example } from "../detector.ts";

/**
 * Vendors whose keys have a known form but no prefix: only the name of the vendor in the same assignment
 * makes one of them a key. One line each.
 */
interface VendorKey {
  id: string;
  title: string;
  /** Regular expression of the vendor's name as it stands in names of variables. */
  name: string;
  keyword: string;
  form: string;
  sample: string;
}

const vendorKeys: readonly VendorKey[] = [
  {
    id: "datadog-key",
    title: "Datadog API or application key",
    name: "(?:datadog|dd)",
    keyword: "d",
    form: "(?:[0-9a-f]{40}|[0-9a-f]{32})",
    sample: "DATADOG_API_KEY=3f2a9c81¦d04be75f6a9c2e8b17d3054f",
  },
  {
    id: "cloudflare-token",
    title: "Cloudflare API token or key",
    name: "(?:cloudflare|cf)",
    keyword: "c",
    form: "(?:[0-9a-f]{37}|[A-Za-z0-9_-]{40})",
    sample: "CLOUDFLARE_API_TOKEN=hT4kB8mQzL¦rV2nYxW6cJfPd0sGuAeIo3R7tMvN9d",
  },
  {
    id: "heroku-key",
    title: "Heroku API key",
    name: "heroku",
    keyword: "heroku",
    form: "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    sample: "HEROKU_API_KEY=3f2a9c81-¦d04b-475f-8a9c-2e8b17d3054f",
  },
  {
    id: "okta-token",
    title: "Okta API token",
    name: "okta",
    keyword: "okta",
    form: "00[\\w-]{40}",
    sample: "OKTA_TOKEN=00¦hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9d",
  },
  {
    id: "algolia-admin-key",
    title: "Algolia key",
    name: "algolia",
    keyword: "algolia",
    form: "[0-9a-f]{32}",
    sample: "ALGOLIA_ADMIN_KEY=3f2a9c81¦d04be75f6a9c2e8b17d3054f",
  },
  {
    id: "fastly-token",
    title: "Fastly API token",
    name: "fastly",
    keyword: "fastly",
    form: "[\\w-]{32}",
    sample: "FASTLY_API_TOKEN=hT4kB8mQ¦zLrV2nYxW6cJfPd0sGuAeIo3",
  },
  {
    id: "snyk-token",
    title: "Snyk token",
    name: "snyk",
    keyword: "snyk",
    form: "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    sample: "SNYK_TOKEN=3f2a9c81-¦d04b-475f-8a9c-2e8b17d3054f",
  },
  {
    id: "codecov-token",
    title: "Codecov upload token",
    name: "codecov",
    keyword: "codecov",
    form: "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    sample: "CODECOV_TOKEN=3f2a9c81-¦d04b-475f-8a9c-2e8b17d3054f",
  },
];

const assignment = (name: string, form: string): RegExp =>
  new RegExp(
    `(?<![A-Za-z0-9])${name}[\\w.-]{0,30}(?:key|token|secret|pat|auth)\\w{0,12}["'\`]?\\s{0,4}(?:=>|:=|[:=])\\s{0,4}["'\`]?(?<secret>${form})(?![\\w-])`,
    "gi",
  );

export const vendors: readonly Detector[] = vendorKeys.map((key) => ({
  id: key.id,
  title: key.title,
  severity: "high",
  keywords:
    key.keyword.length > 1
      ? [key.keyword]
      : key.keyword === "d"
        ? ["datadog", "dd_api", "dd_app"]
        : ["cloudflare", "cf_api", "cf_token"],
  pattern: assignment(key.name, key.form),
  entropy: 3,
  revoke: "Revoke the key in the console of the vendor and make a new one.",
  examples: {
    finds: [example(key.sample)],
    ignores: [
      example(key.sample).replace(/=.*/, `=\${KEY}`),
      example(key.sample).replace(/=.*/, `=${"0".repeat(40)}`),
    ],
  },
}));
