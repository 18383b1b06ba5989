import { hasCrcSuffix, withCrcSuffix } from "../checksum.ts";
import { type Detector, example } from "../detector.ts";
import { isPlaceholder } from "../placeholder.ts";

/** Package registries: npm, PyPI, RubyGems, crates.io, NuGet, Docker Hub and others, by their published prefixes. */
export const registries: readonly Detector[] = [
  {
    // https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/
    id: "npm-token",
    title: "npm access token",
    severity: "critical",
    keywords: ["npm_"],
    pattern: /(?<![A-Za-z0-9])npm_(?<body>[A-Za-z0-9]{36})(?![A-Za-z0-9_])/g,
    accepts: ({ groups }) => hasCrcSuffix(groups.body!),
    hasPublicPrefix: true,
    revoke:
      "Revoke it with `npm token revoke` and look at the versions published since; prefer trusted publishing.",
    examples: {
      finds: [`NPM_TOKEN=npm_${withCrcSuffix(example("h4Jm2TtqPz0Rk8¦VbYwXc6NfLsEd3Gu"))}`],
      ignores: [example("npm_¦h4Jm2TtqPz0Rk8VbYwXc6NfLsEd3Gu000000"), "npm_config_registry"],
    },
  },
  {
    id: "npmrc-auth",
    title: "Password or token in .npmrc",
    severity: "high",
    keywords: [":_authtoken", ":_auth", ":_password", "_auth", "_password"],
    pattern: /(?<![\w])_(?:authToken|auth|password)\s{0,4}=\s{0,4}["']?(?<secret>[\w+/.=-]{12,500})/g,
    accepts: ({ value }) => !isPlaceholder(value),
    revoke: "Revoke the token with `npm token revoke`, or change the password of the registry account.",
    examples: {
      finds: [
        example("//registry.corp.test/:_authToken=¦00f3d2b6-9c1e-4b7a-8d5f-6e2a1b0c9d8e"),
        example("_auth = ¦ZGVwbG95OmhUNGtCOG1RekxyVg=="),
      ],
      ignores: [`//npm.example.com/:_authToken=\${NPM_TOKEN}`, "_authToken=your-token-here"],
    },
  },
  {
    // A macaroon that begins with the location pypi.org: https://pypi.org/help/#apitoken
    id: "pypi-token",
    title: "PyPI API token",
    severity: "critical",
    keywords: ["pypi-age"],
    pattern: /(?<![A-Za-z0-9])pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[\w-]{50,1000}/g,
    reach: { after: 1100 },
    hasPublicPrefix: true,
    revoke: "Remove the token under Account settings, API tokens; prefer trusted publishing.",
    examples: {
      finds: [
        example(
          "pypi-¦AgEIcHlwaS5vcmcCJGhUNGtCOG1RekxyVjJuWXhXNmNKZlBkMHNHdUFlSW8zUjd0TXZOaFQ0a0I4bVF6THJWMm5ZeFc2Y0o",
        ),
      ],
      ignores: ["pypi-AgEIcHlwaS5vcmc", "pypi-agent-of-something"],
    },
  },
  {
    id: "rubygems-token",
    title: "RubyGems API key",
    severity: "critical",
    keywords: ["rubygems_"],
    pattern: /(?<![A-Za-z0-9])rubygems_[0-9a-f]{48}(?![0-9a-f])/g,
    entropy: 3,
    hasPublicPrefix: true,
    revoke: "Remove the key under Settings, API keys.",
    examples: {
      finds: [example("rubygems_¦3f2a9c81d04be75f6a9c2e8b17d3054fa6c9e2103f2a9c81")],
      ignores: [`rubygems_${"0".repeat(48)}`],
    },
  },
  {
    id: "crates-io-token",
    title: "crates.io token",
    severity: "critical",
    keywords: ["cio"],
    pattern: /(?<![A-Za-z0-9])cio[A-Za-z0-9]{32}(?![A-Za-z0-9])/g,
    entropy: 4,
    accepts: ({ value }) => /\d/.test(value) && /[A-Z]/.test(value) && /[a-z]/.test(value.slice(3)),
    hasPublicPrefix: true,
    revoke: "Revoke the token under Account settings, API tokens.",
    examples: {
      finds: [example('token = "cio¦hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3"')],
      ignores: ["ciophonologicalsegmentationanalyses"],
    },
  },
  {
    id: "nuget-api-key",
    title: "NuGet API key",
    severity: "critical",
    keywords: ["oy2"],
    pattern: /(?<![A-Za-z0-9])oy2[a-z2-7]{43}(?![A-Za-z0-9])/g,
    entropy: 3.5,
    hasPublicPrefix: true,
    revoke: "Delete or regenerate the key under nuget.org, API Keys.",
    examples: {
      finds: [example("oy2¦b7d3kq5mzt4vwxf2plchsgn6ayeruoijb7d3kq5mzt4")],
      ignores: ["oy2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
    },
  },
  {
    id: "docker-hub-token",
    title: "Docker Hub access token",
    severity: "critical",
    keywords: ["dckr_pat_", "dckr_oat_"],
    pattern: /(?<![A-Za-z0-9])dckr_[po]at_[\w-]{27,32}(?![\w-])/g,
    entropy: 3.5,
    hasPublicPrefix: true,
    revoke: "Delete the token under Account settings, Personal access tokens.",
    examples: {
      finds: [example("dckr_pat_¦hT4kB8mQzLrV2nYxW6cJfPd0sGu")],
      ignores: ["dckr_pat_xxxxxxxxxxxxxxxxxxxxxxxxxxx"],
    },
  },
  {
    id: "artifactory-api-key",
    title: "Artifactory API key or reference token",
    severity: "high",
    keywords: ["akcp", "cmvmdgtuo"],
    pattern: /(?<![A-Za-z0-9])(?:AKCp[A-Za-z0-9]{69}|cmVmdGtuO[A-Za-z0-9]{55})(?![A-Za-z0-9])/g,
    entropy: 4,
    hasPublicPrefix: true,
    revoke: "Revoke the key or token in the user profile of Artifactory.",
    examples: {
      finds: [example("AKCp¦8hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6NfLsEd3G")],
      ignores: ["AKCp", `AKCp${"a".repeat(69)}`],
    },
  },
  {
    id: "clojars-token",
    title: "Clojars deploy token",
    severity: "high",
    keywords: ["clojars_"],
    pattern: /(?<![A-Za-z0-9])CLOJARS_[0-9a-f]{60}(?![0-9a-f])/gi,
    entropy: 3,
    hasPublicPrefix: true,
    revoke: "Disable the token under Dashboard, Deploy tokens.",
    examples: {
      finds: [example("CLOJARS_¦3f2a9c81d04be75f6a9c2e8b17d3054fa6c9e2103f2a9c81d04be75f6a9c")],
      ignores: ["CLOJARS_PASSWORD"],
    },
  },
];
