import { start } from "@shop/common";
import { createBackend } from "./backend.js";
import { webRoutes } from "./routes.js";

const backend = createBackend({
  catalog: process.env.CATALOG_URL ?? "http://127.0.0.1:8081",
  orders: process.env.ORDERS_URL ?? "http://127.0.0.1:8082",
});

start({ name: "web", routes: webRoutes(backend) });
