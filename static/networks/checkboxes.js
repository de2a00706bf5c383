// Append a choice that was added in a popup, such as a theme, to the checkboxes, ticked.
// Wraps a function of Django's own script, which supports only selects.

const addToSelect = window.dismissAddRelatedObjectPopup;

window.dismissAddRelatedObjectPopup = (popup, value, label) => {
  const id = popup.name.replace(/__\d+$/, "");
  const checkboxes = document.getElementById(id);
  if (checkboxes?.nodeName !== "DIV") {
    addToSelect(popup, value, label);
    return;
  }
  const input = document.createElement("input");
  input.type = "checkbox";
  input.name = id.replace(/^id_/, "");
  input.value = value;
  input.checked = true;
  const item = document.createElement("div");
  item.append(document.createElement("label"));
  item.firstChild.append(input, ` ${label}`);
  checkboxes.append(item);
  popup.close();
  input.focus();
};
