// The live edition's own words: which lesson opens first, what is going on until Python answers, and what was predicted.
function keepForKernels() {
  "use strict";
%KEPT%
  answerKernels();
}
(() => {
  "use strict";
  const FIRST = "%FIRST%", FILES = %FILES%;
  const address = new URL(location.href);
  // JupyterLab takes the lesson out of its address once it is open: a page that is loaded again shows what was open
  if (!address.searchParams.has("path") && !sessionStorage.getItem("lrcourse")) {
    address.searchParams.set("path", FIRST);
    location.replace(address);
    return;
  }
  sessionStorage.setItem("lrcourse", "begun");
  keepForKernels();
  const line = document.createElement("div");
  line.id = "lrcourse-status";
  line.setAttribute("role", "status");
  line.style.cssText = "position: fixed; z-index: 10000; right: 14px; bottom: 34px; max-width: min(30em, 80vw); padding: 8px 14px; " +
    "border-radius: 8px; background: #1f2933; color: #fff; font: 14px/1.45 system-ui, sans-serif; box-shadow: 0 2px 10px #0006;";
  document.addEventListener("DOMContentLoaded", () => document.body.append(line));

  // Python runs in a worker, whose loading can't be watched from here: fetched here, its files are in the cache when it asks
  let here = 0, lost = 0;
  for (const file of FILES) fetch(new URL(file, new URL("../static/pyodide/", address)))
    .then(reply => reply.ok ? reply.arrayBuffer() : Promise.reject()).catch(() => { lost += 1; }).finally(() => { here += 1; });

  let ready = 0;
  const kernel = () => window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel;
  const say = text => {
    line.hidden = !text;
    line.style.display = text ? "" : "none";
    if (line.textContent !== text) line.textContent = text;
  };
  setInterval(() => {
    const status = kernel()?.status;
    if (!window.jupyterapp) say("Opening JupyterLab ...");
    else if (status && status !== "unknown" && status !== "starting") {
      ready ||= Date.now();
      say(Date.now() - ready < 6000 ? "Python is ready. Shift+Enter runs a cell." : "");
    } else {
      ready = 0;
      say(here < FILES.length ? `Fetching Python, numpy and matplotlib: ${here} of ${FILES.length} files. Only the first time takes this long.`
        : lost ? `${lost} of ${FILES.length} files of Python can't be reached. Is there a connection? Then load this page again.`
        : status ? "Starting Python in your browser. Cells that you run meanwhile wait for it." : "");
    }
  }, 250);
})();
