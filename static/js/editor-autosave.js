// Saves what is typed while it is typed: a second after a pause, and every two while nobody pauses. One request at a
// time; what could not be saved is tried again, and stays in the browser's copy until the server has it.

const AFTER_PAUSE = 1000;
const AT_LATEST = 1900;
const TRY_AGAIN = 4000;

export class Autosave {
  /** `tell(words)` says where things stand; `saved(answer)` is called with what the server answered. */
  constructor(form, copy, { tell, saved, conflict }) {
    Object.assign(this, { form, copy, tell, saved, conflict });
    this.changes = this.stored = 0;
    this.isOver = false; // somebody else was faster: nothing more is sent by itself
  }

  get isDirty() {
    return this.changes > this.stored;
  }

  changed() {
    this.changes += 1;
    this.copy.soon();
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.save(), AFTER_PAUSE);
    this.latest ??= setTimeout(() => this.save(), AT_LATEST);
  }

  body() {
    const { turn } = this.form.elements;
    turn.value = Number(turn.value) + 1;
    return new FormData(this.form);
  }

  async save() {
    clearTimeout(this.pause);
    clearTimeout(this.latest);
    this.latest = null;
    if (this.underWay) return this.underWay.then(() => this.isDirty && this.save());
    if (!this.isDirty || this.isOver) return;
    const sent = this.changes;
    this.underWay = this.send().finally(() => { this.underWay = null; });
    if (!(await this.underWay)) return;
    this.stored = sent;
    if (!this.isDirty && !this.settingsWait) this.copy.drop();
  }

  /** Whether the server has it. */
  async send(isSecond = false) {
    let response;
    try {
      response = await fetch(this.form.dataset.autosave, { method: "POST", body: this.body(), headers: { Accept: "application/json" } });
    } catch {
      return this.later("No connection. Your text is kept in this browser and is saved when the connection is back.");
    }
    if (response.redirected) return this.signedOut();
    if (response.status === 403 && !isSecond) return (await this.renewToken()) ? this.send(true) : this.signedOut();
    if (response.status === 409) return this.lost(await response.json());
    if (response.status === 422) return this.refused(await response.json());
    if (!response.ok) return this.later(`The server answered ${response.status}. Your text is kept in this browser; it is tried again.`);
    const answer = await response.json();
    this.form.elements.version.value = answer.version;
    this.form.elements.lock.value = answer.lock;
    this.form.elements.settings.value = answer.settings;
    this.settingsWait = answer.settings_wait;
    this.saved(answer);
    return true;
  }

  later(words) {
    this.copy.keep();
    this.tell(words);
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.save(), TRY_AGAIN);
    return false;
  }

  signedOut() {
    return this.later(["You are signed out. Your text is kept in this browser. ", this.form.dataset.login, "Sign in in another tab", ", then it is saved here."]);
  }

  refused({ errors, checks }) {
    this.copy.keep();
    document.getElementById("editor-checks").innerHTML = checks;
    this.tell(`Not saved yet, kept in this browser: ${errors.join(" ")}`);
    return false;
  }

  lost(answer) {
    this.copy.keep();
    this.isOver = true;
    this.conflict(answer);
    return false;
  }

  /** After signing in anew the page's token is an old one. */
  async renewToken() {
    const response = await fetch(location.href).catch(() => null);
    if (!response?.ok || response.redirected) return false;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector("#editor [name=csrfmiddlewaretoken]")?.value;
    if (token) this.form.elements.csrfmiddlewaretoken.value = token;
    return Boolean(token);
  }

  /** The page goes away: what is not saved yet is sent without waiting for the answer. */
  farewell() {
    if (!this.isDirty || this.isOver) return;
    this.copy.keep();
    navigator.sendBeacon(this.form.dataset.autosave, this.body());
  }
}
