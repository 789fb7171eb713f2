// Runs in JupyterLab before anything else, and tells when a picture has changed and is on screen.
// The picture is an <svg>, an <img> or a <canvas>, the first that bench.selector finds.

globalThis.bench = { selector: "", delay: 0, pictures: 0 };

// Every message to the kernel comes bench.delay milliseconds late.
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (!bench.delay || !this.url.includes("/channels")) return send.call(this, data);
  setTimeout(() => send.call(this, data), bench.delay);
};

// Drawing on a canvas changes no element, so the canvas is asked whether it was drawn upon.
const drawn = new Set();
const drawImage = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...image) {
  drawImage.apply(this, image);
  drawn.add(this.canvas);
};

const picture = () => document.querySelector(bench.selector);
const isCanvas = () => picture()?.tagName === "CANVAS";
const frame = () => new Promise(requestAnimationFrame);

/** What is on the picture; empty as long as there is nothing. */
bench.look = () => {
  const shown = picture();
  if (shown?.tagName === "IMG") return shown.complete ? shown.src : "";
  return (isCanvas() ? shown.toDataURL() : shown?.innerHTML) ?? "";
};

/** Milliseconds from `begin` until something else than `before` is on the picture and painted. */
bench.painted = async (begin, before) => {
  for (;;) {
    // Reading a canvas takes milliseconds, so that is done only after the clock was stopped.
    const perhaps = isCanvas() ? drawn.has(picture()) : bench.look() && bench.look() !== before;
    if (perhaps) {
      drawn.clear();
      await frame();
      const end = performance.now();
      if (bench.look() && bench.look() !== before) return end - begin;
    } else await frame();
  }
};

/** From the next key on. */
bench.arm = () => {
  const before = bench.look();
  drawn.clear();
  bench.shown = null;
  const start = ({ timeStamp }) =>
    bench.painted(timeStamp, before).then((milliseconds) => (bench.shown = milliseconds));
  addEventListener("keydown", start, { capture: true, once: true });
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
    // A canvas that was drawn upon counts unread, in its favour.
    if (isCanvas() ? drawn.has(picture()) : now && now !== before) bench.pictures += 1;
    drawn.clear();
    before = now || before;
  }
};

/** Run the second cell of the notebook; milliseconds until its picture is painted. */
bench.first = async () => {
  const { content } = jupyterapp.shell.currentWidget;
  content.activeCellIndex = 1;
  await jupyterapp.commands.execute("notebook:clear-cell-output");
  drawn.clear();
  const begin = performance.now();
  void jupyterapp.commands.execute("notebook:run-cell");
  return bench.painted(begin, "");
};
