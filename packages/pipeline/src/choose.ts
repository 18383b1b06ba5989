import { chooseServices, type ServiceSettings } from "@sluice/config";
import type { Context } from "./context.ts";

/**
 * The settings of the services that are asked for, in the order of deployment; all when none is named.
 *
 * @throws Refusal `config.unknown-service` with the nearest name
 */
export const chosenServices = (
  { services, project }: Pick<Context, "services" | "project">,
  names: readonly string[] | undefined,
): readonly ServiceSettings[] => chooseServices(services, names, project.name);
