// The two ways in which people get to see a bundle.
import { spawn } from "node:child_process";
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { extname, join, normalize } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const types = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

// A folder under a sub-path, given out as the plainest of web servers would: no ranges, no special headers.
export async function staticServer(folder, prefix = "/papers/concepts/") {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    if (!path.startsWith(prefix)) return response.writeHead(404).end();
    const asked = normalize(path.slice(prefix.length) || "index.html");
    const file = join(folder, asked.endsWith("/") ? `${asked}index.html` : asked);
    const found = !asked.startsWith("..") && statSync(file, { throwIfNoEntry: false })?.isFile();
    if (!found) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, url: `${origin}${prefix}`, close: () => new Promise((closed) => server.close(closed)) };
}

// `cellprism serve`, with its headers and its content security policy.
export const programServer = (program, bundle) => serve(program, ["--bundle", bundle]);

// The same, taking jobs in a folder, with models that jobs can name.
export const jobsServer = (program, folder, models) => serve(program, ["--data-dir", folder, "--models", models]);

async function serve(program, options) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = spawn(program, ["serve", "--bind", `127.0.0.1:${port}`, ...options], { stdio: "ignore" });
  let ended = false;
  server.on("exit", () => (ended = true));
  for (let tries = 0; ; tries += 1) {
    if (ended || tries > 300) throw new Error("cellprism serve doesn't answer");
    const answer = await fetch(`${origin}/health`).catch(() => undefined);
    if (answer?.ok) break;
    await pause(100);
  }
  return {
    origin,
    url: `${origin}/`,
    close: async () => {
      server.kill("SIGINT");
      for (let tries = 0; !ended && tries < 50; tries += 1) await pause(100);
      if (!ended) server.kill("SIGKILL");
    },
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createTcpServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
