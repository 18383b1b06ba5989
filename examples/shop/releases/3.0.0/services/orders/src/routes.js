import { HttpError } from "@shop/common";
import { deliveryDays } from "./delivery.js";

const PAGE = 20;
const NOTE_LENGTH = 200;

/** @param {ReturnType<import("./store.js").createStore>} store */
export function orderRoutes(store) {
  return {
    "GET /orders": async ({ query }) => {
      const product = query.get("product");
      const orders = product ? await store.latestOf(product, PAGE) : await store.latest(PAGE);
      for (const order of orders) order.demand = await store.recentDemand(order.product);
      return { json: orders };
    },

    "GET /orders/:id": async ({ params }) => {
      const order = /^\d{1,9}$/.test(params.id) && (await store.find(Number(params.id)));
      if (!order) throw new HttpError(404, `there is no order ${params.id}`);
      return { json: order };
    },

    "POST /orders": async ({ body }) => {
      const valid = validOrder(body);
      const days = deliveryDays(valid);
      const order = await store.place(valid);
      return {
        status: 201,
        headers: { location: `/orders/${order.id}` },
        json: { ...order, deliveryDays: days },
      };
    },
  };
}

function validOrder({ product, quantity = 1, note = null }) {
  if (typeof product !== "string" || product === "") throw new HttpError(400, "product is missing");
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > 100) {
    throw new HttpError(400, "quantity is not a whole number from 1 to 100");
  }
  if (note !== null && (typeof note !== "string" || note.length > NOTE_LENGTH)) {
    throw new HttpError(400, `note is not a text of at most ${NOTE_LENGTH} characters`);
  }
  return { product, quantity, note };
}
