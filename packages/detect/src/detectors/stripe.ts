import { type Detector, example } from "../detector.ts";

/** https://docs.stripe.com/keys */
export const stripe: readonly Detector[] = [
  {
    id: "stripe-secret-key",
    title: "Stripe secret or restricted key",
    severity: "critical",
    keywords: ["sk_live_", "rk_live_", "sk_test_", "rk_test_", "sk_prod_", "rk_prod_", "sk_org_"],
    pattern: /(?<![A-Za-z0-9])[sr]k_(?:live|test|prod|org)_[A-Za-z0-9]{20,247}(?![A-Za-z0-9])/g,
    entropy: 3.3,
    hasPublicPrefix: true,
    revoke: "Roll the key under Developers, API keys, and look through the request log for its use.",
    examples: {
      finds: [
        example("STRIPE_KEY=sk_live_¦4eC39HqLyjWDarjtT1zdp7dc"),
        example("rk_live_¦51HqLyjWDarjtT1zdp7dchT4kB8mQzLrV2nYxW6cJ"),
      ],
      ignores: [
        `sk_live_${"x".repeat(24)}`,
        "pk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "risk_test_results_of_the_week",
      ],
    },
  },
  {
    id: "stripe-webhook-secret",
    title: "Stripe webhook signing secret",
    severity: "high",
    keywords: ["whsec_"],
    pattern: /(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/]{32,64}={0,2}(?![A-Za-z0-9+/])/g,
    entropy: 3.5,
    hasPublicPrefix: true,
    revoke: "Roll the signing secret of the webhook endpoint.",
    examples: {
      finds: [example("whsec_¦hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3")],
      ignores: ["whsec_...", `whsec_${"x".repeat(32)}`],
    },
  },
];
