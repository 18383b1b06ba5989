import { promiseSurvivalOf } from "./support/interruption.ts";

promiseSurvivalOf("SIGTERM");
