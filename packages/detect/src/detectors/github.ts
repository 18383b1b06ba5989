import { hasCrcSuffix, withCrcSuffix } from "../checksum.ts";
import { type Detector, example } from "../detector.ts";

const revoke =
  "Revoke the token under Settings, Developer settings (or the settings of the app), and look through the security log of the account for its use.";

/** https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/ */
export const github: readonly Detector[] = [
  {
    id: "github-token",
    title: "GitHub token",
    severity: "critical",
    keywords: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
    pattern: /(?<![A-Za-z0-9])gh[pousr]_(?<body>[A-Za-z0-9]{36})(?![A-Za-z0-9_])/g,
    accepts: ({ groups }) => hasCrcSuffix(groups.body!),
    hasPublicPrefix: true,
    revoke,
    examples: {
      finds: [
        `token: ghp_${withCrcSuffix(example("zQWBuTSOoRi4A9¦spHcVY5ncnsDkxkJ"))}`,
        `https://x-access-token:ghs_${withCrcSuffix(example("h4Jm2TtqPz0Rk8¦VbYwXc6NfLsEd3Gu"))}@github.com/o/r`,
      ],
      ignores: [
        example("ghp_¦zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ000000"),
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
      ],
    },
  },
  {
    id: "github-installation-token",
    title: "GitHub App installation token (signed form)",
    severity: "critical",
    keywords: ["ghs_"],
    pattern: /(?<![A-Za-z0-9])ghs_\d{1,12}_eyJ[\w-]{20,600}\.eyJ[\w-]{20,1500}\.[\w-]{20,1500}/g,
    reach: { after: 3000 },
    hasPublicPrefix: true,
    revoke: "Revoke it with DELETE /installation/token; it expires one hour after it was made.",
    examples: {
      finds: [
        example(
          "ghs_¦1234_eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJnaXRodWIiLCJleHAiOjE3NjB9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg",
        ),
      ],
      ignores: ["ghs_1234_eyJ"],
    },
  },
  {
    id: "github-fine-grained-token",
    title: "GitHub fine-grained personal access token",
    severity: "critical",
    keywords: ["github_pat_"],
    // The last six characters are a checksum too, but how it is made is not published: the shape has to do.
    pattern: /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}(?![A-Za-z0-9])/g,
    entropy: 4,
    hasPublicPrefix: true,
    revoke,
    examples: {
      finds: [
        example(
          "github_pat_¦11ABCDE3A0hT4kB8mQzLrV_hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc",
        ),
      ],
      ignores: [`github_pat_${"x".repeat(22)}_${"x".repeat(59)}`, "github_pat_11ABC"],
    },
  },
  {
    id: "github-app-client-secret",
    title: "Client secret of a GitHub or OAuth app",
    severity: "high",
    keywords: ["github"],
    pattern:
      /github[\w.-]{0,20}(?:client|app|oauth|api)?[_-]?(?:secret|key|token|pat)[\w.-]{0,12}["'`]?\s{0,4}(?:=>|:=|[:=])\s{0,4}["'`]?(?<secret>[0-9a-f]{40})(?![0-9a-f])/gi,
    entropy: 3,
    revoke,
    examples: {
      finds: [example("GITHUB_CLIENT_SECRET=3f2a9c¦81d04be75f6a9c2e8b17d3054fa6c9e210")],
      ignores: [
        "uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8",
        `github_secret: ${"0".repeat(40)}`,
      ],
    },
  },
];
