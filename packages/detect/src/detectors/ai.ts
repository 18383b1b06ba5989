import { type Detector, example } from "../detector.ts";

const revokeAt = (place: string) =>
  `Delete the key under ${place} and look through its usage for calls that were not yours.`;

/** Providers of language models, by their published key prefixes. */
export const ai: readonly Detector[] = [
  {
    id: "openai-api-key",
    title: "OpenAI API key",
    severity: "critical",
    keywords: ["t3blbkfj"],
    pattern: /(?<![A-Za-z0-9])sk-(?:[a-zA-Z]{2,10}-)?[\w-]{20,150}T3BlbkFJ[\w-]{20,150}/g,
    reach: { before: 180, after: 180 },
    entropy: 4,
    hasPublicPrefix: true,
    revoke: revokeAt("platform.openai.com, API keys"),
    examples: {
      finds: [
        example("OPENAI_API_KEY=sk-¦hT4kB8mQzLrV2nYxW6cJ¦T3BlbkFJfPd0sGuAeIo3R7tMvN9d"),
        example(
          "sk-proj-¦hT4kB8mQzLrV2nYxW6cJ_hT4kB8mQzLrV2nYxW6cJ¦T3BlbkFJfPd0sGuAeIo3R7tMvN9dfPd0sGuAeIo3R7tMvN9d",
        ),
      ],
      ignores: ["sk-xxxxxxxxxxxxxxxxxxxxT3BlbkFJxxxxxxxxxxxxxxxxxxxx", "T3BlbkFJ"],
    },
  },
  {
    id: "anthropic-api-key",
    title: "Anthropic API key",
    severity: "critical",
    keywords: ["sk-ant-"],
    pattern: /(?<![A-Za-z0-9])sk-ant-[a-z]{2,8}\d{2}-[\w-]{60,140}/g,
    entropy: 4,
    hasPublicPrefix: true,
    revoke: revokeAt("console.anthropic.com, API keys"),
    examples: {
      finds: [
        example(
          "sk-ant-¦api03-hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6NfLsEd3Gu-hT4kB8mQzLrV2nYxW6cJfAA",
        ),
      ],
      ignores: ["sk-ant-api03-your-key", `sk-ant-api03-${"x".repeat(95)}`],
    },
  },
  {
    id: "hugging-face-token",
    title: "Hugging Face token",
    severity: "high",
    keywords: ["hf_", "api_org_"],
    pattern: /(?<![A-Za-z0-9])(?:hf|api_org)_[A-Za-z]{34}(?![A-Za-z0-9_])/g,
    entropy: 4,
    hasPublicPrefix: true,
    revoke: revokeAt("huggingface.co, Settings, Access tokens"),
    examples: {
      finds: [example("HF_TOKEN=hf_¦hTkBmQzLrVnYxWcJfPdsGuAeIoRtMvNdrT")],
      ignores: ["hf_hub_download_with_a_very_long_function_name", `hf_${"x".repeat(34)}`],
    },
  },
  {
    id: "ai-provider-key",
    title: "API key of a model provider (Groq, xAI, Perplexity, Replicate, OpenRouter, Langfuse)",
    severity: "high",
    keywords: ["gsk_", "xai-", "pplx-", "r8_", "sk-or-v1-", "sk-lf-"],
    pattern:
      /(?<![A-Za-z0-9])(?:gsk_[A-Za-z0-9]{52}|xai-[A-Za-z0-9]{80}|pplx-[A-Za-z0-9]{48}|r8_[A-Za-z0-9]{37}|sk-or-v1-[0-9a-f]{64}|sk-lf-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?![A-Za-z0-9])/g,
    entropy: 3,
    hasPublicPrefix: true,
    revoke: revokeAt("the console of the provider"),
    examples: {
      finds: [
        example("gsk_¦hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4"),
        example("pplx-¦hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB"),
      ],
      ignores: [`gsk_${"x".repeat(52)}`, "r8_unorm"],
    },
  },
];
