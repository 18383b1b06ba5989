import { type Detector, example } from "../detector.ts";

/** https://cloud.google.com/docs/authentication/api-keys, https://cloud.google.com/iam/docs/keys-create-delete */
export const google: readonly Detector[] = [
  {
    id: "gcp-api-key",
    title: "Google API key",
    severity: "high",
    keywords: ["aiza"],
    pattern: /(?<![A-Za-z0-9])AIza[\w-]{35}(?![\w-])/g,
    entropy: 3.5,
    hasPublicPrefix: true,
    revoke: "Regenerate or delete the key under APIs & Services, Credentials, and restrict the new one.",
    examples: {
      finds: [example('"api_key": "AIza¦SyD3hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo"')],
      ignores: [`AIza${"x".repeat(35)}`, "AIzaShort"],
    },
  },
  {
    id: "gcp-service-account-key",
    title: "Private key of a Google service account",
    severity: "critical",
    keywords: ["private_key"],
    pattern:
      /"private_key"\s{0,4}:\s{0,4}"(?<secret>-----BEGIN (?:RSA )?PRIVATE KEY-----(?:\\n|\\r|[A-Za-z0-9+/=]){100,6000}-----END)/g,
    reach: { after: 6500 },
    entropy: 4,
    revoke:
      "Delete the key with `gcloud iam service-accounts keys delete`; prefer workload identity federation.",
    examples: {
      finds: [
        example(
          `{"type": "service_account", "private_k¦ey": "-----BEGIN PRIVATE ¦KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6NfLsEd3Gu\\n-----END PRIVATE ¦KEY-----\\n"}`,
        ),
      ],
      ignores: ['"private_key": "-----BEGIN PRIVATE KEY-----\\n...\\n-----END PRIVATE KEY-----\\n"'],
    },
  },
  {
    id: "google-oauth-client-secret",
    title: "Google OAuth client secret",
    severity: "high",
    keywords: ["gocspx-"],
    pattern: /(?<![A-Za-z0-9])GOCSPX-[\w-]{28}(?![\w-])/g,
    entropy: 3.5,
    hasPublicPrefix: true,
    revoke: "Reset the secret of the OAuth client under APIs & Services, Credentials.",
    examples: {
      finds: [example("GOCSPX-¦hT4kB8mQzLrV2nYxW6cJfPd0sGuA")],
      ignores: [`GOCSPX-${"x".repeat(28)}`],
    },
  },
  {
    id: "google-oauth-token",
    title: "Google OAuth access token",
    severity: "medium",
    keywords: ["ya29."],
    pattern: /(?<![A-Za-z0-9])ya29\.[\w-]{60,400}/g,
    entropy: 3.5,
    hasPublicPrefix: true,
    revoke: "Revoke it at https://oauth2.googleapis.com/revoke; it expires within hours.",
    examples: {
      finds: [example("ya29.¦a0AfH6SMBhT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6")],
      ignores: ["ya29.short"],
    },
  },
];
