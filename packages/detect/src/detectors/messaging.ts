import { type Detector, example } from "../detector.ts";

/** Mail, telephone and chat: SendGrid, Twilio, Telegram, Discord, Mailgun, Mailchimp, Teams. */
export const messaging: readonly Detector[] = [
  {
    id: "sendgrid-api-key",
    title: "SendGrid API key",
    severity: "high",
    keywords: ["sg."],
    pattern: /(?<![A-Za-z0-9])SG\.[\w-]{20,24}\.[\w-]{39,50}(?![\w-])/g,
    entropy: 4,
    hasPublicPrefix: true,
    revoke: "Delete the key under Settings, API Keys.",
    examples: {
      finds: [example("SG.¦hT4kB8mQzLrV2nYxW6cJfP.d0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6NfLsE")],
      ignores: [`SG.${"x".repeat(22)}.${"x".repeat(43)}`, "SG.message.length"],
    },
  },
  {
    id: "twilio-api-key",
    title: "Twilio API key or auth token",
    severity: "high",
    keywords: ["twilio"],
    pattern:
      /twilio[\w.-]{0,30}["'`]?\s{0,4}(?:=>|:=|[:=,(])\s{0,4}["'`]?(?<secret>(?:SK)?[0-9a-f]{32})(?![0-9a-f])/gi,
    entropy: 3,
    accepts: ({ match }) =>
      !/twilio[\w.-]{0,20}(?:account[_-]?)?sid["'`]?\s{0,4}[:=]\s{0,4}["'`]?[0-9a-f]{32}/i.test(match),
    revoke: "Make a new auth token (or delete the API key) in the console and promote it.",
    examples: {
      finds: [
        example("TWILIO_AUTH_TOKEN=3f2a9c81¦d04be75f6a9c2e8b17d3054f"),
        example("twilio_api_key: SK¦3f2a9c81d04be75f6a9c2e8b17d3054f"),
      ],
      ignores: [
        "TWILIO_AUTH_TOKEN=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "TWILIO_ACCOUNT_SID=AC3f2a9c81d04be75f6a9c2e8b17d3054f",
      ],
    },
  },
  {
    id: "twilio-api-key-sid",
    title: "Twilio API key",
    severity: "high",
    keywords: ["sk"],
    pattern: /(?<![A-Za-z0-9_-])SK[0-9a-f]{32}(?![A-Za-z0-9_-])/g,
    reach: { before: 2, after: 40 },
    entropy: 3,
    hasPublicPrefix: true,
    revoke: "Delete the API key in the console.",
    examples: {
      finds: [example('const key = "SK¦3f2a9c81d04be75f6a9c2e8b17d3054f";')],
      ignores: ["SK00000000000000000000000000000000", "RISK3f2a9c81d04be75f6a9c2e8b17d3054f"],
    },
  },
  {
    // https://core.telegram.org/bots/api#authorizing-your-bot
    id: "telegram-bot-token",
    title: "Telegram bot token",
    severity: "high",
    keywords: [":aa"],
    pattern: /(?<![A-Za-z0-9])(?:bot)?(?<secret>\d{8,10}:AA[\w-]{33})(?![\w-])/g,
    reach: { before: 20, after: 60 },
    entropy: 3.8,
    revoke: "Revoke it with /revoke at @BotFather.",
    examples: {
      finds: [
        example("110201543:¦AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"),
        example("https://api.telegram.org/bot7102015437:¦AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1/getMe"),
      ],
      ignores: [`123456789:AA${"x".repeat(33)}`, "12345678:AABBCC"],
    },
  },
  {
    id: "discord-webhook",
    title: "Discord webhook",
    severity: "high",
    keywords: ["/api/webhooks/"],
    pattern: /discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/(?<secret>[\w-]{60,80})/g,
    entropy: 4,
    revoke: "Delete the webhook under Server settings, Integrations.",
    examples: {
      finds: [
        example(
          "https://discord.com/api/webhooks/¦123456789123456789/hT4kB8mQzLrV2nYxW6cJfPd0sGuAeIo3R7tMvN9drTJvcXLB89q4kVbYwXc6NfLsEd3Gu1zK",
        ),
      ],
      ignores: ["https://discord.com/api/webhooks/123/abc"],
    },
  },
  {
    id: "discord-bot-token",
    title: "Discord bot token",
    severity: "high",
    keywords: ["discord", "bot_token", "bottoken"],
    pattern: /(?<![\w-])(?<secret>[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40})(?![\w-])/g,
    entropy: 4,
    revoke: "Reset the token of the bot in the developer portal.",
    examples: {
      finds: [example("DISCORD_TOKEN=MTk4NjIyNDgzNDcxOTI1MjQ4.¦Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs")],
      ignores: ["discord.js.org/some.module.path"],
    },
  },
  {
    id: "mailgun-api-key",
    title: "Mailgun API key",
    severity: "high",
    keywords: ["key-", "mailgun"],
    pattern:
      /(?<![A-Za-z0-9-])(?:key|pubkey)-(?:[0-9a-f]{32})(?![0-9a-f])|(?<![0-9a-f])[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![0-9a-f-])/g,
    entropy: 3,
    revoke: "Reset the key under Settings, API keys.",
    examples: {
      finds: [
        example("MAILGUN=key-¦3f2a9c81d04be75f6a9c2e8b17d3054f"),
        example("mailgun: 3f2a9c81d04be75f6a9c2e8b17d3054f-¦a1b2c3d4-e5f60718"),
      ],
      ignores: [`key-${"0".repeat(32)}`, "key-value-store"],
    },
  },
  {
    id: "mailchimp-api-key",
    title: "Mailchimp API key",
    severity: "high",
    keywords: ["-us"],
    pattern: /(?<![0-9a-f])(?<secret>[0-9a-f]{32}-us\d{1,2})(?!\w)/g,
    reach: { before: 40, after: 10 },
    entropy: 3,
    revoke: "Revoke the key under Account, Extras, API keys.",
    examples: {
      finds: [example("3f2a9c81d04be75f6a9c2e8b17d3054f-¦us14")],
      ignores: [`${"0".repeat(32)}-us1`, "three-us12"],
    },
  },
  {
    id: "teams-webhook",
    title: "Microsoft Teams webhook",
    severity: "high",
    keywords: ["webhook.office.com"],
    pattern:
      /webhook\.office\.com\/webhookb2\/(?<secret>[0-9a-f-]{36}@[0-9a-f-]{36}\/IncomingWebhook\/[0-9a-z]{32}\/[0-9a-f-]{36})/gi,
    revoke: "Remove the connector from the channel and make a new one.",
    examples: {
      finds: [
        example(
          "https://acme.webhook.office.com/webhookb2/¦3f2a9c81-d04b-475f-8a9c-2e8b17d3054f@3f2a9c81-d04b-475f-8a9c-2e8b17d3054e/IncomingWebhook/3f2a9c81d04be75f6a9c2e8b17d3054f/3f2a9c81-d04b-475f-8a9c-2e8b17d3054d",
        ),
      ],
      ignores: ["https://acme.webhook.office.com/webhookb2/"],
    },
  },
];
