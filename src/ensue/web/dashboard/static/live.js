// What the dashboard does better with JavaScript; every page works without it.
//   data-live="url" data-every="2000"      a region is fetched anew, as a fragment of the same origin
//   form data-preview="url" data-into="#x" what is typed is posted to `url`, and the answer put into #x
//   button data-into="#x"                  its form is posted, and #x of the answered page put in the place of #x here
//   data-confirm="Really?"                 a form, or one button of it, asks before it is sent
//   select data-go                         its form is sent as soon as something is chosen
//   button data-copy="text"                the text goes to the clipboard
const pause = (wait) => new Promise((resume) => setTimeout(resume, wait));

async function ask(url, options) {
  const answer = await fetch(url, { credentials: "same-origin", ...options });
  if (answer.redirected && new URL(answer.url).pathname.endsWith("/sign-in")) location.reload();
  return answer;
}

const posted = (form, button) => ({ method: "POST", body: new URLSearchParams(new FormData(form, button)) });

async function keepLive(region) {
  while (region.isConnected) {
    await pause(Number(region.dataset.every || 5000));
    if (document.hidden || region.contains(document.activeElement)) continue;
    const answer = await ask(region.dataset.live).catch(() => undefined); // the server may be away for a moment
    if (answer?.ok) region.innerHTML = await answer.text();
  }
}

function preview(form) {
  let timer, running;
  const show = async () => {
    running?.abort();
    running = new AbortController();
    const into = document.querySelector(form.dataset.into);
    into.setAttribute("aria-busy", "true");
    try {
      const answer = await ask(form.dataset.preview, { ...posted(form), signal: running.signal });
      if (answer.ok) into.innerHTML = await answer.text();
      into.removeAttribute("aria-busy");
    } catch { /* a newer one is under way, or the server is away */ }
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(show, 400); };
  form.addEventListener("input", soon);
  form.addEventListener("rows", soon);
}

async function replace(form, button) {
  const selector = button.dataset.into, answer = await ask(button.formAction || form.action, posted(form, button));
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(selector);
  if (!found) return form.submit();
  const place = [...document.querySelectorAll(`${selector} button`)].indexOf(button);
  const fields = [...found.querySelectorAll("input, select, textarea")]; // of a row that was added, the first is next
  const first = fields.find(({ id }) => id && !document.getElementById(id));
  document.querySelector(selector).replaceWith(found);
  const buttons = found.querySelectorAll("button");
  (first ?? buttons[Math.min(place, buttons.length - 1)])?.focus();
  form.dispatchEvent(new Event("rows"));
}

function confirmed(question, label) {
  const dialog = document.createElement("dialog");
  const form = document.createElement("form");
  form.method = "dialog";
  const text = document.createElement("p");
  text.textContent = question;
  const buttons = [["no", "Cancel", "button"], ["yes", label, "button primary"]].map(([value, name, kind]) => {
    const button = document.createElement("button");
    Object.assign(button, { value, textContent: name, className: kind });
    return button;
  });
  form.append(text, ...buttons);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((decide) => dialog.addEventListener("close", () => {
    dialog.remove();
    decide(dialog.returnValue === "yes");
  }));
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const question = submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && form.dataset.sure !== "yes") {
    event.preventDefault();
    if (!(await confirmed(question, submitter?.textContent.trim() || "Yes"))) return;
    form.dataset.sure = "yes";
    form.requestSubmit(submitter);
    delete form.dataset.sure;
  } else if (submitter?.dataset.into) {
    event.preventDefault();
    replace(form, submitter);
  }
});
document.addEventListener("change", ({ target }) => target.matches("select[data-go]") && target.form.requestSubmit());
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy]");
  if (button) navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = "Copied"; });
});
document.querySelectorAll("[data-live]").forEach(keepLive);
document.querySelectorAll("form[data-preview]").forEach(preview);
for (const here of document.querySelectorAll("nav [aria-current]")) here.scrollIntoView({ block: "nearest", inline: "center" });
