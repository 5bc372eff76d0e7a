// The licence's code: asks every two seconds how far the phone is, says so, and sends the form when it has
// confirmed. Without script the button does the same.
const WORDS = {
  waiting: null,
  scanned: "已扫码，请在手机上确认。",
  confirmed: "已确认，正在登录……",
  declined: "手机上取消了。可以换一个码重来。",
  expired: "码已过期，请换一个码。",
};
const form = document.querySelector("form[data-licence]");
const say = form?.querySelector("[data-licence-say]");
const PAUSE = 2000;
let failed = 0;

async function ask() {
  try {
    const answer = await fetch(form.dataset.licence, { headers: { Accept: "application/json" }, cache: "no-store" });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail ?? String(answer.status));
    failed = 0;
    if (WORDS[said.step]) say.textContent = WORDS[said.step];
    if (said.step === "confirmed") return form.requestSubmit();
    if (said.step === "declined" || said.step === "expired") return undefined;
  } catch (error) {
    failed += 1;
    say.textContent = `没有问到结果：${error.message}`;
  }
  // An outage is asked about ever more rarely.
  return setTimeout(ask, PAUSE * 2 ** Math.min(failed, 4));
}

if (form) setTimeout(ask, PAUSE);
