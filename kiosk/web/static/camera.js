// Holds this machine's camera before the door: a frame at a time, at most five a second, none kept.

const FRAME_MS = 200;
const WIDTH_PX = 800;

export function startCamera(button, present, say) {
  const finder = document.getElementById("viewfinder");
  const video = document.getElementById("video");
  const canvas = document.createElement("canvas");
  let stream = null;

  async function start() {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
    } catch {
      say({ vi: "Không mở được máy ảnh của máy này.", en: "This machine's camera cannot be opened." }, "trouble");
      return;
    }
    video.srcObject = stream;
    await video.play();
    finder.hidden = false;
    button.ariaPressed = "true";
    look(stream);
  }

  function stop() {
    stream.getTracks().forEach((track) => track.stop());
    stream = video.srcObject = null;
    finder.hidden = true;
    button.ariaPressed = "false";
  }

  async function look(watched) {
    while (stream === watched) {
      const next = new Promise((resolve) => setTimeout(resolve, FRAME_MS));
      const frame = await grab();
      if (frame && stream === watched) await present(frame);
      await next;
    }
  }

  function grab() {
    if (!video.videoWidth) return null;
    canvas.width = Math.min(WIDTH_PX, video.videoWidth);
    canvas.height = Math.round((canvas.width * video.videoHeight) / video.videoWidth);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  }

  button.addEventListener("click", () => (stream ? stop() : start()));
}
