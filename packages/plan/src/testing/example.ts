import { readFileSync } from "node:fs";
import { parseEnvironmentConfig, parseProjectConfig } from "@sluice/config";
import type { PlanInput } from "../input.ts";
import { makePlan } from "../plan.ts";

/** A project of three tiers and the environments of the documents, for the tests of this package. */

const shop = `
name: shop
build: {install: [npm, ci]}
services:
- {name: web, path: services/web, tier: ui, dependsOn: [orders], command: [node, server.js], port: 8080}
- name: catalog
  path: services/catalog
  command: [node, server.js]
  build: {lint: [npm, run, lint], test: [npm, test], coverage: {command: [npm, run, "test:coverage"]}, output: dist}
- name: orders
  path: services/orders
  tier: supporting
  dependsOn: [catalog]
  command: [node, server.js]
  smoke: [{name: place an order, method: POST, path: /orders, status: 201}]
database: {migrations: services/orders/migrations}
verify: {tests: {load: [npm, run, load]}}
`;
export const project = parseProjectConfig(shop, ".deploy/project.yaml").config;
export const environmentOf = (text: string, file = ".deploy/production-config.yaml") =>
  parseEnvironmentConfig(text, file).config;
export const example = (name: string) =>
  environmentOf(
    readFileSync(new URL(`../../../config/fixtures/${name}-config.yaml`, import.meta.url), "utf8")
      .replace("max: 0.1\n", "max: 0.1%\n")
      .replace("max: 500\n", "max: 500ms\n"),
    `.deploy/${name}-config.yaml`,
  );
export const running = {
  catalog: { version: "2.0.0" },
  orders: { version: "2.0.0" },
  web: { version: "2.0.0" },
};
export const release: PlanInput = {
  project,
  environment: example("production"),
  file: ".deploy/production-config.yaml",
  request: { version: "2.1.0", commit: "0123456789abcdef0123456789abcdef01234567" },
  running,
  pendingMigrations: ["V2__add_email.sql"],
};
export const plan = (changes: Partial<PlanInput> = {}) => makePlan({ ...release, ...changes }).plan;
