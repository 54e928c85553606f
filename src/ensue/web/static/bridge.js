/**
 * Runs inside the frame of an HTML message and speaks for it to the page.
 *
 * One rule: it only posts messages, and the page believes none of them more than it must.
 *
 * `ensue.click("button-id")` tells of a click, `ensue.close()` closes. Without a script: the attributes
 * `data-ensue-click="button-id"` and `data-ensue-close`; links are clicks, too.
 */
{
  const tell = (data) => parent.postMessage(data, "*");

  window.ensue = {
    click: (button, link) => tell({ ensue: "click", button, link }),
    close: () => tell({ ensue: "close" }),
  };

  addEventListener("click", (event) => {
    const target = event.target.closest?.("a[href], [data-ensue-click], [data-ensue-close]");
    if (!target) return;
    const { ensueClick: button, ensueClose: close } = target.dataset;
    if (target.href) event.preventDefault();
    if (target.href || button !== undefined) ensue.click(button, target.href);
    if (close !== undefined) ensue.close();
  });

  addEventListener("keydown", (event) => {
    if (event.key === "Escape") ensue.close();
  });

  const page = document.documentElement;
  new ResizeObserver(() => tell({ ensue: "size", height: page.offsetHeight })).observe(page);
}
