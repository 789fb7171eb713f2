// Links that lead to a section of a lesson at the first click. JupyterLab would open the lesson at
// its top, because it looks for the section before it has drawn the lesson, and Notebook 7 opens
// another tab, and forgets the section. So wait for the heading, a minute at most, and bring it into
// view until it has stayed there for half a second: what is above it still grows.

/** Let all links in an element lead there. Returns the element. */
export function lead(element) {
  const links = element.querySelectorAll("a");
  for (const link of links) link.addEventListener("click", follow, true); // before Jupyter's own
  return element;
}

function follow(event) {
  const { dataset, hash, pathname } = event.currentTarget;
  const lesson = pathname.split("/").pop();
  const section = CSS.escape(decodeURIComponent(hash.slice(1)));
  const [, path] = decodeURI(pathname).match(/\/tree\/(.*)/) ?? [];
  let page = window;
  let left = 600; // tenths of a second
  if (document.body.dataset.notebook) {
    event.preventDefault();
    event.stopPropagation();
    if (!location.pathname.endsWith(`/${lesson}`)) page = open(lesson + hash);
  } else if (path) {
    // JupyterLab does this itself with the links in an output, but not with those in a view.
    dataset.commandlinkerCommand = "rendermime:handle-local-link";
    dataset.commandlinkerArgs = JSON.stringify({ path, id: hash });
  }
  const look = () => {
    const found = [...page.document.querySelectorAll(`[data-jupyter-id="${section}"]`)];
    const heading = found.find((each) => each.checkVisibility());
    if (heading) {
      const before = heading.getBoundingClientRect().top;
      heading.closest(".jp-Cell").focus({ preventScroll: true }); // arrow keys go on from there
      heading.scrollIntoView();
      if (left > 5 || heading.getBoundingClientRect().top !== before) left = 5;
    }
    if (left--) (heading ? page : window).setTimeout(look, 100); // a page behind has a slow clock
  };
  look();
}
