import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { customers, expectOnly } from "../acceptance/support/customers.ts";
import { makeProject, type Project } from "../acceptance/support/project.ts";
import { cli, release } from "../acceptance/support/sluice.ts";

let project: Project;
beforeEach(async () => {
  project = await makeProject({
    environment: { replicas: 2, trafficSwitch: { testDuration: "500ms" } },
  });
  expect((await release(project, "1.0.0")).exitCode).toBe(0);
});
afterEach(() => project.remove());

describe("under load", () => {
  const [before, after] = ["1.0.0", "2.0.0"];

  test.each(["rolling", "bluegreen", "canary"])(
    "%s loses no request, forwards and backwards (R084, R227, R253, R266, R467)",
    async (strategy) => {
      await cli(project, ["build", "--version", after]);
      const load = await customers(project);
      const deploy = await cli(project, ["deploy", "app", after, "test", strategy, "--json"]);
      expect([deploy.exitCode, deploy.json.reasonCode]).toEqual([0, "deploy.promoted"]);
      await expectOnly(project, after);
      const back = await cli(project, ["rollback", "--to", before, "--json"]);
      expect(back.json.status).toBe("rolled_back");
      await expectOnly(project, before);
      const again = await cli(project, ["deploy", "app", after, "test", strategy, "--json"]);
      expect(again.json.reasonCode).toBe("deploy.promoted");
      const { requests, failed, causes, versions } = await load.stop();
      expect({ failed, causes }).toEqual({ failed: 0, causes: {} });
      expect(requests).toBeGreaterThan(100);
      expect(Object.keys(versions).sort()).toEqual([before, after]);
    },
  );

  test("recreate has a gap, in which requests are told to come again; afterwards the new version answers all", async () => {
    await cli(project, ["build", "--version", after]);
    const load = await customers(project);
    const { exitCode, json } = await cli(project, ["deploy", "app", after, "test", "recreate", "--json"]);
    expect([exitCode, json.reasonCode]).toEqual([0, "deploy.promoted"]);
    await expectOnly(project, after);
    const lost = load.report().failed;
    const { causes, versions, failed } = await load.stop();
    expect(Object.keys(causes).filter((cause) => cause !== "HTTP 503")).toEqual([]);
    expect(versions[after]!.failed).toBe(0);
    expect(failed).toBe(lost);
  });
});
