// Fill in the place of a seat: a town of the list that is offered brings its name in the other language, its country and
// its coordinates; one that is not in the list takes away those of the town that was there before. What else was typed
// there stays. The server does the same when the form is saved.

const NAMES = ["seat_sr", "seat_en", "seat_country", "seat_latitude", "seat_longitude"];

const form = document.querySelector("#content-main > form");
const controls = form ? NAMES.map((name) => form.elements[name]) : [];
const options = controls[0]?.list?.options ?? [];
const towns = [...options].map(({ dataset }) => dataset.values.split("|"));

const nowhere = NAMES.map(() => "");
const before = controls.map(({ value }) => value);
const townIn = (at, name) => towns.find((values) => values[at] === name.trim());

const fillIn = (control) => {
  const at = controls.indexOf(control);
  const former = towns.find((values) => controls.slice(2).every(({ value }, index) => value === values[index + 2]));
  // The Serbian name is the original: an English one that is not in the list leaves its town.
  const hasLeft = former && townIn(at, before[at]) === former && (at === 0 || !townIn(0, controls[0].value));
  before[at] = control.value;
  const town = townIn(at, control.value) ?? (hasLeft ? nowhere : null);
  if (!town) return;
  for (const [index, other] of controls.entries()) {
    const isFree = !other.value || other.value === former?.[index];
    if (other === control || !isFree || other.value === town[index]) continue;
    other.value = town[index];
    other.dispatchEvent(new Event("input", { bubbles: true }));
    other.dispatchEvent(new Event("change", { bubbles: true }));
  }
};

if (towns.length) {
  for (const control of controls.slice(0, 2)) control.addEventListener("change", () => fillIn(control));
}
