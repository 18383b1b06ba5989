import { promiseSurvivalOf } from "../acceptance/support/interruption.ts";

promiseSurvivalOf("SIGINT");
