import { type Detector, example } from "../detector.ts";

/** https://docs.slack.dev/authentication/tokens */
export const slack: readonly Detector[] = [
  {
    id: "slack-token",
    title: "Slack token",
    severity: "high",
    keywords: [
      "xoxb-",
      "xoxp-",
      "xoxa-",
      "xoxr-",
      "xoxs-",
      "xoxo-",
      "xoxc-",
      "xoxd-",
      "xoxe-",
      "xoxe.",
      "xapp-",
      "xwfp-",
    ],
    pattern:
      /(?<![A-Za-z0-9])(?:xox[bpars](?:-\d{1,2})?-(?:\d{8,14}-){1,3}[A-Za-z0-9]{16,64}|xox[os]-\d+-[\da-z-]{20,}|xoxe(?:\.xox[bp])?-\d-[A-Za-z0-9]{60,260}|xox[cd]-[\w%-]{40,250}|xapp-\d-[A-Z0-9]{8,14}-\d{8,14}-[a-z0-9]{40,80}|xwfp-\d{8,14}-[\w-]{20,80})/g,
    entropy: 3,
    hasPublicPrefix: true,
    revoke: "Revoke it with auth.revoke or reinstall the app, then rotate it under api.slack.com/apps.",
    examples: {
      finds: [
        example("xoxb-¦263594206564-2343594206574-FGqddMF8t08v8N7Oq4i57vs1"),
        example(
          "xapp-¦1-A04ABCD1234-4719305628714-5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b5aa765d61d8327deb882cf99",
        ),
      ],
      ignores: ["xoxb-xxxxxxxxxxxx-xxxxxxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx", "xoxb-your-token"],
    },
  },
  {
    id: "slack-webhook",
    title: "Slack incoming webhook",
    severity: "high",
    keywords: ["hooks.slack.com"],
    pattern:
      /hooks\.slack\.com\/(?:services|workflows|triggers)\/(?<secret>[A-Z0-9]{8,14}\/[A-Z0-9]{8,20}\/[A-Za-z0-9]{20,40}(?:\/[A-Za-z0-9]{10,40})?)/g,
    entropy: 3.5,
    revoke: "Remove the webhook under api.slack.com/apps, Incoming Webhooks, and make a new one.",
    examples: {
      finds: [example("https://hooks.slack.com/services/¦T0ABC1DEF/B0GHI2JKL/hT4kB8mQzLrV2nYxW6cJfPd0")],
      ignores: [
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        "https://hooks.slack.com/services/",
      ],
    },
  },
];
