// Goes on with a long action by itself. Without JavaScript, one presses the button.

document.querySelector("form.go-on").requestSubmit();
