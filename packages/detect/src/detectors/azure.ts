import { type Detector, example } from "../detector.ts";

/** https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage and neighbours */
export const azure: readonly Detector[] = [
  {
    id: "azure-storage-key",
    title: "Azure storage, Service Bus or Cosmos DB key",
    severity: "critical",
    keywords: ["accountkey=", "sharedaccesskey=", "account_key", "accountkey"],
    pattern:
      /(?:Account|SharedAccess)_?Key["'`]?\s{0,4}[=:]\s{0,4}["'`]?(?<secret>[A-Za-z0-9+/]{43,86}={1,2})/gi,
    entropy: 4,
    revoke: "Regenerate the key of the account and move its users to Entra ID.",
    examples: {
      finds: [
        example(
          "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=¦hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6NfLsEd3Gu1zKpAqWs5DfGt7HyJ==;EndpointSuffix=core.windows.net",
        ),
      ],
      ignores: [`AccountKey=${"0".repeat(86)}==`, "AccountKey=your-key"],
    },
  },
  {
    id: "azure-ad-client-secret",
    title: "Client secret of a Microsoft Entra application",
    severity: "critical",
    keywords: ["q~"],
    pattern: /(?<![\w~.-])(?<secret>[\w~.-]{3}\dQ~[\w~.-]{31,34})(?![\w~-])/g,
    reach: { before: 8, after: 50 },
    entropy: 3.8,
    revoke: "Remove the secret under App registrations, Certificates & secrets.",
    examples: {
      finds: [example("AZURE_CLIENT_SECRET=hT4¦8Q~kBmQzLrV2nYxW6cJfPd0sGuAeIo3R7tMv")],
      ignores: [`abc8Q~${"x".repeat(34)}`, "seq~1"],
    },
  },
  {
    id: "azure-sas",
    title: "Azure shared access signature",
    severity: "high",
    keywords: ["sig="],
    pattern:
      /[?&;](?:s[vreptsi]|spr|srt|ss)=[^\s"'`<>]{2,400}?&sig=(?<secret>[A-Za-z0-9%+/]{43,70}(?:%3d|=))/gi,
    reach: { before: 500, after: 90 },
    entropy: 3.8,
    revoke: "Rotate the account key (or the stored access policy) that signed it.",
    examples: {
      finds: [
        example(
          "https://shop.blob.core.windows.net/a?sv=2024-11-04&ss=b&srt=o&sp=r&se=2027-01-01&¦sig=hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJ%3D",
        ),
      ],
      ignores: ["?sv=2024-11-04&sig=<signature>", "sig=abc"],
    },
  },
  {
    id: "azure-devops-token",
    title: "Azure DevOps personal access token",
    severity: "critical",
    keywords: ["azdo"],
    pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])/g,
    reach: { before: 80, after: 10 },
    entropy: 4,
    revoke: "Revoke it under User settings, Personal access tokens.",
    examples: {
      finds: [
        example("hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6NfLsEd3Gu1zKpAqW¦AZDOx4Rt"),
      ],
      ignores: ["AZDO1234"],
    },
  },
];
