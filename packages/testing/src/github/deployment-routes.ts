import { type Deployment, notFound, problem, type Route } from "./routes.ts";

const STATES = ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"];
const now = () => new Date().toISOString();

const deploymentAnswer = ({ statuses, ...deployment }: Deployment) => ({
  ...deployment,
  original_environment: deployment.environment,
  statuses_url: `https://api.github.com/repos/acme/shop/deployments/${deployment.id}/statuses`,
  updated_at: statuses.at(-1)?.created_at ?? deployment.created_at,
});

/** Deployments with their statuses, and comments on issues and pull requests. */
export const recordRoutes: readonly Route[] = [
  [
    "POST",
    "deployments",
    ({ body }, _, repository) => {
      const ref = String(body.ref ?? "");
      const { git } = repository;
      const sha = git.refs.get(`refs/heads/${ref}`) ?? git.refs.get(`refs/tags/${ref}`) ?? ref;
      if (!git.commits.has(sha)) return problem(422, `No ref found for: ${ref}`);
      const contexts = body.required_contexts as string[] | undefined;
      if (contexts === undefined || contexts.length > 0) {
        return problem(409, "Conflict: Commit status checks failed for this commit");
      }
      const deployment: Deployment = {
        id: repository.deployments.length + 1,
        sha,
        ref,
        task: String(body.task ?? "deploy"),
        environment: String(body.environment ?? "production"),
        description: (body.description as string | undefined) ?? null,
        payload: body.payload ?? {},
        production_environment: body.production_environment === true || body.environment === "production",
        transient_environment: body.transient_environment === true,
        created_at: now(),
        statuses: [],
      };
      repository.deployments.push(deployment);
      return { status: 201, body: deploymentAnswer(deployment) };
    },
  ],
  [
    "GET",
    "deployments",
    ({ query }, _, { deployments }) => {
      const wanted = ["sha", "ref", "task", "environment"] as const;
      const found = deployments.filter((deployment) =>
        wanted.every((key) => !query.has(key) || deployment[key] === query.get(key)),
      );
      return { status: 200, body: found.map(deploymentAnswer).reverse() };
    },
  ],
  [
    "POST",
    "deployments/:id/statuses",
    ({ body }, { id }, { deployments }) => {
      const deployment = deployments.find((candidate) => candidate.id === Number(id));
      if (!deployment) return notFound();
      const state = String(body.state);
      if (!STATES.includes(state))
        return problem(422, `Validation Failed: state ${state} is not included in the list`);
      const description = String(body.description ?? "");
      if (description.length > 140)
        return problem(422, "Validation Failed: description is too long (maximum is 140 characters)");
      const addStatus = (to: Deployment, of: string) => {
        const status = {
          id: to.statuses.length + 1,
          state: of,
          description: to === deployment ? description : "",
          environment: to.environment,
          environment_url: String(body.environment_url ?? ""),
          log_url: String(body.log_url ?? ""),
          created_at: now(),
        };
        to.statuses.push(status);
        return status;
      };
      const status = addStatus(deployment, state);
      if (state === "success" && body.auto_inactive !== false) {
        // A success retires the earlier successes of the same environment that are neither transient nor production.
        for (const other of deployments) {
          const isRetired =
            other.id < deployment.id &&
            other.environment === deployment.environment &&
            !other.transient_environment &&
            !other.production_environment &&
            other.statuses.at(-1)?.state === "success";
          if (isRetired) addStatus(other, "inactive");
        }
      }
      return { status: 201, body: status };
    },
  ],
  [
    "GET",
    "deployments/:id/statuses",
    (_, { id }, { deployments }) => {
      const deployment = deployments.find((candidate) => candidate.id === Number(id));
      return deployment ? { status: 200, body: [...deployment.statuses].reverse() } : notFound();
    },
  ],
  [
    "POST",
    "issues/:number/comments",
    ({ body }, { number }, { comments }) => {
      const text = String(body.body ?? "");
      if (text.length > 65_536)
        return problem(422, "Validation Failed: body is too long (maximum is 65536 characters)");
      const comment = { id: comments.length + 1, issue: Number(number), body: text };
      comments.push(comment);
      return { status: 201, body: comment };
    },
  ],
  [
    "GET",
    "issues/:number/comments",
    (_, { number }, { comments }) => ({
      status: 200,
      body: comments.filter((comment) => comment.issue === Number(number)),
    }),
  ],
  [
    "PATCH",
    "issues/comments/:id",
    ({ body }, { id }, { comments }) => {
      const comment = comments.find((candidate) => candidate.id === Number(id));
      if (!comment) return notFound();
      comment.body = String(body.body ?? "");
      return { status: 200, body: comment };
    },
  ],
];
