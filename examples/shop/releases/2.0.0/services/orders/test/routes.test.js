import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { orderRoutes } from "../src/routes.js";

/** Orders in memory: the same promises as the store on PostgreSQL. */
function memoryStore() {
  const orders = [];
  return {
    async place(order) {
      const placed = { id: orders.length + 1, ...order, placedAt: new Date() };
      orders.push(placed);
      return placed;
    },
    find: async (id) => orders[id - 1],
    latestOf: async (product, limit) =>
      orders
        .filter((order) => order.product === product)
        .toReversed()
        .slice(0, limit),
    latest: async (limit) => orders.toReversed().slice(0, limit),
  };
}

const all = { query: new URLSearchParams() };

describe("orders", () => {
  test("an order that is placed can be read again", async () => {
    const routes = orderRoutes(memoryStore());
    const placed = await routes["POST /orders"]({ body: { product: "kettle", quantity: 2 } });
    assert.equal(placed.status, 201);
    assert.equal(placed.headers.location, "/orders/1");
    const { json } = await routes["GET /orders/:id"]({ params: { id: "1" } });
    assert.deepEqual(json, placed.json);
  });

  test("the newest order comes first", async () => {
    const routes = orderRoutes(memoryStore());
    for (const product of ["kettle", "scale"]) await routes["POST /orders"]({ body: { product } });
    const { json } = await routes["GET /orders"](all);
    assert.deepEqual(
      json.map(({ product, quantity }) => [product, quantity]),
      [
        ["scale", 1],
        ["kettle", 1],
      ],
    );
  });

  for (const body of [
    {},
    { product: "" },
    { product: "kettle", quantity: 0 },
    { product: "kettle", quantity: 1.5 },
    { product: "kettle", note: 7 },
  ]) {
    test(`${JSON.stringify(body)} is refused`, async () => {
      await assert.rejects(orderRoutes(memoryStore())["POST /orders"]({ body }), { status: 400 });
    });
  }

  for (const id of ["7", "seven", "99999999999"]) {
    test(`order ${id} is not found`, async () => {
      await assert.rejects(orderRoutes(memoryStore())["GET /orders/:id"]({ params: { id } }), {
        status: 404,
      });
    });
  }
});
