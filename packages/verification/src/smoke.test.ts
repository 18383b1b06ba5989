import { VirtualClock } from "@sluice/testing/clock";
import { describe, expect, test } from "vitest";
import { valueAt } from "./assertions.ts";
import type { SmokeRequest } from "./request.ts";
import { wellBehaved } from "./testing/fake-service.ts";
import { verify } from "./verify.ts";

async function smokeOf(smoke: readonly SmokeRequest[], service = "orders") {
  const { url, seen } = await wellBehaved("1");
  const outcome = await verify({
    services: [{ name: "orders", url, expectedVersion: null }],
    smoke: smoke.map((each) => ({ ...each, service })),
    readMetrics: null,
    clock: new VirtualClock(),
  });
  return { outcome, seen: seen.filter(({ path }) => path !== "/health") };
}
const messagesOf = async (smoke: Omit<SmokeRequest, "name">) =>
  (await smokeOf([{ name: "it", ...smoke }])).outcome.problems.map(({ message }) => message);

describe("a smoke request (R123, R314, R318, R330)", () => {
  test("follows a user's way, one step after the other (R322–R324)", async () => {
    const { outcome, seen } = await smokeOf([
      {
        name: "place an order",
        method: "POST",
        path: "/orders",
        body: { product: "kettle" },
        status: 201,
        answerHeaders: { location: "/orders/1" },
      },
      { name: "see it", path: "/orders", contains: "kettle", json: { "items.0.product": "kettle" } },
    ]);
    expect(outcome.status).toBe("succeeded");
    expect(seen[0]).toMatchObject({
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"product":"kettle"}',
    });
  });

  test("sends a text as it is, with the headers that are given", async () => {
    const { seen } = await smokeOf([
      {
        name: "form",
        method: "POST",
        path: "/form",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: "a=1",
      },
    ]);
    expect(seen[0]).toMatchObject({
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "a=1",
    });
  });

  test("does not follow a redirect: it is the answer", async () => {
    expect(await messagesOf({ path: "/old", status: 302, answerHeaders: { location: "/orders" } })).toEqual(
      [],
    );
  });

  test.each([
    [{ path: "/nothing" }, "HTTP 404 instead of 200: not found"],
    [{ path: "/orders", contains: "kettle" }, 'the body does not contain "kettle": {"items":[]}'],
    [{ path: "/orders", json: { "items.0.id": 1 } }, "items.0.id is missing instead of 1"],
    [{ path: "/orders", json: { items: [1] } }, "items is [] instead of [1]"],
    [{ path: "/nothing", status: 404, json: { a: 1 } }, "the body is not JSON: not found"],
    [{ path: "/orders", answerHeaders: { etag: "x" } }, 'the header etag is missing instead of "x"'],
    [{ path: "/orders", maxLatencyMilliseconds: 0 }, "longer than 0 ms"],
  ])("%j says what it expected and what it found (R318)", async (smoke, message) => {
    const [found, ...more] = await messagesOf(smoke);
    expect(found).toContain(`orders: smoke "it": GET ${smoke.path}: `);
    expect(found).toContain(message);
    expect(more).toEqual([]);
  });

  test("is sent once, because what it does may not be safe to repeat", async () => {
    const { seen } = await smokeOf([{ name: "it", method: "POST", path: "/nothing" }]);
    expect(seen).toHaveLength(1);
  });

  test("to a service that is not verified is a mistake with a remedy", async () => {
    const { outcome } = await smokeOf([{ name: "it", path: "/" }], "unknown");
    expect(outcome).toMatchObject({ status: "failed", reasonCode: "config.unknown-service" });
  });
});

test.each([
  ["status", "ok"],
  ["$.status", "ok"],
  ["items.1.name", "b"],
  ["$.items[1].name", "b"],
  ["a.b", "the key itself"],
  ["items.length", 2],
  ["items.7.name", undefined],
  ["status.length", undefined],
  ["constructor", undefined],
])("%s of a document", (path, expected) => {
  const document = { status: "ok", items: [{ name: "a" }, { name: "b" }], "a.b": "the key itself" };
  expect(valueAt(document, path)).toBe(expected);
});
