import { createLogger } from "./logger.js";
import { createMetrics } from "./metrics.js";
import { createService } from "./service.js";

/**
 * Runs a service until SIGTERM: it then takes no new connection, finishes what it is answering, and exits.
 *
 * `PORT` (default 8080; 0 is any free port) and `DEPLOYMENT_VERSION` come from the environment.
 *
 * @param {object} options
 * @param {string} options.name
 * @param {Record<string, Function>} options.routes
 * @param {Record<string, () => Promise<unknown>>} [options.checks]
 * @param {() => Promise<unknown>} [options.close] called when the last request has been answered
 */
export function start({ name, routes, checks, close = async () => {} }) {
  const version = process.env.DEPLOYMENT_VERSION ?? "unknown";
  const log = createLogger({ service: name, version });
  const server = createService({ version, routes, checks, metrics: createMetrics(version), log });

  server.on("error", (error) => {
    log.error("cannot listen", { error: error.message });
    process.exitCode = 1;
    close();
  });
  server.listen(Number(process.env.PORT ?? 8080), () =>
    log.info("listening", { port: server.address().port }),
  );

  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.once(signal, () => {
      log.info("stopping", { signal });
      server.close(async () => {
        await close();
        log.info("stopped");
      });
    });
  }
  return server;
}
