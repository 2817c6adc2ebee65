"""Runs a WebAssembly module without imports in a worker of headless Chromium: `prepare()`, then `run()` five times."""
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading

WORKER = """
onmessage = async () => {
  const module = await (await fetch("module.wasm")).arrayBuffer();
  const { prepare, run } = (await WebAssembly.instantiate(module, {})).instance.exports;
  prepare();
  const seconds = [];
  let checksum;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    checksum = run();
    seconds.push((performance.now() - start) / 1000);
  }
  await fetch("result", { method: "POST", body: JSON.stringify({ checksum: BigInt.asUintN(64, checksum).toString(), seconds }) });
};
"""


def chromium():
    """Where a Chromium is, or None."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def measure(module, patience=120):
    """{"checksum", "seconds"} of the module, or None where there is no browser."""
    browser = chromium()
    if not browser:
        return None
    files = {
        "/": ("text/html", b"<script>new Worker('worker.js').postMessage(0)</script>"),
        "/worker.js": ("text/javascript", WORKER.encode()),
        "/module.wasm": ("application/wasm", pathlib.Path(module).read_bytes()),
    }
    found, arrived = {}, threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, content = files.get(self.path, ("text/plain", b""))
            self.send_response(200 if self.path in files else 404)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self):
            found.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        arguments = ["--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", f"--user-data-dir={profile}"]
        if os.getuid() == 0:
            arguments.append("--no-sandbox")  # there is none for root
        address = f"http://127.0.0.1:{server.server_port}/"
        process = subprocess.Popen([browser, *arguments, address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not arrived.wait(patience):
                raise RuntimeError("the browser's worker gave no result")
        finally:
            process.terminate()
            process.wait(20)
            server.shutdown()
    return found
