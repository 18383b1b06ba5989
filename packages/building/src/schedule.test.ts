import { Refusal } from "@sluice/documents";
import { expect, test } from "vitest";
import { inOrder } from "./schedule.ts";

async function trace(
  nodes: { name: string; dependsOn?: string[] }[],
  { concurrency = 2, failing = [] as string[] } = {},
) {
  const events: string[] = [];
  let running = 0;
  let most = 0;
  await inOrder(
    nodes,
    concurrency,
    async ({ name }) => {
      most = Math.max(most, ++running);
      events.push(`+${name}`);
      await new Promise(setImmediate);
      events.push(`-${name}`);
      running--;
      return !failing.includes(name);
    },
    ({ name }, missing) => events.push(`${name} without ${missing}`),
  );
  return { events, most };
}

test("what a service depends on is built before it (R131)", async () => {
  const { events, most } = await trace([
    { name: "web", dependsOn: ["orders", "catalog"] },
    { name: "orders" },
    { name: "catalog" },
  ]);
  expect(events).toEqual(["+orders", "+catalog", "-orders", "-catalog", "+web", "-web"]);
  expect(most).toBe(2);
});

test("not more than so many at once", async () => {
  const nodes = ["a", "b", "c", "d"].map((name) => ({ name }));
  expect((await trace(nodes, { concurrency: 1 })).most).toBe(1);
  expect((await trace(nodes, { concurrency: 3 })).most).toBe(3);
});

test("a failure skips all that depend on it, and nothing else", async () => {
  const nodes = [
    { name: "c", dependsOn: ["b"] },
    { name: "b", dependsOn: ["a"] },
    { name: "a" },
    { name: "x" },
  ];
  const { events } = await trace(nodes, { failing: ["a"], concurrency: 1 });
  expect(events).toEqual(["+a", "-a", "b without a", "+x", "-x", "c without b"]);
});

test("a dependency that is not built now is taken as it is", async () => {
  expect((await trace([{ name: "web", dependsOn: ["orders"] }])).events).toEqual(["+web", "-web"]);
});

test("a circle is refused and named", async () => {
  const circle = trace([
    { name: "a", dependsOn: ["b"] },
    { name: "b", dependsOn: ["c"] },
    { name: "c", dependsOn: ["b"] },
  ]);
  await expect(circle).rejects.toThrow(Refusal);
  await expect(circle).rejects.toThrow("b → c → b");
});
