import { start } from "@shop/common";
import pg from "pg";
import { orderRoutes } from "./routes.js";
import { createStore } from "./store.js";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 3000 });
// A connection that is lost while idle is replaced by the next query; /health tells when there is none.
pool.on("error", () => {});
const store = createStore(pool);

start({
  name: "orders",
  routes: orderRoutes(store),
  checks: { database: store.ping },
  close: () => pool.end(),
});
