import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { lockState } from "../../../packages/journal/src/lock.ts";
import type { HostState, ServiceState } from "../../../packages/local/src/host/state.ts";
import { type Load, startLoad } from "../../../scripts/demo/load.ts";
import type { Project } from "./project.ts";

/** Customers who ask the service all the time, until they are stopped. */
export async function customers(project: Project, requestsPerSecond = 150): Promise<Load> {
  const url = `http://127.0.0.1:${(await recorded(project))!.port}`;
  return startLoad([{ url, requestsPerSecond, requests: [{ method: "GET", path: "/" }] }]);
}

/** What the target has recorded about a service; read from its file, as often as one likes. */
export async function recorded(project: Project, service = "app"): Promise<ServiceState | undefined> {
  const file = join(project.state, "test", "local", "state.json");
  const text = await readFile(file, "utf8").catch(() => null);
  return text === null ? undefined : (JSON.parse(text) as HostState).services[service];
}

/** Waits until something holds. @throws Error after half a minute, with what it was about */
export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`In 30 s it did not happen: ${what}`);
    await new Promise((done) => setTimeout(done, 2));
  }
}

/** Nothing is lost: one version serves everything, nothing is half done or locked, and the journal can be read. */
export async function expectOnly(project: Project, version: string, service = "app"): Promise<void> {
  const seen = await recorded(project, service);
  expect(seen).toMatchObject({ stable: version, weights: { [version]: 100 }, rollout: null });
  expect(Object.keys(seen!.versions)).toEqual([version]);
  const events = await project.journal();
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  expect(lockState(events, Date.now()).held).toEqual([]);
  const answer = await fetch(`http://127.0.0.1:${seen!.port}/health`);
  expect([answer.status, answer.headers.get("x-deployment-version")]).toEqual([200, version]);
}
