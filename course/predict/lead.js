// The links in the list before this script lead to a section at the first click. JupyterLab would
// open the lesson at its top, because it looks for the section before it has drawn the lesson, and
// Notebook 7 opens another tab, and forgets the section. So wait for the heading, a minute at most,
// and bring it into view until it has stayed there for half a second: what is above it still grows.

for (const link of document.currentScript.previousElementSibling.querySelectorAll("a")) {
  const follow = (event) => {
    const lesson = link.pathname.split("/").pop();
    const section = CSS.escape(decodeURIComponent(link.hash.slice(1)));
    let page = window;
    let left = 600; // tenths of a second
    if (document.body.dataset.notebook) {
      event.preventDefault();
      event.stopPropagation();
      if (!location.pathname.endsWith(`/${lesson}`)) page = open(lesson + link.hash);
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
  };
  link.addEventListener("click", follow, true); // before Jupyter's own
}
