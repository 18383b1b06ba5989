import { run } from "../index.js";
await run("local-host");
