// The catalog of examples/shop with a defect: `ERROR_SHARE` of its requests fail. Which ones is a function of the number
// of the request and of `SEED`, so every run of a version fails at the same requests.
import { products } from "../../../examples/shop/services/catalog/src/products.js";
import { catalogRoutes } from "../../../examples/shop/services/catalog/src/routes.js";
import { start } from "../../../examples/shop/services/common/src/index.js";
import { randomShare } from "../traffic/random-share.js";

const errorShare = Number(process.env.ERROR_SHARE ?? 0);
const share = randomShare(Number(process.env.SEED ?? 1));
let asked = 0;

const failing = (answer) => (request) => {
  if (share(asked++) < errorShare) throw new Error("the price list is not there");
  return answer(request);
};
const routes = Object.entries(catalogRoutes(products)).map(([route, answer]) => [route, failing(answer)]);
start({ name: "catalog", routes: Object.fromEntries(routes) });
