import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../../packages/process/src/index.ts";

/** A reverse proxy beside ours, in front of the same replica. */
export interface ReverseProxy {
  /** Name and version. */
  name: string;
  url: string;
  /** Processes whose processor time is what it costs. */
  pids: number[];
  stop(): Promise<void>;
}

/** One process (nginx: one worker; HAProxy: one thread), kept connections to the replica, no log: as our data plane. */
const programs = [
  {
    program: "nginx",
    version: ["-v"],
    configuration: (port: number, upstream: number, directory: string) => `
daemon off; master_process off; worker_processes 1; pid ${directory}/nginx.pid; error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/f;
  uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  upstream replica { server 127.0.0.1:${upstream}; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://replica;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`,
    args: (file: string) => ["-c", file, "-e", "stderr"],
  },
  {
    program: "haproxy",
    version: ["-v"],
    configuration: (port: number, upstream: number) => `
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 75s
  timeout server 75s
frontend entry
  bind 127.0.0.1:${port}
  option forwardfor
  default_backend replica
backend replica
  http-reuse always
  server one 127.0.0.1:${upstream}
`,
    args: (file: string) => ["-f", file, "-db"],
  },
];

/**
 * Starts those of the proxies that are installed, in front of a port.
 *
 * @returns them, and the names of those that are missing
 */
export async function startOthers(
  upstream: number,
  scratch: string,
): Promise<{ proxies: ReverseProxy[]; missing: string[] }> {
  const proxies: ReverseProxy[] = [];
  const missing: string[] = [];
  for (const { program, version, configuration, args } of programs) {
    const asked = spawnSync(program, version, { encoding: "utf8" });
    if (asked.status !== 0) {
      missing.push(program);
      continue;
    }
    const number = /\d+\.\d+(\.\d+)?/.exec(asked.stdout + asked.stderr)?.[0] ?? "";
    const directory = join(scratch, program);
    mkdirSync(directory);
    const file = join(directory, "configuration");
    const port = await freePort();
    writeFileSync(file, configuration(port, upstream, directory));
    const child = spawn(program, args(file), { stdio: ["ignore", "inherit", "inherit"] });
    const url = `http://127.0.0.1:${port}`;
    await answers(url, child);
    proxies.push({ name: `${program} ${number}`, url, pids: [child.pid!], stop: () => end(child) });
  }
  return { proxies, missing };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    const isThere = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) return;
    await sleep(20);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
