"""Is something in front of the camera? Told from about a thousand samples of a frame, in plain Python."""

from __future__ import annotations

from operator import sub

from kiosk.devices.frames import Frame

_SAMPLES_PER_SIDE = 32
_FAR = 24  # levels of brightness; beyond the noise of a lit sensor
_ENOUGH = 0.02  # of the samples; a card held at arm's length covers three times as much
# Indexed by a difference from -255 to 255; the negative ones count from the end.
_IS_FAR = tuple(min(index, 511 - index) > _FAR for index in range(511))


class MotionGate:
    """Knows the empty scene as the last picture that stood still for *still_frames* frames.

    Until there is one, something is there: a code may be held before the camera as it starts.
    """

    def __init__(self, still_frames: int = 150) -> None:
        self._still_frames = still_frames
        self._still = 0
        self._scene: bytes | None = None
        self._before = b""

    def open(self, frame: Frame) -> bool:
        """Take in the next frame and tell whether it shows more than the empty scene."""
        seen = samples(frame)
        self._still = 0 if _differ(seen, self._before) else self._still + 1
        self._before = seen
        if self._still >= self._still_frames:
            self._scene = seen
        return self._scene is None or _differ(seen, self._scene)


def samples(frame: Frame) -> bytes:
    """The brightness at about a thousand places evenly spread over *frame*."""
    step_x = max(1, frame.width // _SAMPLES_PER_SIDE)
    step_y = max(1, frame.height // _SAMPLES_PER_SIDE)
    starts = range(step_y // 2 * frame.stride, frame.height * frame.stride, step_y * frame.stride)
    return b"".join(bytes(frame.luma[start : start + frame.width : step_x]) for start in starts)


def _differ(one: bytes, other: bytes) -> bool:
    if len(one) != len(other):
        return True
    return sum(map(_IS_FAR.__getitem__, map(sub, one, other))) > _ENOUGH * len(one)
