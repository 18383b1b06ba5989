// A customer's way through the deployed system: WEB_URL, ORDERS_URL and CATALOG_URL say where it is.
import assert from "node:assert/strict";
import { test } from "node:test";

const { WEB_URL, ORDERS_URL, CATALOG_URL } = process.env;

test("every product of the catalog is on the page", async () => {
  const products = await (await fetch(`${CATALOG_URL}/products`)).json();
  const html = await (await fetch(WEB_URL)).text();
  for (const { name } of products) assert.ok(html.includes(name), name);
});

test("an order placed on the page reaches the database", async () => {
  const quantity = 1 + Math.floor(Math.random() * 100);
  const body = new URLSearchParams({ product: "filters", quantity });
  const answer = await fetch(`${WEB_URL}/orders`, { method: "POST", body, redirect: "manual" });
  assert.equal(answer.status, 303);
  const orders = await (await fetch(`${ORDERS_URL}/orders`)).json();
  assert.ok(orders.some((order) => order.product === "filters" && order.quantity === quantity));
});
