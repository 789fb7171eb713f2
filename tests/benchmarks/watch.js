// Runs in JupyterLab before anything else, and tells when a picture has changed and is painted.
// The picture is an <svg>, an <img> or a <canvas>, the first that bench.selector finds.

globalThis.bench = { selector: "", delay: 0, pictures: 0 };

// Every message to the kernel comes bench.delay milliseconds late.
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (!bench.delay || !this.url.includes("/channels")) return send.call(this, data);
  setTimeout(() => send.call(this, data), bench.delay);
};

const picture = () => document.querySelector(bench.selector);
const isCanvas = () => picture()?.tagName === "CANVAS";

/** What is on the picture; empty as long as there is nothing. */
bench.look = () => {
  const shown = picture();
  if (shown?.tagName === "IMG") return shown.complete ? shown.src : "";
  return (isCanvas() ? shown.toDataURL() : shown?.innerHTML) ?? "";
};

// Hints that the picture may have changed: elements have, an image has come, a canvas was drawn on.
let drawn = new Set();
let hint = () => {};
const drawImage = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...image) {
  drawImage.apply(this, image);
  drawn.add(this.canvas);
  hint();
};
document.addEventListener("load", () => hint(), { capture: true });
const everything = { subtree: true, childList: true, attributes: true, characterData: true };
new MutationObserver(() => hint()).observe(document, everything);

// A message posted during a frame comes after the frame was painted.
const frame = () => new Promise(requestAnimationFrame);
const message = () =>
  new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(0);
  });
let inFrame = false;
(async () => {
  for (;;) {
    await frame();
    inFrame = true;
    message().then(() => (inFrame = false));
  }
})();
async function painted() {
  if (!inFrame) await frame();
  await message();
}

/** Milliseconds from `begin` until something else than `before` is on the picture and painted. */
const change = (begin, before) =>
  new Promise((done) => {
    hint = async () => {
      // Reading a canvas takes milliseconds, so that is done after the clock has stopped.
      const perhaps = isCanvas() ? drawn.has(picture()) : bench.look() && bench.look() !== before;
      if (!perhaps) return;
      drawn.clear();
      await painted();
      const end = performance.now();
      if (!bench.look() || bench.look() === before) return;
      hint = () => {};
      done(end - begin);
    };
  });

/** Begin with the next key; bench.shown is then the number of milliseconds. */
bench.arm = () => {
  const before = bench.look();
  drawn.clear();
  bench.shown = 0;
  const start = ({ timeStamp }) =>
    change(timeStamp, before).then((milliseconds) => (bench.shown = milliseconds));
  addEventListener("keydown", start, { capture: true, once: true });
};

/** Run the second cell of the notebook. */
bench.run = async () => {
  const { content } = jupyterapp.shell.currentWidget;
  content.activeCellIndex = 1;
  await jupyterapp.commands.execute("notebook:clear-cell-output");
  drawn.clear();
  const shown = change(performance.now(), "");
  void jupyterapp.commands.execute("notebook:run-cell");
  return shown;
};

/** Count the frames that show a new picture, until bench.counting is false. */
bench.count = async () => {
  let before = isCanvas() ? "" : bench.look();
  bench.pictures = 0;
  bench.counting = true;
  drawn.clear();
  while (bench.counting) {
    await frame();
    const now = isCanvas() ? "" : bench.look();
    // A canvas counts when it was drawn on, be it the same again.
    if (isCanvas() ? drawn.has(picture()) : now && now !== before) bench.pictures += 1;
    drawn.clear();
    before = now || before;
  }
};
