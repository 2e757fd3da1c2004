"""Pictures of 1280x720 as a phone or a camera at a door takes them: with a code to read, and without."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import segno
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

SIZE = (1280, 720)
BICUBIC = Image.Resampling.BICUBIC
# (ending, mode, how it is saved): by turns, so that each class has them all.
FILES = [
    ("jpg", "RGB", {"quality": 85}),
    ("png", "L", {}),
    ("jpg", "L", {"quality": 90}),
    ("png", "RGB", {}),
]

Dice = random.Random
Scene = Callable[[Dice], Image.Image]


def hall(dice: Dice, shapes: tuple[int, int] = (24, 14)) -> Image.Image:
    """Soft shapes of dull colours."""
    colours = Image.frombytes("RGB", shapes, dice.randbytes(shapes[0] * shapes[1] * 3)).resize(SIZE, BICUBIC)
    return Image.blend(colours.convert("L").convert("RGB"), colours, 0.4).point(lambda level: 40 + level * 7 // 10)


def grained(picture: Image.Image, dice: Dice, levels: float) -> Image.Image:
    """*picture* with the noise of a sensor, *levels* of deviation."""
    grains = Image.frombytes("L", SIZE, dice.randbytes(SIZE[0] * SIZE[1]))
    grains = grains.point(lambda level: 128 + round((level - 128) * levels / 74))  # 74: deviation of an even spread
    return ImageChops.add(picture, Image.merge("RGB", (grains, grains, grains)), offset=-128)


class Held:
    """A code held up in a hall, a quarter to three fifths of the picture's height, at least 2.5 pixels a module."""

    def __init__(self, data: bytes, dice: Dice) -> None:
        code = segno.make(data, micro=False, error="m")
        drawn = io.BytesIO()
        code.save(drawn, kind="png", scale=8)
        self._modules = Image.open(drawn).convert("L")
        side, _ = code.symbol_size(1)
        self._px = max(round(SIZE[1] * dice.uniform(0.25, 0.6)), round(2.5 * side))
        self.module_px = self._px / side

    def in_hall(self, dice: Dice, *, dark: str = "#181818", light: str = "#f0f0f0", angle: float = 0) -> Image.Image:
        """The picture; *angle* in degrees."""
        card = ImageOps.colorize(self._modules, dark, light).convert("RGBA")
        card = card.resize((self._px, self._px), Image.Resampling.BOX).rotate(angle, BICUBIC, expand=True)
        picture = hall(dice)
        self.box = [dice.randrange(max(1, side - card.width)) for side in SIZE]
        self.box += [self.box[0] + card.width, self.box[1] + card.height]
        picture.paste(card, (self.box[0], self.box[1]), card)
        return grained(picture, dice, dice.choice((0, 2, 4)))


def _blurred(code: Held, dice: Dice, low: float, high: float) -> Image.Image:
    return code.in_hall(dice).filter(ImageFilter.GaussianBlur(code.module_px * dice.uniform(low, high)))


WITH_CODE: dict[str, Callable[[Held, Dice], Image.Image]] = {
    "plain": lambda code, dice: code.in_hall(dice),
    "out of focus": lambda code, dice: _blurred(code, dice, 0.2, 0.4),
    "turned": lambda code, dice: code.in_hall(dice, angle=dice.uniform(-180, 180)),
    "pale": lambda code, dice: code.in_hall(dice, dark="#b8b8b8", light="#e0e0e0"),
    "yellow": lambda code, dice: code.in_hall(dice, dark="#ffe000", light="#ffffff"),
    "inverted": lambda code, dice: code.in_hall(dice, dark="#f0f0f0", light="#101010"),
}


def _faces(dice: Dice) -> Image.Image:
    picture = hall(dice)
    drawing = ImageDraw.Draw(picture)
    for _ in range(dice.randrange(1, 6)):
        x, y, r = dice.randrange(100, 1180), dice.randrange(100, 620), dice.randrange(40, 160)
        drawing.ellipse((x - r, y - 1.3 * r, x + r, y + 1.3 * r), fill=(dice.randrange(150, 240), 150, 110))
        for eye in (x - 0.4 * r, x + 0.4 * r):
            drawing.ellipse((eye - 0.12 * r, y - 0.38 * r, eye + 0.12 * r, y - 0.22 * r), fill="#201010")
    return grained(picture.filter(ImageFilter.GaussianBlur(1.5)), dice, 2)


def _print(dice: Dice) -> Image.Image:
    page = Image.new("RGB", SIZE, "white")
    font = ImageFont.load_default(dice.choice((14, 18, 24)))
    letters = "".join(dice.choices("abcdefghiklmnopqrstuvxy     ", k=6000))
    lines = "\n".join(letters[start : start + 120] for start in range(0, len(letters), 120))
    ImageDraw.Draw(page).multiline_text((20, 10), lines, "#202020", font)
    return grained(page, dice, 2)


def _strokes(dice: Dice) -> Image.Image:
    picture = Image.new("RGB", SIZE, "white")
    drawing = ImageDraw.Draw(picture)
    for _ in range(600):
        ends = [dice.randrange(SIZE[place % 2]) for place in range(4)]
        drawing.line(ends, fill=(dice.randrange(256), dice.randrange(256), dice.randrange(256)), width=4)
    return picture


def _half_covered(code: Held, dice: Dice) -> Image.Image:
    picture = code.in_hall(dice)
    left, top, right, bottom = code.box
    picture.paste("#806040", (left, (top + bottom) // 2, right, bottom))
    return picture


WITHOUT: dict[str, Scene] = {
    "wall": lambda dice: grained(Image.new("RGB", SIZE, "#d8d4c8"), dice, dice.choice((0, 2))),
    "gradient": lambda dice: Image.linear_gradient("L").rotate(dice.choice((0, 90))).resize(SIZE).convert("RGB"),
    "noise": lambda dice: Image.frombytes("RGB", SIZE, dice.randbytes(SIZE[0] * SIZE[1] * 3)),
    "hall": lambda dice: grained(hall(dice, (64, 36)), dice, dice.choice((1, 3))),
    "faces": _faces,
    "print": _print,
    "strokes": _strokes,
}
SPOILED: dict[str, Callable[[Held, Dice], Image.Image]] = {
    "blurred away": lambda code, dice: _blurred(code, dice, 0.9, 1.5),
    "half covered": _half_covered,
}


def write(folder: Path, codes: dict[str, bytes], count: int) -> None:
    """*count* pictures in a folder for each class, half of them with one of *codes* to read; always the same."""
    data = list(codes.values())
    with_code = [*WITH_CODE.items()]
    without = [*WITHOUT, *SPOILED]
    for number in range(count // 2):
        dice = random.Random(number)
        name, draw = with_code[number % len(with_code)]
        held = Held(data[number // len(with_code) % len(data)], dice)
        _save(draw(held, dice), folder / f"code, {name}", number, number // len(with_code))
        name = without[number % len(without)]
        held = Held(data[number % len(data)], dice)
        picture = WITHOUT[name](dice) if name in WITHOUT else SPOILED[name](held, dice)
        _save(picture, folder / f"none, {name}", number, number // len(without))


def _save(picture: Image.Image, folder: Path, number: int, turn: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ending, mode, how = FILES[turn % len(FILES)]
    if "yellow" in folder.name:  # grey, it is no longer there
        mode = "RGB"
    picture.convert(mode).save(folder / f"{number:04} {mode}.{ending}", **how)  # type: ignore[arg-type]  # Pillow's options
