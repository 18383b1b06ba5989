import type { Traffic } from "./load.ts";

const products = [
  "espresso-cups",
  "moka-pot",
  "hand-grinder",
  "pour-over",
  "filters",
  "kettle",
  "scale",
  "house-blend",
];
const rareProducts = ["decaf", "single-origin", "tamper", "gift-card"];

/**
 * Customers who look at orders and place some, straight at the service and through the web page.
 *
 * @param urls where the services are, by name
 */
export const shopTraffic = (urls: Readonly<Record<string, string>>): Traffic[] => [
  {
    url: addressOf(urls, "orders"),
    requestsPerSecond: 220,
    requests: [...products, ...rareProducts].flatMap((product) => [
      { method: "GET" as const, path: "/orders" },
      {
        method: "POST" as const,
        path: "/orders",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ product, quantity: 1 }),
      },
    ]),
  },
  {
    url: addressOf(urls, "web"),
    requestsPerSecond: 20,
    requests: [{ method: "GET", path: "/" }],
  },
];

function addressOf(urls: Readonly<Record<string, string>>, service: string): string {
  const url = urls[service];
  if (!url) throw new Error(`The service ${service} has no address.`);
  return url;
}
