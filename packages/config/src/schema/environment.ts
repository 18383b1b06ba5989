import { StrategySetting } from "@sluice/documents";
import { z } from "zod";
import { Canary, CanaryOverride } from "./canary.ts";
import { conditionField, cpuField, durationField, memoryField, percentField, windowField } from "./fields.ts";
import { HealthCheck, HealthCheckOverride } from "./health-check.ts";
import { SwitchStep } from "./steps.ts";

const amounts = {
  cpu: cpuField({ description: "CPU.", examples: ["500m"] }).optional(),
  memory: memoryField({ description: "Memory.", examples: ["512Mi"] }).optional(),
};
const Resources = z
  .strictObject({
    limits: z.strictObject(amounts).meta({ description: "The most that a replica may use." }).optional(),
    requests: z.strictObject(amounts).meta({ description: "What a replica is promised." }).optional(),
  })
  .meta({ description: "CPU and memory of one replica." });
export type Resources = z.output<typeof Resources>;

export const variableNamePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
export const variableNameRule = "letters, digits and underscores, not beginning with a digit";
export const Variables = z.record(z.string().regex(variableNamePattern, variableNameRule), z.string());
export const Port = z.int().min(1).max(65535);

const replicas = z
  .int()
  .min(1)
  .max(1000)
  .meta({ description: "Number of replicas of each service.", examples: [1, 2, 10] });
const strategy = StrategySetting.meta({
  description:
    "How a new version replaces the old one: recreate, rolling, bluegreen or canary. `auto` chooses by the size of the change between the version that runs and the new one: a major one goes blue-green, a minor one by canary, a patch rolling. A label of the change (`labels` of the actions and workflows, `--labels`, or `SLUICE_LABELS`) is stronger: `strategy:canary`, or `change:major`.",
  examples: ["canary"],
});

export const ServiceOverride = z
  .strictObject({
    strategy: strategy.optional(),
    replicas: replicas.optional(),
    resources: Resources.optional(),
    healthCheck: HealthCheckOverride.optional(),
    canary: CanaryOverride.optional(),
    port: Port.meta({
      description: "Port on which users reach the service here.",
      examples: [8080],
    }).optional(),
    environment: Variables.meta({
      description: "Environment variables of the service here, over those of the project.",
      examples: [{ LOG_LEVEL: "info" }],
    }).optional(),
  })
  .meta({ description: "What is different for one service in this environment." });
export type ServiceOverride = z.output<typeof ServiceOverride>;

const Rolling = z
  .strictObject({
    batchSize: z
      .int()
      .min(1)
      .meta({ description: "Replicas that are replaced at a time.", examples: [1] })
      .prefault(1),
    pause: durationField({
      description: "How long each batch is watched before the next one.",
      examples: ["30s"],
    }).prefault("0s"),
  })
  .meta({ description: "The batches of a rolling deployment." });

const TrafficSwitch = z
  .strictObject({
    steps: z
      .array(SwitchStep)
      .min(1)
      .optional()
      .meta({ description: "Weights and pauses of a gradual switch; without them, all at once." }),
    preSwitchTests: z
      .array(z.string().min(1))
      .meta({
        description:
          "Names of tests in `verify.tests` of the project that the new version must pass before it gets any traffic. Each finds its address in `SLUICE_URL` and in the variable of the service (`ORDERS_URL`).",
        examples: [["integration"]],
      })
      .prefault([]),
    testDuration: durationField({
      description: "How long the new version is watched after the switch before it counts as good.",
      examples: ["5m"],
    }).prefault("5m"),
    rollbackOnError: z
      .boolean()
      .meta({ description: "Switch back when something is wrong in that time.", examples: [true] })
      .prefault(true),
  })
  .meta({ description: "The switch of a blue-green deployment." });

const AutoRollback = z
  .strictObject({
    enabled: z
      .boolean()
      .meta({
        description:
          "Go back by itself when a condition holds or the judge says so; otherwise a bad release is held where it is until a person decides.",
        examples: [true],
      })
      .prefault(true),
    conditions: z
      .array(
        conditionField({
          description: "A metric, a comparison and a bound with its unit.",
          examples: ["error_rate > 1%", "latency_p99 > 1000ms", "availability < 99.9%"],
        }),
      )
      .meta({
        description:
          "What ends the release, beside the comparison with the version that runs now; each takes the place of the default for its metric (error rate above 5 %, availability below 99 %).",
      })
      .prefault([]),
  })
  .meta({ description: "When Sluice goes back without being asked." });

const Watch = z
  .strictObject({
    duration: durationField({
      description: "How long the environment is watched after the verification; `0s` leaves it out.",
      examples: ["15m"],
    }).prefault("0s"),
    interval: durationField(
      { description: "Pause between two looks.", examples: ["10s"] },
      { min: 0.05 },
    ).prefault("10s"),
    afterRollback: durationField({
      description:
        "How long the old version is watched after a rollback; without it as long as a release (`duration`), up to `15m`.",
      examples: ["15m"],
    }).optional(),
    recheck: z
      .strictObject({
        after: z
          .array(durationField({ description: "Time after the deployment.", examples: ["1h"] }, { min: 1 }))
          .meta({
            description: "When `sluice recheck` looks at a deployment again, counted from its end.",
            examples: [["1h", "24h"]],
          })
          .prefault(["1h", "24h"]),
        rollback: z
          .boolean()
          .meta({
            description:
              "Let a re-check roll back what it finds bad, as long as the old version still stands by; otherwise it only says so.",
            examples: [false],
          })
          .prefault(false),
      })
      .meta({ description: "The looks at a deployment after its run has ended." })
      .prefault({}),
  })
  .meta({ description: "The time after the rollout in which a breach still rolls back." });

const Objective = z
  .strictObject({
    availability: percentField(
      {
        description: "Share of the requests that must be answered without an error.",
        examples: ["99.9%"],
      },
      { min: 90, max: 99.999 },
    ),
    window: durationField(
      { description: "The time over which it is promised.", examples: ["30d"] },
      { min: 86_400 },
    ).prefault("30d"),
  })
  .meta({
    description:
      "What users are promised. The watch after a deployment and the re-checks end a release that uses up what may fail in that time too fast (burn rate 14.4 over an hour, 6 over six hours).",
  });

const Region = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .meta({ description: "Name of the region.", examples: ["us-west-2"] }),
    role: z
      .enum(["canary", "secondary", "primary"])
      .meta({ description: "The canary region goes first, the primary one last.", examples: ["canary"] }),
    weight: percentField({ description: "Share of the traffic of the world.", examples: ["10%"] }),
    waitTime: durationField({
      description: "How long the region is watched before the next one.",
      examples: ["30m"],
    }),
  })
  .meta({ description: "One region, in the order of deployment." });
export type Region = z.output<typeof Region>;

const FailurePolicy = z
  .strictObject({
    stopOnRegionFailure: z
      .boolean()
      .meta({ description: "Halt the other regions when one fails.", examples: [true] })
      .prefault(true),
    rollbackFailedRegion: z
      .boolean()
      .meta({ description: "Roll back the region that failed.", examples: [true] })
      .prefault(true),
  })
  .meta({ description: "What happens when a region fails." });

const Approval = z
  .strictObject({
    from: z
      .string()
      .min(1)
      .meta({ description: "Group or person who approves.", examples: ["tech-lead"] }),
    count: z
      .int()
      .min(1)
      .meta({ description: "How many approvals are needed from it.", examples: [1] })
      .prefault(1),
  })
  .meta({ description: "Approvals that the deployment needs." });

const Limits = z
  .strictObject({
    jobTimeout: durationField(
      {
        description: "Time limit of the job that runs the deployment; hosted runners end at 6 hours.",
        examples: ["6h"],
      },
      { min: 1 },
    ).prefault("6h"),
    expectedDuration: durationField(
      {
        description: "How long a deployment usually takes; a plan that waits longer says so.",
        examples: ["60m"],
      },
      { min: 1 },
    ).optional(),
    lockWait: durationField({
      description: "How long a run waits for the lock of the environment while another run has it.",
      examples: ["30m"],
    }).prefault("2h"),
  })
  .meta({ description: "Limits that the plan must fit into, and how long a run waits for others." });

/** `.deploy/<prefix>-config.yaml`: one environment. */
export const EnvironmentConfig = z
  .strictObject({
    environment: z
      .string()
      .regex(
        /^(?!auto$)[A-Za-z0-9][A-Za-z0-9._-]*$/,
        "letters, digits, dots, underscores and hyphens, and not `auto`, which is the environment of the branch",
      )
      .optional()
      .meta({
        description:
          "Name of the environment; without it, what stands before `-config.yaml` in the file name.",
        examples: ["production"],
      }),
    target: z
      .enum(["local", "kubernetes", "ecs"])
      .meta({ description: "What the services run on.", examples: ["local"] })
      .prefault("local"),
    strategy: strategy.prefault("rolling"),
    replicas: replicas.prefault(1),
    resources: Resources.optional(),
    autoDeploy: z
      .boolean()
      .meta({
        description:
          "Deploy when a branch of this environment is pushed to, as far as the protection rules of the environment let it through; `false` leaves the deployment to a run by hand.",
        examples: [true],
      })
      .prefault(true),
    approvals: z
      .array(Approval)
      .meta({ description: "Who must approve before anything is changed." })
      .prefault([]),
    healthCheck: HealthCheck.prefault({}),
    canary: Canary.prefault({}),
    rolling: Rolling.prefault({}),
    trafficSwitch: TrafficSwitch.prefault({}),
    keepOldFor: durationField({
      description: "How long the old version is kept running after the new one has all of the traffic.",
      examples: ["15m"],
    }).prefault("0s"),
    rollbackWindow: windowField({
      description:
        "How far back a version may have been the trusted one to come back without the steps and the analysis of a canary or a switch: a number of revisions, or a time. Without it every version takes every step.",
      examples: [3, "24h"],
    }).optional(),
    autoRollback: AutoRollback.prefault({}),
    postDeploymentTests: z
      .array(z.string().min(1))
      .meta({
        description:
          "Names of tests to run after the deployment: `smoke`, or a name in `verify.tests` of the project.",
        examples: [["integration", "smoke", "load"]],
      })
      .prefault([]),
    watch: Watch.prefault({}),
    objective: Objective.optional(),
    onNewerRelease: z
      .enum(["queue", "supersede", "refuse"])
      .meta({
        description:
          "What a release does while another one is under way: `queue` waits for it, `supersede` has it taken back and goes then, `refuse` fails at once and says who is at work.",
        examples: ["supersede"],
      })
      .prefault("queue"),
    regions: z.array(Region).min(1).optional().meta({ description: "Regions in the order of deployment." }),
    failurePolicy: FailurePolicy.prefault({}),
    limits: Limits.prefault({}),
    services: z
      .record(z.string(), ServiceOverride)
      .meta({ description: "What is different for single services in this environment, by name." })
      .prefault({}),
  })
  .meta({
    title: "Sluice environment",
    description: "One environment of a repository: `.deploy/<environment>-config.yaml`.",
  });

/** An environment with every default filled in; its name is always there. Times in seconds, shares in percent. */
export type EnvironmentConfig = Omit<z.output<typeof EnvironmentConfig>, "environment"> & {
  environment: string;
};
export type EnvironmentConfigInput = z.input<typeof EnvironmentConfig>;
