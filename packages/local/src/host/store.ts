import { readFileSync } from "node:fs";
import { Refusal } from "@sluice/documents";
import { replaceFile } from "../atomic-file.ts";
import { emptyService, emptyState, type HostState, type ServiceState } from "./state.ts";

/** The state of one environment in memory and on disk; the disk is always first. */
export class StateStore {
  readonly #file: string;
  #state: HostState;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
    this.#state = readState(file);
  }

  get state(): HostState {
    return this.#state;
  }

  /**
   * Changes the state; changes happen one after the other, each on the disk before the next one is made.
   *
   * @param change a pure function; when it throws nothing has changed
   * @throws Refusal `deploy.state-unwritable` when the disk is full; nothing has changed then
   */
  update(change: (state: HostState) => HostState): Promise<HostState> {
    const changed = this.#queue.then(async () => {
      const next = change(this.#state);
      if (next !== this.#state) {
        await this.#write(next);
        this.#state = next;
      }
      return next;
    });
    this.#queue = changed.catch(() => {});
    return changed;
  }

  async #write(state: HostState): Promise<void> {
    try {
      await replaceFile(this.#file, `${JSON.stringify(state, null, 1)}\n`);
    } catch (error) {
      throw new Refusal(
        {
          reasonCode: "deploy.state-unwritable",
          message: `The state ${this.#file} cannot be written: ${(error as Error).message}. Nothing was changed.`,
          remedy: "Make room on the disk, or allow this user to write there, and run it again.",
        },
        { cause: error },
      );
    }
  }
}

/** The state on disk; an environment without a state file is empty. */
export function readState(file: string): HostState {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return emptyState;
    throw error;
  }
  const state = parse(file, text);
  if (state.schema !== emptyState.schema) {
    throw new Refusal({
      reasonCode: "deploy.target-lost",
      message: `${file} was written by another version of Sluice (${state.schema}).`,
      remedy: "Use that version to stop the environment, or move the directory away.",
      location: { file },
    });
  }
  // Written before a part of it existed.
  const complete = (service: ServiceState): ServiceState => ({ ...emptyService, ...service });
  const services = Object.entries(state.services).map(
    ([name, service]) => [name, complete(service)] as const,
  );
  return { ...state, services: Object.fromEntries(services) };
}

function parse(file: string, text: string): HostState {
  try {
    return JSON.parse(text) as HostState;
  } catch (cause) {
    throw new Refusal(
      {
        reasonCode: "deploy.target-lost",
        message: `${file} is damaged: ${(cause as Error).message}. It says what runs in this environment.`,
        remedy:
          "Restore it from a backup. Otherwise stop the environment, move the file away, and deploy again: the history of versions begins anew then.",
        location: { file },
      },
      { cause },
    );
  }
}
