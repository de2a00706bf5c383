// Fill in the place of a seat: a town of the list that is offered brings its name in the other language, its country and
// its coordinates. What else was typed there stays. The server does the same when the form is saved.

const NAMES = ["seat_sr", "seat_en", "seat_country", "seat_latitude", "seat_longitude"];

const form = document.querySelector("#content-main > form");
const controls = form ? NAMES.map((name) => form.elements[name]) : [];
const options = controls[0]?.list?.options ?? [];
const towns = [...options].map(({ dataset }) => dataset.values.split("|"));

const fillIn = (control) => {
  const at = controls.indexOf(control);
  const town = towns.find((values) => values[at] === control.value.trim());
  if (!town) return;
  const former = towns.find((values) => controls.slice(2).every(({ value }, index) => value === values[index + 2]));
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
