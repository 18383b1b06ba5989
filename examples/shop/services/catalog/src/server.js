import { start } from "@shop/common";
import { products } from "./products.js";
import { catalogRoutes } from "./routes.js";

start({ name: "catalog", routes: catalogRoutes(products) });
