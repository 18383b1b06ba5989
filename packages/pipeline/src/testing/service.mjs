// A service of a few lines: /health, /metrics, /environment (which URLs it was given), and / (what its dependency says).
import { createServer } from "node:http";

const { PORT, DEPLOYMENT_VERSION: version } = process.env;
const urls = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.endsWith("_URL")));

const server = createServer(async (request, response) => {
  response.setHeader("x-deployment-version", version);
  if (request.url === "/environment") return response.end(JSON.stringify(urls));
  if (request.url === "/" && urls.ORDERS_URL) {
    const answer = await fetch(urls.ORDERS_URL);
    return response.end(`web ${version} of ${await answer.text()}`);
  }
  response.end(
    request.url === "/metrics" ? `deployment_version{version="${version}"} 1\n` : `orders ${version}`,
  );
});
server.listen(Number(PORT), "127.0.0.1");
process.on("SIGTERM", () => server.close());
