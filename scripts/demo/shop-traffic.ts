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

/** Customers who look at orders and place some, straight at the service and through the web page. */
export const shopTraffic: Traffic[] = [
  {
    url: "http://127.0.0.1:4801",
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
    url: "http://127.0.0.1:4803",
    requestsPerSecond: 20,
    requests: [{ method: "GET", path: "/" }],
  },
];
