import { expect, test } from "vitest";
import { sanitizeTag } from "./tags.ts";

test.each([
  ["orders:dev-abc1234", "orders:dev-abc1234"],
  ["orders:staging-1.2.0+build.5", "orders:staging-1.2.0-build.5"],
  ["Orders:hotfix-BUG-17", "orders:hotfix-BUG-17"],
  [
    "registry.example.com:5000/shop/orders:feature/new thing",
    "registry.example.com:5000/shop/orders:feature-new-thing",
  ],
  ["orders:.hidden", "orders:hidden"],
  ["orders:", "orders:latest"],
  ["registry.example.com:5000/Shop/Orders", "registry.example.com:5000/shop/orders"],
  [`orders:${"x".repeat(200)}`, `orders:${"x".repeat(128)}`],
])("%s (R151, R152, R153, R154)", (tag, expected) => {
  expect(sanitizeTag(tag)).toBe(expected);
});
