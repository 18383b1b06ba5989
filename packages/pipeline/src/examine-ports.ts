import { once } from "node:events";
import { createServer } from "node:net";
import type { LoadedConfig } from "@sluice/config";
import { environmentStatus } from "@sluice/local";
import type { Examination } from "./examination.ts";

/** Whether the ports that the configuration names can be had; those that this environment itself listens on can. */
export async function examinePorts(
  { project, environment, files }: LoadedConfig,
  stateDirectory: string,
): Promise<Examination[]> {
  if (environment.target !== "local") return [];
  const wanted = project.services.flatMap(({ name, port: usual }) => {
    const port = environment.services[name]?.port ?? usual;
    return port === undefined ? [] : [{ name, port }];
  });
  if (wanted.length === 0) return [];
  const { services } = await environmentStatus({ stateDirectory, environment: environment.environment });
  const own = new Set(services.map(({ url }) => (url ? Number(new URL(url).port) : 0)));
  return Promise.all(
    wanted.map(async ({ name, port }): Promise<Examination> => {
      const what = `port ${port} of ${name}`;
      const refusal = await refusalOf(port);
      if (refusal === null) return { what, state: "ok", found: "free", remedy: "" };
      if (refusal === "EADDRINUSE" && own.has(port))
        return { what, state: "ok", found: `${environment.environment} listens on it`, remedy: "" };
      const another = `name another port in ${files.environment}.`;
      const [found, remedy] =
        refusal === "EADDRINUSE"
          ? [
              "another program listens on it",
              `End that program (\`lsof -i :${port}\` names it), or ${another}`,
            ]
          : [`this user may not listen on it (${refusal})`, `Give it the right, or ${another}`];
      return { what, state: "missing", found, remedy };
    }),
  );
}

/** Why nobody can listen on a port now, as the code of listen(2); null when somebody can. */
async function refusalOf(port: number): Promise<string | null> {
  const server = createServer();
  try {
    server.listen({ port, host: "127.0.0.1", exclusive: true });
    await once(server, "listening");
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    server.close();
  }
}
