// A service of a few lines. The file `behaviour` beside it says what is wrong with this release.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";

const { PORT, HOST, DEPLOYMENT_VERSION: version } = process.env;
const [behaviour, amount] = readFileSync(new URL("behaviour", import.meta.url), "utf8")
  .trim()
  .split(" ");
let answered = 0;

if (behaviour === "dies-at-start") {
  console.error(`cannot log in with ${process.env.API_TOKEN} at ${process.env.DATABASE_URL}`);
  process.exit(1);
}

const server = createServer((request, response) => {
  response.setHeader("x-deployment-version", version);
  if (request.url === "/health") {
    response.writeHead(behaviour === "unhealthy" ? 503 : 200).end(behaviour);
    return;
  }
  if (request.url === "/metrics") {
    response.end(`# TYPE deployment_version gauge\ndeployment_version{version="${version}"} 1\n`);
    return;
  }
  answered++;
  if (behaviour === "dies-under-load" && answered > 20) {
    console.error(`out of luck, ${process.env.API_TOKEN}`);
    process.exit(3);
  }
  const isBad =
    (behaviour === "fails" && answered % 100 < Number(amount)) ||
    (behaviour === "tires" && existsSync(process.env.TIRED_FILE));
  response.writeHead(isBad ? 500 : 200).end(`${version}\n`);
});
server.listen(Number(PORT), HOST);
process.on("SIGTERM", () => server.close());
