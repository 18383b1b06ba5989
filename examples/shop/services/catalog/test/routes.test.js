import assert from "node:assert/strict";
import { test } from "node:test";
import { products } from "../src/products.js";
import { catalogRoutes } from "../src/routes.js";

const routes = catalogRoutes(products);

test("every product has a name and a price", () => {
  const { json } = routes["GET /products"]();
  assert.ok(json.length > 0);
  for (const { id, name, priceCents } of json) {
    assert.match(id, /^[a-z-]+$/);
    assert.ok(name.length > 0);
    assert.ok(Number.isInteger(priceCents) && priceCents > 0);
  }
});

test("no two products share an id", () => {
  assert.equal(new Set(products.map(({ id }) => id)).size, products.length);
});

test("a product is found by its id", () => {
  assert.equal(routes["GET /products/:id"]({ params: { id: "kettle" } }).json.name, "Gooseneck kettle");
});

test("an unknown product is not found", () => {
  assert.throws(() => routes["GET /products/:id"]({ params: { id: "anvil" } }), { status: 404 });
});
