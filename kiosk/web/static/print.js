// A button that prints the page as it stands. It never loads again: that would print the list a second time.

document.getElementById("print").addEventListener("click", () => print());
