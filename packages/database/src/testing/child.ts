import { systemClock } from "@sluice/process";
import { migrate } from "../migrate.ts";
import type { MigrateOptions } from "../options.ts";

// Run by tests as a process of its own, to be killed.
const abort = new AbortController();
process.once("SIGINT", () => abort.abort(new Error("SIGINT")));
const options = JSON.parse(process.env.MIGRATE_OPTIONS ?? "{}") as MigrateOptions;
const outcome = await migrate({ ...options, clock: systemClock, signal: abort.signal });
process.stdout.write(`${JSON.stringify(outcome)}\n`);
