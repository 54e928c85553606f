/**
 * Runs inside the frame of an HTML message and speaks for it to the page.
 *
 * One rule: it only posts messages, and the page believes none of them more than it must.
 *
 * `ensue.click("button-id")` tells of a click, `ensue.close()` closes. Without a script: the attributes
 * `data-ensue-click="button-id"` and `data-ensue-close`. Links are clicks, too, and lead the page on.
 */
{
  const tell = (data) => parent.postMessage(data, "*");

  window.ensue = {
    click: (button) => tell({ ensue: "click", button }),
    close: () => tell({ ensue: "close" }),
  };

  addEventListener("click", (event) => {
    const found = event.target.closest?.("a[href], [data-ensue-click], [data-ensue-close]");
    if (!found) return;
    const { href, target, dataset } = found;
    if (href || dataset.ensueClick !== undefined) ensue.click(dataset.ensueClick);
    if (href && !target) {
      event.preventDefault(); // until the page has heard of the click
      addEventListener("message", () => open(href, "_top"), { once: true });
    } else if (dataset.ensueClose !== undefined) ensue.close();
  });

  addEventListener("keydown", ({ key }) => {
    if (key === "Escape") ensue.close();
  });

  const page = document.documentElement;
  new ResizeObserver(() => tell({ ensue: "size", height: page.offsetHeight })).observe(page);
}
