// What the gate's camera sees, a small grey picture at a time; the kiosk gives at most four a second, and none is kept.

const AGAIN_MS = 2000;

/** Draws into *canvas* what *address* gives, and tells whether something is held before the camera. */
export async function watch(canvas, address, tell) {
  const drawing = canvas.getContext("2d");
  let number = 0;

  async function look() {
    const response = await fetch(`${address}&since=${number}`, { cache: "no-store" });
    if (response.status !== 200) {
      number = 0;
      return response.ok ? false : null;
    }
    number = Number(response.headers.get("X-Number"));
    const picture = await createImageBitmap(await response.blob());
    if (canvas.width !== picture.width) [canvas.width, canvas.height] = [picture.width, picture.height];
    drawing.drawImage(picture, 0, 0);
    picture.close();
    return response.headers.get("X-Aiming") === "yes";
  }

  for (;;) {
    const held = await look().catch(() => null);
    tell(held === true);
    if (held === null) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
