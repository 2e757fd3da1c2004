// The kiosk's own screen: shows what is true now, and the door display once that is served at the same address.

async function again() {
  try {
    await fetch(location.href, { cache: "no-store" });
    location.reload();
  } catch {
    setTimeout(again, 5000); // nobody answers while the kiosk opens
  }
}

setTimeout(again, 15000);
